//! The way back: a reference that a base resolves to a given URI.

use super::resolve::{AboveRoot, Authority, Components, Path};
use super::{Reference, ReferenceBuf};
use alloc::string::String;

impl Reference<'_> {
    /// The shortest kind of reference that `base` resolves to this very text: a fragment, a query, a relative path, an
    /// absolute path, with an authority, or the whole. `None` where none does, because this has no scheme or has `.`
    /// segments that resolution takes out.
    ///
    /// ```
    /// use plainwire::url::reference::Reference;
    ///
    /// let base = Reference::parse("http://a/b/c/d?q")?;
    /// let target = Reference::parse("http://a/b/e/f#g")?;
    /// let way = target.relative_to(&base).unwrap();
    /// assert_eq!(way.as_str(), "../e/f#g");
    /// assert_eq!(base.resolve(&way.as_reference())?.as_str(), target.as_str());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn relative_to(&self, base: &Reference<'_>) -> Option<ReferenceBuf> {
        let whole = Components::of(self);
        let same_authority = Authority::of(self) == Authority::of(base);
        let relative = Components { scheme: None, ..whole };
        let local = Components { authority: None, ..relative };
        let query = Components { path: "", ..local };
        let fragment = Components { query: None, ..query };
        let way = same_authority.then(|| way(base.path(), self.path())).flatten();
        let path = Components { path: way.as_deref().unwrap_or_default(), ..local };
        let candidates = [
            (same_authority && self.query() == base.query(), fragment),
            (same_authority, query),
            (way.is_some(), path),
            (same_authority, local),
            (self.authority().is_some(), relative),
            (true, whole),
        ];
        candidates
            .into_iter()
            .filter(|(likely, _)| *likely)
            .filter_map(|(_, components)| components.compose(Path::AsItIs, AboveRoot::Drop).ok())
            .find(|way| base.resolve(&way.as_reference()).is_ok_and(|target| target.as_str() == self.text))
    }
}

/// The relative path from one absolute path to another.
fn way(from: &str, to: &str) -> Option<String> {
    if !to.starts_with('/') {
        return None;
    }
    let from = from.rfind('/').map_or("/", |last| &from[..=last]);
    // What they share, up to a slash.
    let shared = from
        .bytes()
        .zip(to.bytes())
        .enumerate()
        .take_while(|(_, (a, b))| a == b)
        .filter(|(_, (octet, _))| *octet == b'/')
        .last()
        .map_or(0, |(at, _)| at + 1);
    let mut way = String::new();
    for _ in from.bytes().skip(shared).filter(|octet| *octet == b'/') {
        way.push_str("../");
    }
    let rest = &to[shared..];
    // An empty first segment, or none at all, has to be said.
    if way.is_empty() && (rest.is_empty() || rest.starts_with('/')) {
        way.push_str("./");
    }
    way.push_str(rest);
    Some(way)
}
