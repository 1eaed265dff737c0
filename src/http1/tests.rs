//! Unit tests of the parts.

use super::client::{self, Client};
use super::server::{self, Server};
use super::{Content, Method, RequestHead, ResponseHead, StatusCode};
use crate::engine::Handler;
use crate::laws::{self, Ending};
use alloc::format;
use alloc::vec::Vec;
use bytes::BytesMut;

mod engines;

#[test]
fn engines_are_small() {
    assert!(size_of::<Server>() <= 256, "{}", size_of::<Server>());
    assert!(size_of::<Client>() <= 256, "{}", size_of::<Client>());
    assert!(size_of::<super::Error>() <= 16);
}

#[test]
fn a_head_ends_with_the_length_in_decimal() {
    let mut out = BytesMut::new();
    for length in (0..=10_100).chain([65_535, 99_999, 100_000, u64::from(u32::MAX) + 7, u64::MAX - 1, u64::MAX]) {
        out.clear();
        super::sending::end_head(length, &mut out);
        assert_eq!(out, format!("Content-Length: {length}\r\n\r\n").as_bytes());
    }
}

#[test]
fn a_host_is_judged_alike_by_blocks_and_by_the_grammar() {
    for length in 0..=20 {
        let plain: Vec<u8> = b"aZ-0.m9z".iter().copied().cycle().take(length).collect();
        for at in 0..length {
            for octet in 0..=u8::MAX {
                let mut host = plain.clone();
                host[at] = octet;
                let (fast, slow) = (super::target::is_authority(&host), super::target::is_odd_authority(&host));
                assert_eq!(fast, slow, "{}", host.escape_ascii());
            }
        }
    }
}
