//! HTTP on the wire.

pub mod auth;
pub mod coding;
pub mod data_url;
pub mod disposition;
pub mod form;
pub mod netrc;
pub mod proxy;
