//! The messages of CPython's tests and of the crate mail-parser, where these are on this machine: the structure that we
//! find in each, held as a snapshot, and what Python's `email` and mail-parser's own expectations say of the same ones.
#![cfg(all(feature = "mime", feature = "std"))]

#[path = "support/mail_corpora.rs"]
mod corpora;

use plainwire::mime::{AddressList, Content, Encoding, Mailbox, Message, Part};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::path::PathBuf;

/// Differences of one message: what differs (`2 body`), and how.
type Differences = Vec<(String, String)>;

/// A reason, and where it shows: file, what differs.
type Listed = (&'static str, &'static [(&'static str, &'static str)]);

/// Where Python reads something else than we do, and by which rule we judged.
const PYTHON: &[Listed] = &[
    (
        "RFC 5322 4.5: blanks may stand before the colon; Python ends the header there",
        &[
            ("malformed/019.eml", "parts"),
            ("regressions/header-name-blanks-before-colon.eml", "1 body"),
            ("regressions/header-name-blanks-before-colon.eml", "fields"),
        ],
    ),
    (
        "RFC 2046 5.1.2: an inner multipart ends at its own close; where its boundary is that of the outer one, Python \
         ends it at its first delimiter",
        &[("msg_15.txt", "parts"), ("msg_39.txt", "parts")],
    ),
    (
        "a line that delimits the inner multipart and closes the outer one: the inner one is meant; Python takes the outer",
        &[("malformed/005.eml", "parts")],
    ),
    (
        "RFC 5322 2.2.3: a fold in a quoted string is no part of it; Python keeps it in the boundary",
        &[("thirdparty/012.eml", "parts")],
    ),
    (
        "RFC 2046 5.1.1: a line break belongs to the delimiter behind it; Python takes it where none follows",
        &[
            ("issues/156-fallback.eml", "2 body"),
            ("malformed/001.eml", "2 body"),
            ("malformed/003.eml", "1.1 body"),
            ("malformed/006.eml", "1.1 body"),
            ("malformed/008.eml", "2 body"),
            ("malformed/009.eml", "2 body"),
            ("malformed/011.eml", "2 body"),
            ("malformed/012.eml", "2.1 body"),
            ("malformed/016.eml", "2 body"),
            ("regressions/fallback-delimiter-mid-line.eml", "1 body"),
            ("regressions/missing-close-delimiter.eml", "1 body"),
            ("regressions/unterminated-alternative.eml", "1 body"),
            ("thirdparty/005.eml", "5 body"),
        ],
    ),
    (
        "RFC 2045 6.1: blanks behind the name of a transfer encoding say nothing; Python knows no such name",
        &[("thirdparty/003.eml", "4 body")],
    ),
    (
        "RFC 2045 6.8 leaves open what follows padding: we decode it as a new run, Python drops it",
        &[("thirdparty/002.eml", "2 body")],
    ),
    (
        "octets beyond ASCII in a header: read by the charset of their encoded word, else as UTF-8 or windows-1252; \
         Python has U+FFFD for each",
        &[
            ("legacy/009.eml", "subject"),
            ("legacy/015.eml", "subject"),
            ("legacy/016.eml", "subject"),
            ("legacy/016.eml", "3 file name"),
            ("legacy/018.eml", "subject"),
            ("legacy/023.eml", "subject"),
            ("legacy/023.eml", "4 file name"),
            ("legacy/024.eml", "subject"),
            ("legacy/025.eml", "subject"),
            ("legacy/026.eml", "subject"),
            ("legacy/026.eml", "2 file name"),
            ("legacy/050.eml", "subject"),
            ("legacy/051.eml", "subject"),
        ],
    ),
    (
        "RFC 5322 3.2.4: a backslash in a quoted string quotes any character; for Python only a quote and itself",
        &[
            ("legacy/035.eml", "1.2.2 file name"),
            ("legacy/035.eml", "1.2.3 file name"),
            ("legacy/039.eml", "1.2 file name"),
            ("legacy/039.eml", "1.3 file name"),
        ],
    ),
    (
        "an encoded word as a file name, which RFC 2047 5 forbids: we decode it and tell a defect, Python leaves it",
        &[("legacy/047.eml", "2 file name")],
    ),
    (
        "RFC 2045 5.2: a Content-Type that can't be read is text/plain without parameters; Python takes its charset",
        &[("msg_14.txt", "1 charset")],
    ),
    (
        "RFC 2231 4.1: the charset stands on a later section; we join all of them, Python takes the last one alone",
        &[("regressions/readme-example.eml", "2.2 file name")],
    ),
];

