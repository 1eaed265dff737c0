//! Maildrops on the disk, by what they give.
#![cfg(feature = "mail")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "files are what is tested")]

use plainwire::net::pop3::MboxDrop;
use plainwire::pop3::{Maildrop, Trouble};
use std::fs;
use std::io::Write;

const MBOX: &str = "From a Fri Nov 21 15:55:06 1997\nSubject: one\n\n>From here\n.dot\n\nFrom b Fri Nov 21 15:55:06 1997\nSubject: two\n\n\
    From a Fri Nov 21 15:55:06 1997\nSubject: one\n\n>From here\n.dot\n\n";

/// What a maildrop gives of a message, in pieces of so many octets.
fn read(maildrop: &mut impl Maildrop, message: usize, piece: usize) -> String {
    let (mut text, mut buffer) = (Vec::new(), vec![0; piece]);
    loop {
        match maildrop.read(message, text.len() as u64, &mut buffer).unwrap() {
            0 => return String::from_utf8(text).unwrap(),
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
}

#[test]
fn an_mbox_is_a_maildrop() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("mbox");
    fs::write(&path, MBOX).unwrap();
    let mut maildrop = MboxDrop::open(&path).unwrap();
    assert_eq!(MboxDrop::open(&path).unwrap_err(), Trouble::InUse);
    let list = maildrop.list().unwrap();
    assert_eq!(list.iter().map(|entry| entry.octets).collect::<Vec<_>>(), [33, 14, 33]);
    assert_eq!(*list[2].id, format!("{}.2", list[0].id), "the same text twice");
    for piece in [1, 7, 1 << 16] {
        assert_eq!(read(&mut maildrop, 0, piece), "Subject: one\n\nFrom here\n.dot\n");
        assert_eq!(read(&mut maildrop, 1, piece), "Subject: two\n");
    }
    let mut buffer = [0; 4];
    assert_eq!(maildrop.read(0, 14, &mut buffer), Ok(4));
    assert_eq!(&buffer, b"From", "from anywhere");
    assert_eq!(maildrop.read(0, 2, &mut buffer), Ok(4));
    assert_eq!(&buffer, b"bjec", "and back");

    // What is delivered meanwhile stays when others go.
    let news = "From c Fri Nov 21 15:55:06 1997\nSubject: three\n\n";
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(news.as_bytes()).unwrap();
    maildrop.delete(&[0, 2]).unwrap();
    // RFC 1939 6: the lock is given back before the client is answered.
    MboxDrop::open(&path).unwrap();
    drop(maildrop);
    let second = "From b Fri Nov 21 15:55:06 1997\nSubject: two\n\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), format!("{second}{news}"));
    let mut maildrop = MboxDrop::open(&path).unwrap();
    assert_eq!(maildrop.list().unwrap()[0], list[1], "called the same");

    // Another program has put another file there: nothing is deleted.
    fs::write(scratch.path().join("other"), second).unwrap();
    fs::rename(scratch.path().join("other"), &path).unwrap();
    assert_eq!(maildrop.delete(&[0]), Err(Trouble::Temporary));
    MboxDrop::open(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), second);
    assert!(!scratch.path().join("mbox.lock").exists());
    assert_eq!(MboxDrop::open(scratch.path().join("nowhere")).unwrap_err(), Trouble::Permanent);
}
