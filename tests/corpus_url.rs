//! Replays the corpora of the URL's fuzz targets on stable.
#![cfg(feature = "url")]

#[path = "checks/url.rs"]
mod checks;
mod support;

use support::replay;

#[test]
fn url_parse() {
    replay("url_parse", checks::parse);
}

#[test]
fn url_setters() {
    replay("url_setters", checks::setters);
}

#[test]
fn url_values() {
    replay("url_values", checks::values);
}
