//! A message on its way: stuffed, counted, and for `TOP` cut.

use super::super::Octets;
use super::event::Wanted;
use super::state::Cause;
use super::{Misuse, Pending, Server, say};
use crate::syntax::dots::{Endings, Stuff};
use alloc::boxed::Box;
use alloc::format;
use bytes::BytesMut;

pub(super) struct Sending {
    /// What the maildrop said.
    told: u64,
    sent: Octets,
    stuff: Stuff,
    top: Option<Top>,
}

impl Server {
    pub(super) fn prepare(&mut self, message: u32, lines: Option<u32>) {
        self.sending = Some(Box::new(Sending {
            told: self.drop.entry(message).map_or(0, |entry| entry.octets),
            sent: Octets::new(),
            stuff: Stuff::new(Endings::Normalise),
            top: lines.map(Top::new),
        }));
    }

    /// Begins the message that was asked for: `+OK`, with its size.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Message`] is.
    pub fn begin(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.owed(Pending::Message)?;
        match &self.sending {
            Some(sending) if sending.top.is_none() => say(out, &format!("+OK {} octets", sending.told)),
            _ => say(out, "+OK top of message follows"),
        }
        self.pending = Some(Pending::Rest);
        Ok(())
    }

    /// Sends a piece of the message, from its beginning on, cut anywhere. Line ends may be CRLF, LF or CR; they are sent as
    /// CRLF, and dots are stuffed.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Rest`] is.
    pub fn send(&mut self, piece: &[u8], out: &mut BytesMut) -> Result<Wanted, Misuse> {
        self.owed(Pending::Rest)?;
        let Some(sending) = &mut self.sending else { return Err(Misuse::NotOwed) };
        let piece = match &mut sending.top {
            Some(top) => top.cut(piece),
            None => piece,
        };
        sending.sent.push(piece);
        // Line ends are mended, so that nothing is refused.
        sending.stuff.push(piece, out).map_err(|_| Misuse::Unfit)?;
        Ok(match &sending.top {
            Some(top) if top.done => Wanted::Enough,
            _ => Wanted::More,
        })
    }

    /// The message is over: sends its end.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Rest`] is; [`Misuse::Size`] where `RETR` was sent more or less than the
    /// maildrop said, and nothing is left but to [`abort`](Self::abort).
    pub fn finish(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.owed(Pending::Rest)?;
        let Some(sending) = &self.sending else { return Err(Misuse::NotOwed) };
        let sent = sending.sent.total();
        if sending.top.is_none() && sent != sending.told {
            return Err(Misuse::Size { told: sending.told, sent });
        }
        if let Some(sending) = self.sending.take() {
            sending.stuff.finish(out).map_err(|_| Misuse::Unfit)?;
        }
        self.settle(Cause::Sent);
        Ok(())
    }

    /// The message can't be sent to its end: ends the session without a word, so that the client does not take a part for
    /// the whole. Close the connection. Nothing is deleted.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOwed`] unless [`Pending::Rest`] is.
    pub fn abort(&mut self) -> Result<(), Misuse> {
        self.owed(Pending::Rest)?;
        self.close();
        Ok(())
    }

    /// The size of the message that is owed, as the maildrop said it.
    pub fn sending(&self) -> Option<u64> {
        self.sending.as_ref().map(|sending| sending.told)
    }
}

/// The header, the empty line behind it, and so many lines (RFC 1939 7).
struct Top {
    left: u32,
    in_header: bool,
    /// Something stands on this line already.
    begun: bool,
    /// A CR was the last octet: it ends a line, or is half of what does.
    cr: bool,
    done: bool,
}

impl Top {
    const fn new(lines: u32) -> Self {
        Self { left: lines, in_header: true, begun: false, cr: false, done: false }
    }

    /// As much of `piece` as is wanted.
    fn cut<'t>(&mut self, piece: &'t [u8]) -> &'t [u8] {
        let mut at = 0;
        while !self.done && at < piece.len() {
            if self.cr {
                self.cr = false;
                at += usize::from(piece[at] == b'\n');
                self.line_ended();
                continue;
            }
            let Some(end) = memchr::memchr2(b'\r', b'\n', &piece[at..]) else {
                self.begun = true;
                at = piece.len();
                break;
            };
            self.begun |= end > 0;
            at += end + 1;
            if piece[at - 1] == b'\r' {
                self.cr = true;
            } else {
                self.line_ended();
            }
        }
        &piece[..at]
    }

    fn line_ended(&mut self) {
        if self.in_header {
            self.in_header = self.begun;
        } else {
            self.left -= 1;
        }
        self.begun = false;
        self.done = !self.in_header && self.left == 0;
    }
}