/// Where mail-parser expects something else than we read, and by which rule we judged.
const MAIL_PARSER: &[Listed] = &[
    (
        "uuencode is decoded; theirs stays",
        &[
            ("legacy/017.eml", "2 body"),
            ("legacy/017.eml", "3 body"),
            ("legacy/026.eml", "2 body"),
            ("legacy/048.eml", "2 body"),
            ("legacy/048.eml", "3 body"),
            ("legacy/048.eml", "4 body"),
            ("regressions/decode-problems.eml", "6 body"),
        ],
    ),
    (
        "a text beyond ASCII that names no charset is windows-1252 where it is not UTF-8; theirs has U+FFFD",
        &[("legacy/052.eml", "1 body")],
    ),
    (
        "RFC 2046 5.1.1: a delimiter right behind another lacks its line break and begins nothing, as for Python; theirs \
         begins an empty part",
        &[("malformed/000.eml", "parts"), ("regressions/empty-part-then-cut-part.eml", "parts")],
    ),
    (
        "a multipart whose delimiter never occurs has no parts, and its text is preamble, as for Python; theirs is a text",
        &[
            ("malformed/001.eml", "parts"),
            ("malformed/002.eml", "parts"),
            ("malformed/004.eml", "parts"),
            ("regressions/unopened-multiparts.eml", "parts"),
            ("thirdparty/015.eml", "parts"),
        ],
    ),
    (
        "a delimiter at the end of the message begins an empty part, as for Python; theirs begins none",
        &[("malformed/013.eml", "parts"), ("malformed/014.eml", "parts")],
    ),
    (
        "RFC 2046 5.1.1: a delimiter is a whole line; theirs may stand within one",
        &[
            ("malformed/019.eml", "parts"),
            ("malformed/023.eml", "1 body"),
            ("regressions/fallback-delimiter-after-text.eml", "parts"),
            ("regressions/fallback-delimiter-mid-line.eml", "1 body"),
            ("thirdparty/005.eml", "5 body"),
        ],
    ),
    (
        "a closing delimiter right behind a header closes, as for Python; theirs is text",
        &[("malformed/007.eml", "1.1 body")],
    ),
    (
        "RFC 2045 5.1: a parameter stands behind a semicolon; without one there is no boundary, as for Python",
        &[("malformed/017.eml", "1 body")],
    ),
    (
        "RFC 5322 3.6: of two Content-Types the first one counts, as for Python; theirs is the last one",
        &[("malformed/020.eml", "parts"), ("malformed/021.eml", "parts")],
    ),
    (
        "a line that is no field ends the header, as for Python; theirs goes on behind it",
        &[
            ("regressions/garbage-line-before-fold.eml", "1 body"),
            ("regressions/header-block-edge-cases.eml", "1 body"),
            ("regressions/header-name-form-feed.eml", "1 body"),
            ("regressions/header-name-nul.eml", "1 body"),
            ("regressions/header-name-smuggled-subject.eml", "1 body"),
            ("regressions/header-name-space.eml", "1 body"),
            ("regressions/header-views.eml", "1 body"),
        ],
    ),
];

/// The listed differences and no others; says which of them were seen.
fn judge(found: &[(String, Differences)], listed: &[Listed], whose: &str) -> BTreeSet<(String, String)> {
    let known: BTreeSet<_> = listed.iter().flat_map(|(_, places)| places.iter().copied()).collect();
    let mut unlisted = Vec::new();
    let mut seen = BTreeSet::new();
    for (file, differences) in found {
        for (what, how) in differences {
            if known.contains(&(file.as_str(), what.as_str())) {
                seen.insert((file.clone(), what.clone()));
            } else {
                unlisted.push(format!("{file}: {what}: {how}"));
            }
        }
    }
    assert!(unlisted.is_empty(), "{whose} reads otherwise:\n{}", unlisted.join("\n"));
    eprintln!("{whose}: {} messages, {} of {} listed differences seen", found.len(), seen.len(), known.len());
    seen
}

#[test]
fn python_reads_the_corpora_alike() {
    let files: Vec<PathBuf> = corpora::of_python().into_iter().chain(corpora::of_mail_parser()).collect();
    let Some(theirs) = corpora::python(&files) else { return };
    let differences = |path: &PathBuf, theirs| with_python(&std::fs::read(path).unwrap(), theirs);
    let found: Vec<_> = files
        .iter()
        .zip(&theirs)
        .map(|(path, theirs)| (corpora::short_name(path), differences(path, theirs)))
        .collect();
    // Not all of them have to be seen: another release of Python may have learned something.
    judge(&found, PYTHON, "Python");
}

