//! One message: its envelope, its content, and the replies to either.

use super::state::{Cause, State};
use super::{Client, Envelope, Error, ErrorKind, Event, Limits, Missing, Misuse, Next, Outcome, Step, Transfer};
use crate::smtp::server::Protocol;
use crate::smtp::{Body, Capabilities, Command, Content, Hold, Mail, Rcpt, Reply, Submitter};
use crate::syntax::dots::{Endings, Stuff};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::BytesMut;

/// A message on its way.
pub(super) struct Transaction {
    envelope: Envelope,
    chunks: bool,
    pipelined: bool,
    /// So many replies to `MAIL`, `RCPT`… and `DATA` were heard.
    heard: usize,
    /// The sender was accepted.
    sender: bool,
    /// The recipients that were accepted.
    accepted: Vec<u32>,
    /// The last step of the envelope that refused anybody.
    refused: Option<Step>,
    /// It was broken off here: by a chunk that was refused, or by the caller.
    broken: Option<Step>,
    stuff: Stuff,
    /// Chunks that were said and not answered.
    unanswered: u32,
    /// So many verdicts of LMTP were heard.
    verdicts: usize,
    /// LMTP: it was taken for somebody.
    taken: bool,
}

impl Transaction {
    /// Only the answer to `DATA` is missing.
    pub(super) fn awaits_data(&self) -> bool {
        !self.chunks && self.heard > self.envelope.recipients.len()
    }

    /// A chunk has to be answered before anything else is said.
    pub(super) const fn awaits_chunk(&self) -> bool {
        self.chunks && self.unanswered > 0
    }
}

impl Client {
    /// Says the envelope of a message. In one flight where the server offers `PIPELINING`.
    ///
    /// `content` tells what the message is made of: what the server was not announced to take is refused here, before
    /// anything is said, and `SIZE`, `BODY` and `SMTPUTF8` are declared where the envelope is silent.
    ///
    /// # Errors
    ///
    /// Every [`Misuse`] that says what the server, the envelope or the message lacks; [`Misuse::Busy`] unless
    /// [`is_ready`](Self::is_ready).
    pub fn send(&mut self, mut envelope: Envelope, content: &Content, out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.is_ready() {
            return Err(Misuse::Busy);
        }
        let capabilities = &self.capabilities;
        if envelope.recipients.is_empty() {
            return Err(Misuse::NoRecipients);
        }
        if let Some(most) = capabilities.max_recipients.filter(|most| envelope.recipients.len() > *most as usize) {
            return Err(Misuse::TooManyRecipients(most));
        }
        if let Some(most) = capabilities.max_messages.filter(|most| self.messages >= *most) {
            return Err(Misuse::TooManyMessages(most));
        }
        let domains = match capabilities.max_domains {
            Some(most) => Some(self.domains_with(&envelope, most)?),
            None => None,
        };
        if !sayable(&envelope) {
            return Err(Misuse::Argument);
        }
        declare(&mut envelope, content, capabilities);
        let config = &self.config;
        let binary = envelope.parameters.body == Some(Body::Binary);
        fits(&envelope, content, config.endings, &config.limits)?;
        supported(&envelope, content, capabilities, self.secure)?;
        let chunks = binary || capabilities.chunking && config.transfer == Transfer::Chunks;
        let transaction = Transaction {
            chunks,
            pipelined: capabilities.pipelining,
            heard: 0,
            sender: false,
            accepted: Vec::new(),
            refused: None,
            broken: None,
            stuff: if chunks { Stuff::lines(config.endings) } else { Stuff::new(config.endings) },
            unanswered: 0,
            verdicts: 0,
            taken: false,
            envelope,
        };
        let last = transaction.envelope.recipients.len() + usize::from(!chunks);
        let together = if transaction.pipelined { last } else { 0 };
        for which in 0..=together {
            say(&transaction, which, out);
        }
        self.transaction = Some(Box::new(transaction));
        self.messages += 1;
        self.domains = domains.unwrap_or_default();
        self.go(Cause::Send);
        Ok(())
    }

