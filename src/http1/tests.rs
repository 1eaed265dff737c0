//! Unit tests of the parts.

use super::client::{self, Client};
use super::server::{self, Server};
use super::{Content, Method, RequestHead, ResponseHead, StatusCode};
use crate::engine::Handler;
use crate::laws::{self, Ending};
use alloc::vec::Vec;
use bytes::BytesMut;

mod engines;

#[test]
fn the_diagrams_in_the_documentation_are_those_of_the_tables() {
    for (diagram, source) in
        [(server::diagram(), include_str!("server.rs")), (client::diagram(), include_str!("client.rs"))]
    {
        let documented: Vec<&str> = source
            .lines()
            .skip_while(|line| *line != "//! ```text")
            .skip(1)
            .take_while(|line| *line != "//! ```")
            .map(|line| line.strip_prefix("//! ").unwrap_or_default())
            .collect();
        assert_eq!(documented.join("\n"), diagram.trim_end(), "the table is:\n{diagram}");
    }
}

#[test]
fn engines_are_small() {
    assert!(size_of::<Server>() <= 256, "{}", size_of::<Server>());
    assert!(size_of::<Client>() <= 256, "{}", size_of::<Client>());
    assert!(size_of::<super::Error>() <= 16);
}