fn with_python(octets: &[u8], theirs: &Value) -> Differences {
    let message = Message::parse(octets);
    // The leaves, as Python counts them.
    let ours: Vec<Part<'_, '_>> = message
        .parts()
        .filter(|part| part.content() == Content::Leaf)
        .filter(|part| !["message", "multipart"].contains(&part.content_type().kind()))
        .collect();
    let parts = theirs["parts"].as_array().unwrap();
    let mut differences = Differences::new();
    let mut say = |what: String, ours: &dyn Debug, theirs: &dyn Debug| {
        differences.push((what, format!("{ours:?}, theirs {theirs:?}")));
    };
    if ours.len() != parts.len() {
        say("parts".into(), &ours.len(), &parts.len());
        return differences;
    }
    for (part, theirs) in ours.iter().zip(parts) {
        let path = part.path();
        let kind = part.content_type();
        if kind.essence() != theirs[0] {
            say(format!("{path} type"), &kind.essence(), &theirs[0]);
        }
        let (own, body) = (part.body(), corpora::octets_of(&theirs[1]));
        if *own != *body {
            say(format!("{path} body"), &excerpt(&own), &excerpt(&body));
        }
        let name = part.file_name();
        if name.as_deref() != theirs[2].as_str() {
            say(format!("{path} file name"), &name, &theirs[2]);
        }
        let charset = kind.charset().map(str::to_ascii_lowercase);
        if charset.as_deref() != theirs[3].as_str() {
            say(format!("{path} charset"), &charset, &theirs[3]);
        }
        let disposition = part.header().disposition().map(|disposition| disposition.kind().to_owned());
        if disposition.as_deref() != theirs[4].as_str() {
            say(format!("{path} disposition"), &disposition, &theirs[4]);
        }
        let id = part.header().content_id().map(|id| id.as_str().to_owned()).unwrap_or_default();
        if id != theirs[5] {
            say(format!("{path} content id"), &id, &theirs[5]);
        }
    }
    let header = message.header();
    if theirs["fields"] != header.len() {
        say("fields".into(), &header.len(), &theirs["fields"]);
    }
    let subject = header.subject();
    if subject.as_deref().unwrap_or_default() != theirs["subject"].as_str().unwrap_or_default() {
        say("subject".into(), &subject, &theirs["subject"]);
    }
    let date = header.date().map(|date| date.unix());
    if date != theirs["date"].as_f64().map(|date| date as i64) {
        say("date".into(), &date, &theirs["date"]);
    }
    for name in ["from", "to", "cc"] {
        let list = header.field(name).map(|field| AddressList::parse(field.raw())).unwrap_or_default();
        let ours: Vec<_> = list.mailboxes().map(Mailbox::address).filter(|address| !address.is_empty()).collect();
        if theirs[name] != serde_json::json!(ours) {
            say(name.into(), &ours, &theirs[name]);
        }
    }
    differences
}

/// How long, and how it begins.
fn excerpt(octets: &[u8]) -> (usize, String) {
    (octets.len(), octets[..octets.len().min(60)].escape_ascii().to_string())
}

#[test]
fn mail_parser_expects_the_same() {
    let mut found = Vec::new();
    for path in corpora::of_mail_parser() {
        // It holds one expectation for LF and one for CRLF.
        let octets = std::fs::read(&path).unwrap();
        let lf: Vec<u8> = octets.iter().copied().filter(|octet| *octet != b'\r').collect();
        let crlf = corpora::with_crlf(&octets);
        for (octets, extension) in [(lf, "json"), (crlf, "crlf.json")] {
            let Ok(expected) = std::fs::read(path.with_extension(extension)) else { continue };
            let expected = serde_json::from_slice(&expected).unwrap();
            found.push((corpora::short_name(&path), with_mail_parser(&octets, &expected)));
        }
    }
    if found.is_empty() {
        return;
    }
    let seen = judge(&found, MAIL_PARSER, "mail-parser");
    for (file, what) in MAIL_PARSER.iter().flat_map(|(_, places)| places.iter()) {
        assert!(seen.contains(&((*file).to_owned(), (*what).to_owned())), "no difference in {file}, {what}");
    }
}