    /// The domains of this session's recipients, with those of `envelope`, as long as they are no more than `most`.
    fn domains_with(&self, envelope: &Envelope, most: u32) -> Result<Vec<String>, Misuse> {
        let mut domains = self.domains.clone();
        for recipient in &envelope.recipients {
            let domain = recipient.to.domain().unwrap_or_default().to_lowercase();
            if !domains.contains(&domain) {
                if domains.len() >= most as usize {
                    return Err(Misuse::TooManyDomains(most));
                }
                domains.push(domain);
            }
        }
        Ok(domains)
    }

    /// The message may be given now: [`Event::Go`] was told, and no chunk has to be answered first.
    pub fn is_sending(&self) -> bool {
        self.state == State::Content
            && self.next.is_none()
            && self.transaction.as_ref().is_some_and(|transaction| {
                transaction.broken.is_none() && (transaction.pipelined || transaction.unanswered == 0)
            })
    }

    /// Says a piece of the message, of any size: stuffed, or as a chunk. An empty piece says nothing.
    ///
    /// # Errors
    ///
    /// [`Misuse::Busy`] unless [`is_sending`](Self::is_sending); [`Misuse::Bare`] for a CR or LF on its own, with its place
    /// in the message, whereupon the message can only be [broken off](Self::abort).
    pub fn content(&mut self, piece: &[u8], out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.is_sending() {
            return Err(Misuse::Busy);
        }
        let Some(transaction) = &mut self.transaction else { return Err(Misuse::Busy) };
        if piece.is_empty() {
            return Ok(());
        }
        if !transaction.chunks {
            transaction.stuff.push(piece, out)?;
        } else if transaction.envelope.parameters.body == Some(Body::Binary) {
            Command::<&[u8]>::Bdat { size: piece.len() as u64, last: false }.write(out);
            out.extend_from_slice(piece);
            transaction.unanswered += 1;
        } else {
            let mut text = BytesMut::with_capacity(piece.len() + 2);
            transaction.stuff.push(piece, &mut text)?;
            if !text.is_empty() {
                Command::<&[u8]>::Bdat { size: text.len() as u64, last: false }.write(out);
                out.extend_from_slice(&text);
                transaction.unanswered += 1;
            }
        }
        self.phase += 1;
        Ok(())
    }

    /// Says that the message is over: CRLF where it did not end with one, and the end.
    ///
    /// # Errors
    ///
    /// As [`content`](Self::content).
    pub fn finish(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.is_sending() {
            return Err(Misuse::Busy);
        }
        let Some(transaction) = &mut self.transaction else { return Err(Misuse::Busy) };
        if transaction.chunks {
            let mut text = BytesMut::new();
            if transaction.envelope.parameters.body != Some(Body::Binary) {
                transaction.stuff.clone().finish(&mut text)?;
            }
            Command::<&[u8]>::Bdat { size: text.len() as u64, last: true }.write(out);
            out.extend_from_slice(&text);
            transaction.unanswered += 1;
        } else {
            transaction.stuff.clone().finish(out)?;
        }
        self.go(Cause::Finish);
        Ok(())
    }

    /// Breaks the message off.
    ///
    /// Between chunks `RSET` does it, and the session goes on. In the middle of `DATA` there is no way back but to close
    /// the connection, so the session is over; a server drops what did not end.
    ///
    /// # Errors
    ///
    /// [`Misuse::Busy`] unless the message was being sent.
    pub fn abort(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        if self.state != State::Content {
            return Err(Misuse::Busy);
        }
        let Some(transaction) = &mut self.transaction else { return Err(Misuse::Busy) };
        if transaction.chunks {
            transaction.broken = Some(Step::Message);
            if transaction.unanswered == 0 {
                self.clear(out);
            }
        } else {
            self.close();
        }
        Ok(())
    }

