//! Where the messages of others lie on this machine, and what Python's `email` says of messages.

use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What Python says of each file; `None` where there is no Python.
pub(crate) fn python(files: &[PathBuf]) -> Option<Vec<Value>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/python_email.py");
    let child = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: no python3");
        return None;
    };
    let names: String = files.iter().map(|path| format!("{}\n", path.display())).collect();
    child.stdin.take().unwrap().write_all(names.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Octets in hexadecimal.
pub(crate) fn octets_of(hex: &Value) -> Vec<u8> {
    let digits = hex.as_str().unwrap().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The messages of CPython's tests of `email`, in order.
pub(crate) fn of_python() -> Vec<PathBuf> {
    let find = "import os, test.test_email as t; print(os.path.join(os.path.dirname(t.__file__), 'data'))";
    let output = Command::new("python3").args(["-c", find]).stderr(Stdio::null()).output();
    let folder = output.ok().and_then(|output| String::from_utf8(output.stdout).ok());
    let Some(folder) = folder.map(|folder| PathBuf::from(folder.trim())).filter(|folder| folder.is_dir()) else {
        eprintln!("SKIPPED: Python's own test messages are not installed");
        return Vec::new();
    };
    let mut files = Vec::new();
    gather(&folder, "txt", &mut files);
    files.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("msg_")));
    files.sort();
    files
}

/// The messages of the crate mail-parser, in order.
pub(crate) fn of_mail_parser() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let registries = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
    let folder = registries.into_iter().flatten().find_map(|registry| {
        let data = registry.ok()?.path().join("mail-parser-1.0.1/resources/eml");
        data.is_dir().then_some(data)
    });
    let Some(folder) = folder else {
        eprintln!("SKIPPED: the messages of mail-parser 1.0.1 are not in the registry");
        return Vec::new();
    };
    let mut files = Vec::new();
    gather(&folder, "eml", &mut files);
    files.sort();
    files
}

fn gather(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, extension, files);
        } else if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
}

/// A file by its folder and name, as it is called in lists: `rfc/003.eml`, `msg_01.txt`.
pub(crate) fn short_name(path: &Path) -> String {
    let name = path.file_name().unwrap().to_string_lossy();
    let folder = path.parent().and_then(Path::file_name).unwrap().to_string_lossy();
    if folder == "data" { name.into_owned() } else { format!("{folder}/{name}") }
}

/// A message with every line ended by CRLF.
pub(crate) fn with_crlf(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len());
    for &octet in message {
        if octet == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(octet);
    }
    out
}
