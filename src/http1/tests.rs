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
fn engines_are_small() {
    assert!(size_of::<Server>() <= 256, "{}", size_of::<Server>());
    assert!(size_of::<Client>() <= 256, "{}", size_of::<Client>());
    assert!(size_of::<super::Error>() <= 16);
}
