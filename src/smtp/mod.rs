//! SMTP, submission and LMTP, both ends (RFC 5321, RFC 6409, RFC 2033).
#![allow(dead_code, reason = "reading replies is for the client's end")]

mod capability;
mod command;
mod mailbox;
mod parameter;
mod proxy;
mod reply;
pub mod server;
mod syntax;
mod xclient;
mod xtext;

#[cfg(test)]
mod tests;

pub use self::capability::{Capabilities, Capability};
pub use self::command::{Command, CommandError, Mail, Rcpt, Text};
pub use self::mailbox::{Address, HostName, InvalidHostName, InvalidMailbox, Mailbox};
pub use self::parameter::{
    Body, DeliverBy, Hold, MailParameters, Moment, Notify, OriginalRecipient, ParameterError, RcptParameters, Return,
    Submitter,
};
pub use self::proxy::{InvalidProxy, Proxy};
pub use self::reply::{Answer, Code, Enhanced, InvalidAnswer, Reply, ReplyError};
pub use self::server::Server;
pub use self::xclient::{Attribute, XClient};
pub use self::xtext::Xtext;
