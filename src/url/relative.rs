//! The way from one URL to another.

use super::Url;
use alloc::string::String;

impl Url {
    /// The reference that leads from here to `target`: `self.join(&reference)` is `target`, letter for letter.
    ///
    /// The shortest of what is relative to the path, relative to the root, and relative to the scheme. `None` if the
    /// schemes differ or nothing relative leads there: an opaque path, or a missing host.
    ///
    /// ```
    /// use plainwire::url::Url;
    ///
    /// let base = Url::parse("https://example.org/a/b/c?x").unwrap();
    /// let relative = |target: &str| base.make_relative(&Url::parse(target).unwrap());
    /// assert_eq!(relative("https://example.org/a/d/e#f").as_deref(), Some("../d/e#f"));
    /// assert_eq!(relative("https://example.org/a/b/").as_deref(), Some("."));
    /// assert_eq!(relative("https://example.com/").as_deref(), Some("//example.com/"));
    /// assert_eq!(relative("http://example.org/"), None);
    /// ```
    pub fn make_relative(&self, target: &Self) -> Option<String> {
        if self.scheme() != target.scheme() || self.kind != target.kind {
            return None;
        }
        if self.has_opaque_path() {
            // Nothing but a fragment can be relative to an opaque path.
            let same = self.without_fragment() == target.without_fragment() && target.fragment_start != 0;
            return same.then(|| String::from(&target.href[target.fragment_start as usize..]));
        }
        let behind_path = &target.href[target.path_end()..];
        let same_authority = self.href[..self.port_end()] == target.href[..target.port_end()];
        let candidates = [
            same_authority.then(|| self.relative_path(target)).flatten(),
            same_authority.then(|| [target.pathname(), behind_path].concat()),
            target.has_authority().then(|| String::from(&target.href[target.scheme_end as usize + 1..])),
        ];
        let leads = |reference: &String| self.join(reference).is_ok_and(|url| url == *target);
        // Drive letters, empty segments and queries that can't be taken away all have rules of their own: what doesn't
        // lead there isn't told.
        candidates.into_iter().flatten().find(leads)
    }

    /// A path relative to this one's last slash, with the target's query and fragment.
    fn relative_path(&self, target: &Self) -> Option<String> {
        let (from, to) = (self.pathname(), target.pathname());
        let behind_path = &target.href[target.path_end()..];
        if from == to && self.query() == target.query() {
            return Some(String::from(&target.href[target.query_end()..]));
        }
        if from == to && target.query_start != 0 {
            return Some(String::from(behind_path));
        }
        // As far as the last slash that both have in the same place, everything is alike.
        let (directory, _) = from.rsplit_once('/')?;
        let alike = from.bytes().zip(to.bytes()).take_while(|(a, b)| a == b).count();
        let shared =
            from[..alike.min(directory.len() + 1)].rfind('/').or_else(|| from.starts_with('/').then_some(0))? + 1;
        let up = from[shared.min(directory.len() + 1)..=directory.len()].matches('/').count();
        let mut reference = "../".repeat(up);
        let rest = to.get(shared..)?;
        if reference.is_empty() && (rest.is_empty() || starts_like_something_else(rest)) {
            // "" would be the base itself; "a:b" would have a scheme and "/a" would be absolute.
            reference.push_str(if rest.is_empty() { "." } else { "./" });
        } else if rest.is_empty() {
            reference.pop();
        }
        reference.push_str(rest);
        reference.push_str(behind_path);
        Some(reference)
    }
}

fn starts_like_something_else(rest: &str) -> bool {
    rest.starts_with('/') || rest.split('/').next().is_some_and(|segment| segment.contains([':', '|']))
}
