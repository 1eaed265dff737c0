//! What several test files share.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::PathBuf;

/// A folder of public test data, kept outside of the repository: under `PLAINWIRE_CONFORMANCE`, or beside the project.
/// Says so and gives `None` where it is absent.
pub(crate) fn conformance(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PLAINWIRE_CONFORMANCE")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance")), PathBuf::from);
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no test data in {}; set PLAINWIRE_CONFORMANCE", folder.display());
    None
}

/// A JSON file of the web platform tests. Its strings are DOM strings: a lone surrogate, which no Rust string has, is
/// what the standard makes of it (`USVString`), U+FFFD.
pub(crate) fn dom_json(path: &std::path::Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).unwrap();
    let mut mended = String::with_capacity(text.len());
    let mut rest = &*text;
    let unit = |text: &str| text.strip_prefix("\\u").and_then(|hex| u32::from_str_radix(hex.get(..4)?, 16).ok());
    while let Some(at) = rest.find('\\') {
        mended.push_str(&rest[..at]);
        rest = &rest[at..];
        let (taken, lone) = match unit(rest) {
            Some(0xD800..=0xDBFF) if matches!(unit(&rest[6..]), Some(0xDC00..=0xDFFF)) => (12, false),
            Some(0xD800..=0xDFFF) => (6, true),
            Some(_) => (6, false),
            None => (2, false),
        };
        mended.push_str(if lone { "\\uFFFD" } else { &rest[..taken] });
        rest = &rest[taken..];
    }
    mended.push_str(rest);
    serde_json::from_str(&mended).unwrap()
}

/// Gives `check` every file of a fuzz target's corpus, and names the one at which it panics.
pub(crate) fn replay(target: &str, check: fn(&[u8])) {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")).join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    for file in files {
        let input = std::fs::read(&file).unwrap();
        if let Err(panic) = std::panic::catch_unwind(|| check(&input)) {
            eprintln!("the check of {target} fails on {}", file.display());
            std::panic::resume_unwind(panic);
        }
    }
}
