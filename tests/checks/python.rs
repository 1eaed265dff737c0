//! What holds for every URL in Python's view. Fuzz targets call this, and so does the replay of the corpora; that the
//! results are Python's is for the differential test, which asks Python.

use plainwire::url::python;
use plainwire::work;

/// A URL and, behind a 0xFF, another one to join to it.
pub(crate) fn python(data: &[u8]) {
    let mut pieces = data.split(|octet| *octet == 0xFF).map(String::from_utf8_lossy);
    let url = pieces.next().unwrap_or_default();
    let other = pieces.next().unwrap_or("../x;y?z#".into());
    let (spent, split) = work::count(|| python::split(&url));
    assert!(spent <= 4 * url.len() as u64 + 64);
    let parsed = python::parse(&url);
    let (split, parsed) = match (split, parsed) {
        (Ok(split), Ok(parsed)) => (split, parsed),
        (Err(a), Err(b)) => {
            assert_eq!(a, b);
            assert!(a.offset() <= url.len());
            return;
        }
        (a, b) => panic!("{a:?} and {b:?}"),
    };
    // What is put together again is split likewise, and put together likewise.
    let put = split.to_string();
    // Empty parameters leave no trace.
    assert_eq!(put == parsed.to_string(), !parsed.params.is_empty() || split.path == parsed.path);
    let again = python::split(&put).unwrap_or_else(|error| panic!("{url:?} is put together as {put:?}: {error}"));
    assert_eq!(again, split, "{url:?} is put together as {put:?}");
    assert_eq!(again.to_string(), put);
    assert_eq!((split.username(), split.password()), (parsed.username(), parsed.password()));
    assert_eq!((split.hostname(), split.port()), (parsed.hostname(), parsed.port()));
    if split.netloc.is_empty() {
        assert_eq!((split.username(), split.hostname(), split.port()), (None, None, Ok(None)));
    }
    if let Err(error) = split.port() {
        assert!(error.offset() < split.netloc.len());
    }
    let (defragged, fragment) = python::defrag(&url).unwrap();
    assert_eq!(fragment, split.fragment);
    if fragment.is_empty() && !url.contains('#') {
        assert_eq!(defragged, url);
    }
    if !other.is_empty() {
        assert_eq!(python::join("", &other), Ok(other.to_string()));
    }
    if !url.is_empty() {
        assert_eq!(python::join(&url, ""), Ok(url.to_string()));
    }
    let (spent, joined) = work::count(|| python::join(&url, &other));
    assert!(spent <= 4 * (url.len() + other.len()) as u64 + 64);
    if let Ok(joined) = joined {
        assert!(joined.len() <= url.len() + other.len() + 6, "{joined:?} of {url:?} and {other:?}");
    } else {
        assert!(python::split(&other).is_err());
    }
}