    /// A reply within a transaction.
    pub(super) fn sending<'i>(&mut self, reply: Reply<&'i [u8]>, out: &mut BytesMut) -> Result<Event<&'i [u8]>, Error> {
        match self.state {
            State::Envelope => self.envelope(reply, out),
            State::Content | State::Verdict => self.judged(reply, out),
            _ => {
                let refused =
                    self.transaction.take().and_then(|transaction| transaction.broken.or(transaction.refused));
                self.done(Outcome::Refused(refused.unwrap_or(Step::Message)));
                Ok(Event::Reply { step: Step::Reset, reply })
            }
        }
    }

    fn envelope<'i>(&mut self, reply: Reply<&'i [u8]>, out: &mut BytesMut) -> Result<Event<&'i [u8]>, Error> {
        let code = reply.code();
        let offset = self.taken;
        let unsolicited = Err(Error { kind: ErrorKind::Unsolicited, offset });
        let Some(transaction) = &mut self.transaction else { return unsolicited };
        let recipients = transaction.envelope.recipients.len();
        let (which, chunks) = (transaction.heard, transaction.chunks);
        if code.is_intermediate() && !(which > recipients && code.number() == 354) {
            return unsolicited;
        }
        transaction.heard += 1;
        if which > recipients {
            // DATA
            let nobody = transaction.accepted.is_empty() || !transaction.sender;
            if code.number() == 354 {
                if nobody {
                    return Ok(self.void(reply, out));
                }
                self.go(Cause::Go);
                self.next = Some(Next::Go);
            } else if code.is_positive() {
                return unsolicited;
            } else {
                if !nobody {
                    transaction.refused = Some(Step::Data);
                }
                self.clear(out);
            }
            return Ok(Event::Reply { step: Step::Data, reply });
        }
        let event = if which == 0 {
            transaction.sender = code.is_positive();
            if !transaction.sender {
                transaction.refused = Some(Step::Sender);
            }
            Event::Reply { step: Step::Sender, reply }
        } else {
            let index = which as u32 - 1;
            if code.is_positive() && transaction.sender {
                transaction.accepted.push(index);
            } else if transaction.sender {
                transaction.refused = Some(Step::Recipient);
            }
            Event::Recipient { index, reply }
        };
        let nobody = transaction.accepted.is_empty();
        if transaction.pipelined && (which < recipients || !chunks) {
            return Ok(event);
        }
        // Nothing is on its way: say the next, unless it leads nowhere.
        if which == 0 && !transaction.sender {
            self.clear(out);
        } else if which < recipients {
            say(transaction, which + 1, out);
            self.phase += 1;
        } else if nobody {
            self.clear(out);
        } else if chunks {
            self.go(Cause::Go);
            self.next = Some(Next::Go);
        } else {
            say(transaction, which + 1, out);
            self.phase += 1;
        }
        Ok(event)
    }

    /// 354 to a message for nobody: the end and nothing else (RFC 2920 3.1).
    fn void<'i>(&mut self, reply: Reply<&'i [u8]>, out: &mut BytesMut) -> Event<&'i [u8]> {
        out.extend_from_slice(b".\r\n");
        self.go(Cause::Void);
        if self.config.protocol == Protocol::Lmtp {
            // RFC 2033 4.2: one verdict for each recipient accepted, which is none.
            let refused = self.transaction.take().and_then(|transaction| transaction.refused);
            self.done(Outcome::Refused(refused.unwrap_or(Step::Recipient)));
        }
        Event::Reply { step: Step::Data, reply }
    }

    /// A reply while the message goes out, or once it is out.
    fn judged<'i>(&mut self, reply: Reply<&'i [u8]>, out: &mut BytesMut) -> Result<Event<&'i [u8]>, Error> {
        let code = reply.code();
        let offset = self.taken;
        let unsolicited = Err(Error { kind: ErrorKind::Unsolicited, offset });
        let verdict = self.state == State::Verdict;
        let lmtp = self.config.protocol == Protocol::Lmtp;
        let Some(transaction) = &mut self.transaction else { return unsolicited };
        if code.is_intermediate() {
            return unsolicited;
        }
        if transaction.chunks && (!verdict || transaction.unanswered > 1) {
            if transaction.unanswered == 0 {
                return unsolicited;
            }
            transaction.unanswered -= 1;
            if !code.is_positive() {
                transaction.broken.get_or_insert(Step::Chunk);
            }
            if transaction.broken.is_some() && transaction.unanswered == 0 {
                self.clear(out);
            }
            return Ok(Event::Reply { step: Step::Chunk, reply });
        }
        if !verdict {
            // The server has judged before the end. What it says now is no answer to what we have not said, and the
            // rest can't be taken back: this connection is of no more use.
            if code.is_positive() {
                return unsolicited;
            }
            self.close();
            return Ok(Event::Sent { recipient: None, reply });
        }
        if transaction.broken.is_some() {
            // The last chunk after a refused one is refused as well, whatever it is answered with.
            transaction.unanswered = 0;
            self.clear(out);
            return Ok(Event::Reply { step: Step::Chunk, reply });
        }
        let nobody = transaction.accepted.is_empty();
        let recipient = if lmtp { transaction.accepted.get(transaction.verdicts).copied() } else { None };
        transaction.verdicts += 1;
        transaction.taken |= code.is_positive() && !nobody;
        if !lmtp || transaction.verdicts >= transaction.accepted.len() {
            let refused = if nobody { transaction.refused } else { None }.unwrap_or(Step::Message);
            let outcome = if transaction.taken { Outcome::Accepted } else { Outcome::Refused(refused) };
            self.transaction = None;
            self.done(outcome);
        }
        if nobody { Ok(Event::Reply { step: Step::Message, reply }) } else { Ok(Event::Sent { recipient, reply }) }
    }

    /// The transaction leads nowhere: say RSET, unless the server never began it.
    fn clear(&mut self, out: &mut BytesMut) {
        let begun = self.transaction.as_ref().is_some_and(|transaction| transaction.sender);
        if begun {
            self.say(&Command::<&[u8]>::Rset, out);
            self.go(Cause::Fail);
        } else {
            let refused = self.transaction.take().and_then(|transaction| transaction.refused);
            self.done(Outcome::Refused(refused.unwrap_or(Step::Sender)));
        }
    }

    fn done(&mut self, outcome: Outcome) {
        self.transaction = None;
        self.next = Some(Next::Done(outcome));
        self.go(Cause::Done);
    }
}

