//! From a request's target to a file below a folder, and nowhere else.

use super::super::disposition::percent_decode;
use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::string::String;

/// Why a target names no file here.
#[derive(Debug)]
#[non_exhaustive]
pub enum Refused {
    /// There is nothing, or nothing that may be shown: 404. An escape is told no differently.
    NotFound,
    /// The path makes no sense: 400.
    Malformed,
    /// The file system failed: 500.
    Failed(io::Error),
}

/// Finds what the path of an origin-form target names below `root`: percent-decoded once, segment by segment.
///
/// A segment `..`, a separator or NUL that was percent-encoded, and anything that is not UTF-8 are refused. With
/// `follow` false, whatever a symbolic link leads to outside `root`, or to a hidden file in it, is not found. Hidden files (a leading dot) are not
/// found, but for `.well-known` (RFC 8615).
///
/// # Errors
///
/// [`Refused`].
pub fn resolve(root: &Path, path: &str, follow: bool) -> Result<PathBuf, Refused> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.strip_prefix('/').ok_or(Refused::Malformed)?;
    let mut found = root.to_path_buf();
    for segment in path.split('/') {
        let name = String::from_utf8(percent_decode(segment)).map_err(|_| Refused::Malformed)?;
        if name.is_empty() || name == "." {
            continue;
        }
        if name.contains(['/', '\\', '\0']) || name == ".." {
            return Err(Refused::Malformed);
        }
        // On some systems a segment can still be a prefix or a stream of a file.
        let normal = Path::new(&name).components().eq([Component::Normal(OsStr::new(&name))]);
        if !normal || (cfg!(windows) && name.contains(':')) || (name.starts_with('.') && name != ".well-known") {
            return Err(Refused::NotFound);
        }
        found.push(name);
    }
    let missing = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied => Refused::NotFound,
        io::ErrorKind::InvalidFilename => Refused::NotFound,
        _ => Refused::Failed(error),
    };
    let real = found.canonicalize().map_err(missing)?;
    if !follow {
        let root = root.canonicalize().map_err(missing)?;
        let inside = real.strip_prefix(&root).map_err(|_| Refused::NotFound)?;
        // A link must not show what is hidden either.
        let hidden = |part: &OsStr| part.as_encoded_bytes().starts_with(b".") && part != ".well-known";
        if inside.iter().any(hidden) {
            return Err(Refused::NotFound);
        }
    }
    Ok(real)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_the_folder() {
        let outside = tempfile::tempdir().unwrap();
        let root = outside.path().join("root");
        std::fs::create_dir_all(root.join("sub")).unwrap();
        std::fs::create_dir_all(root.join(".well-known")).unwrap();
        for file in ["secret", "root/a b.txt", "root/.hidden", "root/sub/x", "root/.well-known/y", "root/100%"] {
            std::fs::write(outside.path().join(file), file).unwrap();
        }
        let found =
            |path: &str, follow| resolve(&root, path, follow).ok().and_then(|path| std::fs::read_to_string(path).ok());
        assert_eq!(found("/a%20b.txt?x=/..", false).as_deref(), Some("root/a b.txt"));
        assert_eq!(found("/./sub//x", false).as_deref(), Some("root/sub/x"));
        assert_eq!(found("/.well-known/y", false).as_deref(), Some("root/.well-known/y"));
        assert_eq!(found("/100%25", false).as_deref(), Some("root/100%"));
        for path in [
            "/../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "/%2e%2e%2fsecret",
            "/sub/../../secret",
            "/..%5csecret",
            "/.hidden",
            "/a%00b.txt",
            "/%ff",
            "secret",
            "//../secret",
            "/sub/x/y",
            "/%252e%252e/secret",
        ] {
            assert_eq!(found(path, true), None, "{path}");
        }
        assert!(matches!(resolve(&root, "/nothing", true), Err(Refused::NotFound)));
        assert!(matches!(resolve(&root, &std::format!("/{}", "a".repeat(5000)), true), Err(Refused::NotFound)));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outside.path().join("secret"), root.join("link")).unwrap();
            std::os::unix::fs::symlink(root.join("sub/x"), root.join("inner")).unwrap();
            std::os::unix::fs::symlink(".hidden", root.join("shown")).unwrap();
            assert_eq!(found("/shown", false), None);
            assert_eq!(found("/shown", true).as_deref(), Some("root/.hidden"));
            assert_eq!(found("/link", false), None);
            assert_eq!(found("/link", true).as_deref(), Some("secret"));
            assert_eq!(found("/inner", false).as_deref(), Some("root/sub/x"));
        }
    }
}
