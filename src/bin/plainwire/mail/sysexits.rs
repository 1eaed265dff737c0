//! The exit codes of `sysexits.h`, by which mail programs tell each other what became of a message.

/// `EX_USAGE`: the command line is wrong.
pub(crate) const USAGE: u8 = 64;
/// `EX_DATAERR`: what was given is no message, no address, or has no such part.
pub(crate) const DATA: u8 = 65;
/// `EX_NOINPUT`: a file can't be read.
pub(crate) const NO_INPUT: u8 = 66;
/// `EX_NOUSER`: a recipient is refused for good.
pub(crate) const NO_USER: u8 = 67;
/// `EX_NOHOST`: the server's name has no address.
pub(crate) const NO_HOST: u8 = 68;
/// `EX_UNAVAILABLE`: the server can't be used.
pub(crate) const UNAVAILABLE: u8 = 69;
/// `EX_OSERR`: the system gave neither time nor randomness.
pub(crate) const OS: u8 = 71;
/// `EX_CANTCREAT`: a file can't be written.
pub(crate) const CANT_CREATE: u8 = 73;
/// `EX_IOERR`: the connection broke when it was not safe to try again.
pub(crate) const IO: u8 = 74;
/// `EX_TEMPFAIL`: it may work later.
pub(crate) const TEMPORARY: u8 = 75;
/// `EX_PROTOCOL`: the server does not keep to the protocol.
pub(crate) const PROTOCOL: u8 = 76;
/// `EX_NOPERM`: the log-in was refused.
pub(crate) const NO_PERMISSION: u8 = 77;
/// `EX_CONFIG`: a password or a certificate can't be read.
pub(crate) const CONFIG: u8 = 78;