/// Says one command of the envelope: `MAIL`, a `RCPT`, or `DATA`.
fn say(transaction: &Transaction, which: usize, out: &mut BytesMut) {
    let envelope = &transaction.envelope;
    if which == 0 {
        Command::Mail(Mail { from: envelope.from.clone(), parameters: envelope.parameters.clone() }).write(out);
    } else if let Some(recipient) = envelope.recipients.get(which - 1) {
        Command::Rcpt(Rcpt { to: recipient.to.clone(), parameters: recipient.parameters.clone() }).write(out);
    } else {
        Command::<&[u8]>::Data.write(out);
    }
}

/// Every parameter is as short as its RFC has it; what it may be spelled of, its type has seen to.
fn sayable(envelope: &Envelope) -> bool {
    let parameters = &envelope.parameters;
    let submitter = match &parameters.submitter {
        Some(Submitter::Mailbox(mailbox)) => mailbox.as_str().len(),
        Some(Submitter::Unknown) | None => 0,
    };
    // RFC 3461 4.4, RFC 4954 5 and RFC 3461 4.2
    parameters.envelope_id.as_ref().is_none_or(|id| id.as_str().len() <= 100)
        && submitter <= 500
        && envelope.recipients.iter().all(|recipient| {
            recipient.parameters.original.as_ref().is_none_or(|original| original.as_str().len() <= 500)
        })
}

