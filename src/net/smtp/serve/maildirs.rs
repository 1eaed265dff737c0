//! A handler that keeps what comes in Maildirs.

use super::{Client, Decision, Envelope, Handler, Intake, Verdict, trace};
use crate::net::maildir::{Delivery, Maildir};
use crate::net::users::Users;
use crate::sasl::Store;
use crate::smtp::server::Message;
use crate::smtp::{Address, Answer, Rcpt};
use bytes::Bytes;
use crossbeam_channel::{Sender, unbounded};
use std::boxed::Box;
use std::fmt;
use std::format;
use std::io::{self, BufWriter, Write as _};
use std::string::{String, ToString};
use std::sync::Arc;
use std::thread;
use std::time::SystemTime;
use std::vec::Vec;

/// Keeps mail in one [`Maildir`], or in one for each recipient.
///
/// A message is written under `tmp/` as it comes. 250 is said when the file and its name in `new/` are on the disk, so a
/// crash loses nothing that was accepted; a message whose 250 was lost on its way is sent again, and so kept twice.
///
/// `Return-Path`, `Delivered-To` and `Received` are put on top (RFC 5321 4.4).
///
/// ```
/// use plainwire::net::{maildir::Maildir, smtp::serve::{Maildirs, Serve}};
/// use plainwire::smtp::server::Config;
///
/// # let scratch = tempfile::tempdir()?;
/// let handler = Maildirs::one(Maildir::create(scratch.path().join("mail"))?, "mx.example.org".parse()?);
/// let service = Serve::new(handler, Config::new("mx.example.org".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Maildirs {
    place: Place,
    host: crate::smtp::HostName<Bytes>,
    users: Option<Arc<Users>>,
    committers: Option<Sender<Job>>,
}

type Lookup = Box<dyn Fn(&Address) -> Option<Maildir> + Send + Sync>;
type Job = Box<dyn FnOnce() + Send>;

enum Place {
    One(Maildir),
    Each(Lookup),
}

static NO_SUCH_MAILBOX: Answer = Answer::fixed(550, (5, 1, 1), "No such mailbox here");
static NO_STORAGE: Answer = Answer::fixed(452, (4, 3, 1), "Cannot store this now, try again later");

impl Maildirs {
    /// Every message goes into this one, once, whoever it is for. `host` is what `Received` says.
    pub fn one(maildir: Maildir, host: crate::smtp::HostName<Bytes>) -> Self {
        Self { place: Place::One(maildir), host, users: None, committers: None }
    }

    /// Each recipient has the one that `lookup` gives, and is refused with 550 where it gives none. Recipients with the
    /// same one get one copy.
    pub fn each(
        lookup: impl Fn(&Address) -> Option<Maildir> + Send + Sync + 'static,
        host: crate::smtp::HostName<Bytes>,
    ) -> Self {
        Self { place: Place::Each(Box::new(lookup)), host, users: None, committers: None }
    }

    /// These users may log in. Whether they have to is [`Config::auth_required`](crate::smtp::server::Config).
    #[must_use]
    pub fn users(mut self, users: Arc<Users>) -> Self {
        self.users = Some(users);
        self
    }

    /// Syncs and renames on so many threads of its own, so that the reactor's does not wait for the disk.
    ///
    /// # Errors
    ///
    /// Where the system refuses a thread.
    pub fn committers(mut self, threads: usize) -> io::Result<Self> {
        let (give, take) = unbounded::<Job>();
        for at in 0..threads.max(1) {
            let take = take.clone();
            // They end with the handler: nobody gives them anything any more.
            thread::Builder::new().name(format!("deliver {at}")).spawn(move || {
                for job in take {
                    job();
                }
            })?;
        }
        self.committers = Some(give);
        Ok(self)
    }

    fn maildir(&self, address: &Address) -> Option<Maildir> {
        match &self.place {
            Place::One(maildir) => Some(maildir.clone()),
            Place::Each(lookup) => lookup(address),
        }
    }
}