fn with_mail_parser(octets: &[u8], expected: &Value) -> Differences {
    let message = Message::parse(octets);
    // Of a message that lies in another one encoded, we open nothing unasked.
    let raw = |part: &&Value| expected["messages"][part["message"].as_u64().unwrap() as usize]["source"] == "raw";
    let theirs: Vec<&Value> = expected["parts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(raw)
        .filter(|part| part["kind"] != "multipart" && (part["kind"] != "message" || part["encoding"] != "none"))
        .collect();
    let ours: Vec<_> = message.parts().filter(|part| part.content() == Content::Leaf).collect();
    if ours.len() != theirs.len() {
        return vec![("parts".into(), format!("{}, theirs {}", ours.len(), theirs.len()))];
    }
    let mut differences = Differences::new();
    for (part, theirs) in ours.iter().zip(theirs) {
        let (own, their) = if let Some(text) = theirs["text"].as_str() {
            (part.text().into_owned().into_bytes(), text.as_bytes().to_vec())
        } else if let Some(binary) = theirs["binary"].as_str() {
            let mut octets = Vec::new();
            let mut decoder = Encoding::Base64.decoder();
            decoder.decode(binary.as_bytes(), &mut octets);
            decoder.finish(&mut octets);
            (part.body().into_owned(), octets)
        } else {
            continue;
        };
        if own != their {
            let how = format!("{:?}, theirs {:?}", excerpt(&own), excerpt(&their));
            differences.push((format!("{} body", part.path()), how));
        }
    }
    differences
}

/// A message in a few lines: each part with its path, type, charset, encoding, decoded length and digest, disposition,
/// file name and Content-ID; what is shown and what is offered; what is wrong.
fn summary(octets: &[u8]) -> String {
    let message = Message::parse(octets);
    let mut text = String::new();
    for part in message.parts() {
        let kind = part.content_type();
        let path = part.path();
        write!(text, "  {} {}", if path.is_empty() { "-" } else { &path }, kind.essence()).unwrap();
        if let Some(charset) = kind.charset() {
            write!(text, " {charset}").unwrap();
        }
        if part.content() == Content::Leaf {
            let body = part.body();
            let digest: String = Sha256::digest(&body).iter().take(6).map(|octet| format!("{octet:02x}")).collect();
            write!(text, " {} {} {digest}", part.encoding().as_str(), body.len()).unwrap();
        }
        if let Some(disposition) = part.header().disposition() {
            write!(text, " {}", disposition.kind()).unwrap();
        }
        if let Some(name) = part.file_name() {
            write!(text, " {name:?}").unwrap();
        }
        if let Some(id) = part.header().content_id() {
            write!(text, " <{}>", id.as_str()).unwrap();
        }
        text.push('\n');
    }
    let paths = |parts: Vec<Part<'_, '_>>| parts.iter().map(Part::path).collect::<Vec<_>>().join(" ");
    if message.parts().len() > 1 {
        let (plain, html) = (paths(message.text_body()), paths(message.html_body()));
        writeln!(text, "  text [{plain}] html [{html}] attached [{}]", paths(message.attachments())).unwrap();
    }
    for defect in message.examine() {
        writeln!(text, "  ! {} {}", defect.offset, defect.kind.as_str()).unwrap();
    }
    text
}

/// All messages of a corpus; `None`, loudly, where they are not the ones whose snapshot was reviewed.
fn summaries(files: &[PathBuf], reviewed: &str) -> Option<String> {
    let mut digest = Sha256::new();
    let mut text = String::new();
    for path in files {
        let octets = std::fs::read(path).unwrap();
        digest.update(&octets);
        write!(text, "{}\n{}", corpora::short_name(path), summary(&octets)).unwrap();
    }
    let digest: String = digest.finalize().iter().take(8).map(|octet| format!("{octet:02x}")).collect();
    if digest == reviewed {
        return Some(text);
    }
    if !files.is_empty() {
        eprintln!("SKIPPED: these are not the messages that were reviewed, but {digest}");
    }
    None
}

#[test]
fn the_structure_of_pythons_messages() {
    if let Some(text) = summaries(&corpora::of_python(), "d2efbf9e318b740c") {
        insta::assert_snapshot!(text);
    }
}

#[test]
fn the_structure_of_mail_parsers_messages() {
    if let Some(text) = summaries(&corpora::of_mail_parser(), "68768988a33bcea8") {
        insta::assert_snapshot!(text);
    }
}
