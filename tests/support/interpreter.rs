//! Python, to compare with.

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The newest Python that there is.
pub(crate) fn newest() -> Option<PathBuf> {
    let mut candidates: Vec<PathBuf> = std::env::var_os("PLAINWIRE_PYTHON").map(PathBuf::from).into_iter().collect();
    let home = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".pyenv")));
    if let Some(folders) = home.and_then(|home| std::fs::read_dir(home.join("versions")).ok()) {
        let versions = folders.flatten().map(|entry| entry.path());
        let wanted =
            versions.filter(|path| path.file_name().is_some_and(|it| it.to_string_lossy().starts_with("3.13")));
        candidates.extend(wanted.map(|path| path.join("bin/python3")));
    }
    candidates.extend(["python3.13", "python3"].map(PathBuf::from));
    let runs = |path: &PathBuf| {
        let outcome = Command::new(path).args(["-c", "pass"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        outcome.is_ok_and(|status| status.success())
    };
    let found = candidates.into_iter().find(runs);
    if found.is_none() {
        eprintln!("SKIPPED: no python3 to compare with");
    }
    found
}

/// Runs a script with what is asked as JSON on its standard input, and reads JSON from its standard output.
pub(crate) fn ask(python: &Path, script: &str, asked: &Value) -> Value {
    let mut child = Command::new(python)
        .args(["-X", "utf8", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
