//! What holds for every struct in a query string. Fuzz targets call this, and so does the replay of the corpora.

use plainwire::query::{Nesting, from_octets, from_str, to_string};
use plainwire::work;

/// Structs: what can be read can be written, and stays.
pub(crate) fn structs(data: &[u8]) {
    let (spent, value) = work::count(|| from_octets::<serde_json::Value>(data));
    assert!(spent <= 8 * data.len() as u64 + 64);
    let value = match value {
        Ok(value) => value,
        Err(error) => {
            assert!(error.offset().is_none_or(|offset| offset < data.len()), "{error}");
            return;
        }
    };
    assert!(depth(&value) <= Nesting::default().depth + 2);
    // Keys with brackets that don't pair up can be read, and would be read otherwise if they were written.
    let Ok(written) = to_string(&value) else { return };
    let again: serde_json::Value = from_str(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(to_string(&again).unwrap(), written);
    let pairs: Vec<(String, String)> = from_str(&written).unwrap();
    assert_eq!(to_string(&pairs).unwrap(), written);
}

fn depth(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        serde_json::Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
