//! What a server knows of its users.

use super::scram::{Hash, ScramKeys};
use super::{Secret, Unprepared, prepare};
use alloc::string::String;

/// What is kept of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// For `SCRAM-SHA-1`; and for `PLAIN` and `LOGIN` where there is nothing better.
    pub sha1: Option<ScramKeys>,
    /// For `SCRAM-SHA-256`, `PLAIN` and `LOGIN`.
    pub sha256: Option<ScramKeys>,
    /// The password itself, which `CRAM-MD5` can't do without. Keep none unless that has to be served.
    pub password: Option<Secret>,
}

impl Record {
    /// Derives the keys for both SCRAM families from a password and forgets it. `salt` is random and this user's alone;
    /// 4,096 iterations are the least that clients accept.
    pub fn from_password(password: &str, salt: &[u8], iterations: u32) -> Result<Self, Unprepared> {
        let password = prepare(password)?;
        let keys = |hash| Some(ScramKeys::derive(hash, password.as_bytes(), salt, iterations));
        Ok(Self { sha1: keys(Hash::Sha1), sha256: keys(Hash::Sha256), password: None })
    }

    /// With the password in clear as well, for `CRAM-MD5`.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }

    pub(super) fn keys(&self, hash: Hash) -> Option<&ScramKeys> {
        match hash {
            Hash::Sha1 => self.sha1.as_ref(),
            Hash::Sha256 => self.sha256.as_ref(),
        }
    }
}

/// The caller's users, as [`Server::check`](super::Server::check) asks for them.
///
/// What is fetched elsewhere (a directory, a database) is fetched first, by [`Server::login`](super::Server::login), and
/// answered from a store of one.
pub trait Store {
    /// What is kept of `user`, if there is one. The name has been [prepared](super::prepare).
    fn record(&self, user: &str) -> Option<Record>;

    /// Whether `token` is valid now and is `user`'s (`OAUTHBEARER`, `XOAUTH2`). `user` is empty where the client named
    /// none; the name then returned is the token's. By default no token is.
    fn token(&self, user: &str, token: &str) -> Option<String> {
        let _ = (user, token);
        None
    }

    /// Who was shown by other means (`EXTERNAL`), such as a client certificate. By default nobody.
    fn external(&self) -> Option<String> {
        None
    }

    /// Whether somebody unknown may come in; `trace` is what they say of themselves. By default not.
    fn anonymous(&self, trace: &str) -> bool {
        let _ = trace;
        false
    }

    /// Whether `user`, who was proven, may act as `other`. By default nobody may act as anyone else.
    fn may_act_as(&self, user: &str, other: &str) -> bool {
        user == other
    }
}

impl<S: Store + ?Sized> Store for &S {
    fn record(&self, user: &str) -> Option<Record> {
        (**self).record(user)
    }
    fn token(&self, user: &str, token: &str) -> Option<String> {
        (**self).token(user, token)
    }
    fn external(&self) -> Option<String> {
        (**self).external()
    }
    fn anonymous(&self, trace: &str) -> bool {
        (**self).anonymous(trace)
    }
    fn may_act_as(&self, user: &str, other: &str) -> bool {
        (**self).may_act_as(user, other)
    }
}
