use super::Download;
use crate::net::http::Request;
use std::format;

#[test]
fn a_download_shows_no_password() {
    let url = "https://ada:hunter2@example.com/disk.img";
    for download in [Download::new(url, "disk.img"), Download::of(Request::get(url).unwrap(), "disk.img")] {
        let shown = format!("{download:?}");
        assert!(shown.contains("example.com/disk.img") && !shown.contains("hunter2"), "{shown}");
    }
}
