//! The plain-text internet as pure state machines.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod engine;
pub mod syntax;
pub mod work;

#[cfg(feature = "testing")]
pub mod laws;
#[cfg(feature = "transcript")]
pub mod transcript;

#[cfg(feature = "chat")]
pub mod chat;
#[cfg(feature = "cookie")]
pub mod cookie;
#[cfg(feature = "http1")]
pub mod http1;
#[cfg(feature = "mime")]
pub mod mime;
#[cfg(feature = "pop3")]
pub mod pop3;
#[cfg(feature = "query")]
pub mod query;
#[cfg(feature = "robots")]
pub mod robots;
#[cfg(feature = "sasl")]
pub mod sasl;
#[cfg(feature = "smtp")]
pub mod smtp;
#[cfg(feature = "url")]
pub mod url;

#[cfg(feature = "net")]
pub mod net;
