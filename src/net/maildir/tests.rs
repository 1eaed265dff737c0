use super::*;
use proptest::prelude::*;
use std::io::Read;

fn scratch() -> (tempfile::TempDir, Maildir) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let maildir = Maildir::create(folder.path().join("box")).expect("a Maildir");
    (folder, maildir)
}

fn put(maildir: &Maildir, text: &str) -> Entry {
    let mut delivery = maildir.deliver().expect("a file in tmp");
    delivery.write_all(text.as_bytes()).expect("written");
    delivery.commit().expect("committed")
}

#[test]
fn a_delivery_is_whole_or_not_there() {
    let (_folder, maildir) = scratch();
    let mut dropped = maildir.deliver().expect("a file in tmp");
    dropped.write_all(b"half").expect("written");
    drop(dropped);
    assert_eq!(fs::read_dir(maildir.path().join("tmp")).expect("tmp").count(), 0);
    assert!(maildir.entries().expect("listed").is_empty());

    let entry = put(&maildir, "whole");
    assert!(entry.is_new());
    assert_eq!(entry.size(), 5);
    assert_eq!(maildir.entries().expect("listed"), [entry]);
}

#[test]
fn the_order_is_that_of_delivery_and_names_differ() {
    let (_folder, maildir) = scratch();
    let put: Vec<Entry> = (0..200).map(|n| put(&maildir, &n.to_string())).collect();
    let listed = maildir.entries().expect("listed");
    let mut names: Vec<_> = listed.iter().map(Entry::unique).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 200);
    let mut first = String::new();
    listed[0].clone().open().expect("opened").read_to_string(&mut first).expect("read");
    assert_eq!(first, "0");
    assert_eq!(put[0].unique(), listed[0].unique());
}

#[test]
fn flags_move_to_cur_and_others_changes_are_followed() {
    let (_folder, maildir) = scratch();
    let mut ours = put(&maildir, "text");
    let mut theirs = ours.clone();
    theirs.set_flags(&[Flag::Seen, Flag::Replied, Flag::Seen, Flag::Other('/')]).expect("flagged");
    assert_eq!(theirs.flags().collect::<Vec<_>>(), [Flag::Replied, Flag::Seen]);
    assert!(theirs.path().ends_with(std::format!("cur/{}:2,RS", ours.unique())));
    let mut text = String::new();
    ours.open().expect("found again").read_to_string(&mut text).expect("read");
    assert_eq!(text, "text");
    assert!(!ours.is_new());
    ours.clone().delete().expect("deleted");
    theirs.delete().expect("gone already");
    assert!(maildir.entries().expect("listed").is_empty());
}

#[test]
fn names_of_others_are_read() {
    let (_folder, maildir) = scratch();
    for (folder, name, text) in [
        ("cur", "1183645204.V801I1e4.host,S=99999:2,FS", "size by the name"),
        ("new", "1183645203.1234.host", "size by the file"),
        ("cur", ".hidden", "no message"),
    ] {
        fs::write(maildir.path().join(folder).join(name), text).expect("written");
    }
    let entries = maildir.entries().expect("listed");
    let seen: Vec<_> = entries.iter().map(|entry| (entry.unique(), entry.size(), entry.is_new())).collect();
    assert_eq!(seen, [("1183645203.1234.host", 16, true), ("1183645204.V801I1e4.host,S=99999", 99999, false)]);
}

#[test]
fn a_message_can_be_filed_as_seen_at_once() {
    let (_folder, maildir) = scratch();
    let mut delivery = maildir.deliver().expect("a file in tmp").with_flags(&[Flag::Seen]);
    delivery.write_all(b"sent").expect("written");
    let entry = delivery.commit().expect("committed");
    assert!(!entry.is_new());
    assert_eq!(entry.flags().collect::<Vec<_>>(), [Flag::Seen]);
}

/// A folder that is read while a message's flags change may show it under its old name and its new one.
#[test]
fn a_message_that_is_met_twice_is_listed_once() {
    let (_folder, maildir) = scratch();
    let first = put(&maildir, "one");
    let mut flagged = first.clone();
    flagged.set_flags(&[Flag::Seen]).expect("flagged");
    let second = put(&maildir, "two");
    let mut met = Met::default();
    for entry in [&flagged, &second] {
        met.push(entry.folder, &entry.name, entry.size);
    }
    met.push(Folder::Cur, &std::format!("{}:2,", first.unique()), first.size);
    let listed = met.in_order(&maildir.root);
    let listed: Vec<_> = listed.iter().map(Entry::unique).collect();
    assert_eq!(listed, [first.unique(), second.unique()]);
}

/// Names of ours and of others, and names that try to be neither.
fn names() -> impl Strategy<Value = String> {
    let seconds = prop_oneof![
        4 => "170000000[0-3]",
        1 => "[0-9]{0,25}",
        1 => "[+-]?[0-9]{1,3}[:,x]?",
        1 => "1759218604441[4-6]|18446744073709551[56]1[0-9]",
    ];
    let middle = prop_oneof![
        3 => r"\.M[0-9]{1,7}P1Q[0-9]",
        1 => r"\.M[0-9]{0,22}",
        1 => r"\.[0-9]{1,4}",
        1 => "",
    ];
    let end = prop_oneof![3 => r"\.host(,S=[0-9])?(:2,[FS]{0,2})?", 1 => "[.:,a]{0,3}"];
    (seconds, middle, end).prop_map(|(seconds, middle, end)| seconds + &middle + &end)
}

proptest! {
    /// The order of a great many is that of a plain sort, whatever the names are.
    #[test]
    fn the_order_is_by_time_and_then_by_name(names in prop::collection::vec((names(), any::<bool>()), 0..300)) {
        let root: Arc<Path> = Arc::from(Path::new("/nowhere"));
        let mut met = Met::default();
        let mut plain = Vec::new();
        for (name, new) in names {
            let folder = if new { Folder::New } else { Folder::Cur };
            met.push(folder, &name, 1);
            plain.push(Entry::new(&root, folder, name, 1));
        }
        plain.sort_by(|a, b| told(&a.name).cmp(&told(&b.name)).then_with(|| a.name.cmp(&b.name)));
        plain.dedup_by(|later, first| later.unique() == first.unique());
        prop_assert_eq!(met.in_order(&root), plain);
    }

    /// What a name says is the same read piece by piece.
    #[test]
    fn names_say_what_their_pieces_say(name in names(), size in r"(,S=[0-9]{0,22}|,[A-Z]=[0-9]|,|:2,S=4){0,3}") {
        prop_assert_eq!(delivered_at(&name), told(&name));
        let name = name + &size;
        prop_assert_eq!(Some(without_flags(&name)), name.split(':').next());
        let mut notes = without_flags(&name).split(',').skip(1);
        prop_assert_eq!(size_in_name(&name), notes.find_map(|note| note.strip_prefix("S=")?.parse().ok()));
    }
}

/// The time in a name, by the letter.
fn told(name: &str) -> (u64, u64) {
    let mut pieces = name.split('.');
    let seconds = pieces.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(u64::MAX);
    let micros = pieces
        .next()
        .and_then(|middle| middle.strip_prefix('M'))
        .map(|middle| middle.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0);
    (seconds, micros)
}