impl fmt::Debug for Maildirs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Maildirs");
        if let Place::One(maildir) = &self.place {
            shown.field("maildir", maildir);
        }
        shown.finish_non_exhaustive()
    }
}

impl Handler for Maildirs {
    fn users<'h>(&'h self, _: &'h Client) -> Option<Box<dyn Store + 'h>> {
        let users: &Users = self.users.as_deref()?;
        Some(Box::new(users))
    }

    fn rcpt(&self, _: &Client, _: &Envelope, rcpt: &Rcpt<&[u8]>) -> Decision {
        match &self.place {
            Place::One(_) => Ok(()),
            Place::Each(lookup) => lookup(&rcpt.to.to_address()).map(|_| ()).ok_or_else(|| NO_SUCH_MAILBOX.clone()),
        }
    }

    fn message(&self, client: &Client, envelope: &Envelope) -> Result<Box<dyn Intake>, Answer> {
        let mut filing = Filing { copies: Vec::new(), recipients: Vec::new(), committers: self.committers.clone() };
        for recipient in envelope.recipients() {
            let Some(maildir) = self.maildir(&recipient.address) else {
                // It was there a moment ago.
                filing.recipients.push(None);
                continue;
            };
            let known = filing.copies.iter().position(|copy| copy.maildir == maildir);
            let at = match known {
                Some(at) => at,
                None => {
                    filing.copies.push(Copy::begin(maildir).map_err(|_| NO_STORAGE.clone())?);
                    filing.copies.len() - 1
                }
            };
            filing.recipients.push(Some(at));
        }
        let now = SystemTime::now();
        for (at, copy) in filing.copies.iter_mut().enumerate() {
            // Each copy names its own recipients only: the others may have been blind copies.
            let own = envelope.only(|index| filing.recipients.get(index) == Some(&Some(at)));
            let fields = trace::fields(client, &own, self.host.as_str(), &copy.id, now);
            copy.write(fields.as_bytes());
        }
        Ok(Box::new(filing))
    }
}

/// A message on its way into one or several Maildirs.
struct Filing {
    copies: Vec<Copy>,
    /// For each recipient, which copy is theirs.
    recipients: Vec<Option<usize>>,
    committers: Option<Sender<Job>>,
}

struct Copy {
    maildir: Maildir,
    id: String,
    /// `None` once writing failed.
    file: Option<BufWriter<Delivery>>,
}

impl Copy {
    fn begin(maildir: Maildir) -> io::Result<Self> {
        let delivery = maildir.deliver()?;
        let id = delivery.id().to_string();
        Ok(Self { maildir, id, file: Some(BufWriter::with_capacity(16 << 10, delivery)) })
    }

    fn write(&mut self, octets: &[u8]) {
        if self.file.as_mut().is_some_and(|file| file.write_all(octets).is_err()) {
            self.file = None;
        }
    }

    fn commit(self) -> Decision {
        let filed = self.file.ok_or_else(|| NO_STORAGE.clone()).map(|file| {
            let delivery = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            delivery.commit()
        })?;
        filed.map(|_entry| ()).map_err(|_| NO_STORAGE.clone())
    }
}

impl Intake for Filing {
    fn data(&mut self, octets: &[u8]) -> Decision {
        for copy in &mut self.copies {
            copy.write(octets);
        }
        if self.copies.iter().all(|copy| copy.file.is_none()) { Err(NO_STORAGE.clone()) } else { Ok(()) }
    }

    fn end(self: Box<Self>, _: &Message, verdict: Verdict) {
        let Self { copies, recipients, committers } = *self;
        let commit = move || {
            let filed: Vec<Decision> = copies.into_iter().map(Copy::commit).collect();
            let decision = |at: Option<usize>| match at.and_then(|at| filed.get(at)) {
                Some(decision) => decision.clone(),
                None => Err(NO_SUCH_MAILBOX.clone()),
            };
            verdict.each(recipients.into_iter().map(decision).collect());
        };
        match committers {
            // Nobody takes it only where every thread has died; then the verdict is dropped, and says 451.
            Some(committers) => drop(committers.send(Box::new(commit))),
            None => commit(),
        }
    }
}