/// Declares what can be seen from the message, where the envelope is silent and the server would understand.
fn declare(envelope: &mut Envelope, content: &Content, capabilities: &Capabilities) {
    let beyond_ascii = content.utf8_head()
        || envelope.from.as_ref().is_some_and(|from| !from.is_ascii())
        || envelope.recipients.iter().any(|recipient| {
            let original = recipient.parameters.original.as_ref();
            // RFC 6533 3: an original recipient in UTF-8 is said to who takes UTF-8.
            !recipient.to.is_ascii() || original.is_some_and(|original| !original.as_str().is_ascii())
        });
    let parameters = &mut envelope.parameters;
    parameters.utf8 |= beyond_ascii;
    if parameters.body.is_none() && content.eight_bit() {
        parameters.body = Some(Body::EightBit);
    }
    // A message that is declared to be of seven bits and is not would be a lie.
    if parameters.body == Some(Body::SevenBit) && content.eight_bit() {
        parameters.body = Some(Body::EightBit);
    }
    if capabilities.size.is_some() {
        let octets = if parameters.body == Some(Body::Binary) { content.octets() } else { content.octets_in_lines() };
        parameters.size.get_or_insert(octets);
    } else {
        parameters.size = None;
    }
    if parameters.body == Some(Body::SevenBit) && !capabilities.eight_bit {
        parameters.body = None;
    }
}

/// The message can be sent as what it is declared to be.
fn fits(envelope: &Envelope, content: &Content, endings: Endings, limits: &Limits) -> Result<(), Misuse> {
    if envelope.parameters.body == Some(Body::Binary) {
        return Ok(());
    }
    if let (Some(bare), Endings::Refuse) = (content.bare(), endings) {
        return Err(Misuse::Bare(bare));
    }
    if content.nul() {
        return Err(Misuse::Nul);
    }
    // A line was measured up to its LF, so its CR is counted, unless it has none and one is to be put there.
    if content.longest_line() > limits.text_line.saturating_add(usize::from(content.bare().is_none())) {
        return Err(Misuse::LineTooLong);
    }
    Ok(())
}

/// The server was announced to take it.
fn supported(envelope: &Envelope, content: &Content, capabilities: &Capabilities, secure: bool) -> Result<(), Misuse> {
    let parameters = &envelope.parameters;
    let reports = parameters.ret.is_some()
        || parameters.envelope_id.is_some()
        || envelope
            .recipients
            .iter()
            .any(|recipient| recipient.parameters.notify.is_some() || recipient.parameters.original.is_some());
    let hold = match (&parameters.hold, capabilities.future_release) {
        (None, _) => true,
        (Some(Hold::For(interval)), Some(most)) => interval.seconds() <= most,
        (Some(Hold::Until(_)), Some(_)) => true,
        (Some(_), None) => false,
    };
    let late = match (parameters.deliver_by, capabilities.deliver_by) {
        (None, _) => true,
        // RFC 2852 4: a time below the least would be refused.
        (Some(by), Some(least)) => !by.returns() || i64::from(by.seconds()) >= least.map_or(0, i64::from),
        (Some(_), None) => false,
    };
    for (needed, there, missing) in [
        (
            parameters.body == Some(Body::EightBit) || content.eight_bit(),
            capabilities.eight_bit || capabilities.binary,
            Missing::EightBitMime,
        ),
        (parameters.body == Some(Body::Binary), capabilities.binary, Missing::BinaryMime),
        (parameters.utf8, capabilities.utf8, Missing::SmtpUtf8),
        (reports, capabilities.dsn, Missing::Dsn),
        (parameters.require_tls, capabilities.require_tls && secure, Missing::RequireTls),
        (parameters.priority.is_some(), capabilities.priority, Missing::MtPriority),
        (true, hold, Missing::FutureRelease),
        (true, late, Missing::DeliverBy),
        (parameters.submitter.is_some(), !capabilities.auth.is_empty(), Missing::Auth),
    ] {
        if needed && !there {
            return Err(Misuse::Unsupported(missing));
        }
    }
    match (capabilities.size, parameters.size) {
        (Some(Some(limit)), Some(size)) if size > limit => Err(Misuse::TooLarge(limit)),
        _ => Ok(()),
    }
}
