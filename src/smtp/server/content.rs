//! The message: dotted lines, chunks, and what spoils either.

use super::Error;
use super::state::Cause;
use super::{Event, Message, Pending, Protocol, Refusal, Server, Spoil, State, replies};
use crate::smtp::Body;
use crate::states::States;
use crate::syntax::dots::{Alone, Endings, Mark, Piece, next_mark};
use crate::work;
use bytes::BytesMut;
use memchr::memrchr;

type Told<'i> = Result<Option<Event<&'i [u8]>>, Error>;

impl Server {
    /// Takes what there is of a dotted message.
    pub(super) fn content<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Told<'i> {
        let start = input.len();
        if let Some(told) = self.spoiled() {
            return Ok(Some(told));
        }
        loop {
            match self.unstuff.next(input) {
                None => return self.dry(input, start - input.len()),
                Some(Piece::End) => return Ok(Some(self.complete(out))),
                Some(_) if self.swallows() => {}
                Some(Piece::Text(text)) => return Ok(Some(self.tell(text))),
                Some(Piece::Bare(which, _)) => return Ok(Some(self.bare(which))),
            }
        }
    }

    /// Takes what there is of a chunk.
    pub(super) fn chunk<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Told<'i> {
        let start = input.len();
        loop {
            if let Some(told) = self.spoiled() {
                return Ok(Some(told));
            }
            let there = self.chunk.left.min(input.len() as u64) as usize;
            if there == 0 {
                if self.chunk.left > 0 {
                    return self.dry(input, start);
                }
                if self.chunk.last && self.transaction.cr && !self.swallows() {
                    self.spoil(Spoil::BareCr);
                    continue;
                }
                return Ok(Some(self.chunk_complete(out)));
            }
            if self.swallows() {
                self.take(input, there);
            } else if self.transaction.body == Some(Body::Binary) {
                let text = self.take(input, there);
                return Ok(Some(self.tell(text)));
            } else {
                match self.text_of_chunk(&input[..there]) {
                    Found::Text(length) => {
                        let text = self.take(input, length);
                        self.transaction.cr = text.ends_with(b"\r");
                        return Ok(Some(self.tell(text)));
                    }
                    Found::Bare(which) => {
                        self.take(input, 1);
                        return Ok(Some(self.bare(which)));
                    }
                    Found::Torn => {
                        self.spoil(Spoil::BareCr);
                    }
                    Found::Open => return self.dry(input, start - input.len()),
                }
            }
        }
    }

    /// How much of `text`, which is not empty, can be told.
    fn text_of_chunk(&self, text: &[u8]) -> Found {
        // The CR that the last chunk ended with was told already; its LF comes now or never.
        let begun = usize::from(self.transaction.cr);
        if begun == 1 && text[0] != b'\n' {
            return Found::Torn;
        }
        let mut from = begun;
        let (at, which) = loop {
            match next_mark(&text[from..]) {
                None => return Found::Text(text.len()),
                // A dot is a dot: chunks are not stuffed (RFC 3030 2).
                Some((at, Mark::Dot)) => from += at,
                Some((at, Mark::Alone(which))) => break (from + at, Some(which)),
                Some((at, Mark::Open)) => break (from + at, None),
            }
        };
        match which {
            // The chunk itself ends with the CR.
            None if text.len() as u64 == self.chunk.left => Found::Text(text.len()),
            None if at == 0 => Found::Open,
            Some(which) if at == 0 => Found::Bare(which),
            _ => Found::Text(at),
        }
    }

    fn take<'i>(&mut self, input: &mut &'i [u8], length: usize) -> &'i [u8] {
        let (taken, rest) = input.split_at(length);
        *input = rest;
        self.chunk.left -= length as u64;
        taken
    }

    /// Passes over a chunk that was refused, and refuses it where it ends.
    pub(super) fn pass_over<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Told<'i> {
        let there = self.chunk.left.min(input.len() as u64) as usize;
        self.take(input, there);
        match self.chunk.refused {
            Some(answer) if self.chunk.left == 0 => {
                self.chunk.refused = None;
                self.refuse_behind(there, answer, out)
            }
            _ => self.dry(input, there),
        }
    }

    /// The rest of the message is of no interest.
    fn swallows(&self) -> bool {
        self.transaction.spoil.is_some() || self.transaction.rejected.is_some()
    }

    fn spoil(&mut self, spoil: Spoil) {
        self.transaction.spoil = Some(spoil);
        self.transaction.untold = true;
    }

    /// The event of a spoil that was not told yet.
    fn spoiled<'i>(&mut self) -> Option<Event<&'i [u8]>> {
        let spoil = self.transaction.spoil.filter(|_| self.transaction.untold)?;
        self.transaction.untold = false;
        Some(Event::Spoiled(spoil))
    }

    /// Tells text of the message, as far as the limits let it.
    fn tell<'i>(&mut self, text: &'i [u8]) -> Event<&'i [u8]> {
        let limits = &self.config.limits;
        let room = limits.message - self.transaction.octets.min(limits.message);
        let fits = usize::try_from(room).unwrap_or(usize::MAX).min(text.len());
        let binary = self.transaction.body == Some(Body::Binary);
        let line = &mut self.transaction.line;
        let (told, spoil) = match (!binary).then(|| overlong(&text[..fits], line, limits.text_line)).flatten() {
            Some(at) => (at, Some(Spoil::LineTooLong)),
            None => (fits, (fits < text.len()).then_some(Spoil::TooLarge)),
        };
        self.transaction.octets += told as u64;
        self.transaction.spoil = spoil;
        match spoil {
            Some(spoil) if told == 0 => Event::Spoiled(spoil),
            spoil => {
                // What still fits is told first, and the spoil after it.
                self.transaction.untold = spoil.is_some();
                Event::Data(&text[..told])
            }
        }
    }

    fn bare<'i>(&mut self, which: Alone) -> Event<&'i [u8]> {
        let spoil = match (self.config.endings, which) {
            (Endings::Refuse, Alone::Cr) => Spoil::BareCr,
            (Endings::Refuse, Alone::Lf) => Spoil::BareLf,
            (Endings::Normalise, _) if self.transaction.octets + 2 > self.config.limits.message => Spoil::TooLarge,
            (Endings::Normalise, _) => {
                self.transaction.octets += 2;
                self.transaction.line = 0;
                return Event::LineEnd;
            }
        };
        self.transaction.spoil = Some(spoil);
        Event::Spoiled(spoil)
    }

    fn chunk_complete<'i>(&mut self, out: &mut BytesMut) -> Event<&'i [u8]> {
        if self.chunk.last {
            return self.complete(out);
        }
        if self.swallows() {
            // RFC 3030 2: what follows a refused chunk is refused until the transaction is begun anew.
            let event = self.refusal(out);
            if self.state != State::Closed {
                self.transaction = super::Transaction::default();
                self.state = State::Ready;
            }
            return event;
        }
        replies::CHUNK_OK.write(self.extended, out);
        self.state = State::Chunks;
        Event::Chunk
    }

    /// The message is whole.
    fn complete<'i>(&mut self, out: &mut BytesMut) -> Event<&'i [u8]> {
        let recipients = self.transaction.recipients;
        let owed = if self.config.protocol == Protocol::Lmtp { recipients } else { 1 };
        self.state = self.state.on(Cause::Last).unwrap_or(State::Verdict);
        if self.swallows() {
            self.transaction.owed = owed;
            return self.refuse_message(out);
        }
        let transaction = &self.transaction;
        let message =
            Message { octets: transaction.octets, recipients, body: transaction.body, utf8: transaction.utf8 };
        self.ask(Pending::Message(owed), Event::Message(message))
    }

    /// One of the replies that refuse a message; in LMTP there is one for each recipient.
    pub(super) fn refuse_message<'i>(&mut self, out: &mut BytesMut) -> Event<&'i [u8]> {
        let event = self.refusal(out);
        self.transaction.owed = self.transaction.owed.saturating_sub(1);
        if self.state != State::Closed && self.transaction.owed == 0 {
            self.delivered();
        }
        event
    }

    fn refusal<'i>(&mut self, out: &mut BytesMut) -> Event<&'i [u8]> {
        let transaction = &self.transaction;
        let answer = match (transaction.spoil, &transaction.rejected) {
            (Some(spoil), _) => replies::spoiled(spoil),
            (None, Some(answer)) => answer,
            (None, None) => &replies::OUT_OF_SEQUENCE,
        };
        let refusal = Refusal { code: answer.code(), enhanced: answer.enhanced() };
        answer.write(self.extended, out);
        if refusal.code.number() == 421 {
            self.close();
        }
        Event::Refused(refusal)
    }
}

/// What the octets of a chunk give.
enum Found {
    /// So many can be told.
    Text(usize),
    /// The first is on its own.
    Bare(Alone),
    /// The CR before them was.
    Torn,
    /// What the CR is, the next octet tells.
    Open,
}

/// Where in `text` a line grows past `limit` octets with its CRLF. `line` is how long the line is that `text` goes on.
///
/// Looks for the last line end within the limit of each line's beginning, so that nearly all of the text is passed over.
fn overlong(text: &[u8], line: &mut usize, limit: usize) -> Option<usize> {
    let mut from = 0usize;
    loop {
        let room = limit.saturating_sub(*line);
        let end = text.len().min(from.saturating_add(room));
        let found = memrchr(b'\n', &text[from..end]);
        work::add(found.map_or(end - from, |found| end - from - found));
        match found {
            Some(found) => {
                from += found + 1;
                *line = 0;
                if from == text.len() {
                    return None;
                }
            }
            // The octet that fills the line is not the end of it.
            None if end - from == room => return Some(end.saturating_sub(1).max(from)),
            None => {
                *line += end - from;
                return None;
            }
        }
    }
}
