//! What a server says: answers, hints, and the end.

use super::{Asked, Cause, SAYS_CLOSE, Server, State};
use crate::http1::error::{CloseReason, Misuse};
use crate::http1::framing::{CLOSE, CODED, Facts, KEEP_ALIVE, UPGRADE};
use crate::http1::head::{ResponseHead, Trailers};
use crate::http1::sending::{self, Added, Content, Writer, announced, frame};
use crate::http1::value::StatusCode;
use bytes::{BufMut, BytesMut};

/// An answer that may be given.
struct Plan {
    writer: Writer,
    added: Added,
    why: Option<CloseReason>,
    connection: &'static [u8],
    /// A 2xx to CONNECT: behind it the connection is a tunnel (RFC 9110 9.3.6).
    tunnel: bool,
}

impl Server {
    /// Answers with a head and all of its content. Errors as [`respond`](Self::respond).
    #[inline]
    pub fn reply<B: AsRef<[u8]>>(
        &mut self,
        head: &ResponseHead<B>,
        content: &[u8],
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        if !self.may_say(head) {
            return self.reply_planned(head, content, out);
        }
        out.reserve(head.index.end as usize + content.len() + 64);
        head.write(out);
        sending::end_head(content.len() as u64, out);
        out.put_slice(content);
        self.line.step(Cause::Finish);
        Ok(())
    }

    /// What makes a difference to an answer is looked at, out of the way of those to which nothing does.
    #[inline(never)]
    fn reply_planned<B: AsRef<[u8]>>(
        &mut self,
        head: &ResponseHead<B>,
        content: &[u8],
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let plan = self.plan(head, Content::Length(content.len() as u64))?;
        out.reserve(head.index.end as usize + content.len() + 64);
        let written = matches!(plan.writer, Writer::Length(_));
        self.write_head(head, &plan, out);
        if written {
            out.put_slice(content);
        }
        self.finished(plan.tunnel);
        Ok(())
    }

    /// Begins the answer to the present request; with [`Content::Empty`] it is complete.
    ///
    /// `Content-Length` or `Transfer-Encoding` and `Connection` are added where they are needed and the head lacks them.
    /// The answer to HEAD, and 304, takes its content as any other would: it is counted, and not written
    /// (RFC 9110 9.3.2). A 2xx to CONNECT hands the connection over.
    ///
    /// [`Misuse::NoRequest`] and [`Answered`](Misuse::Answered) where no answer is owed,
    /// [`Informational`](Misuse::Informational) for a 1xx, [`BodyForbidden`](Misuse::BodyForbidden) for content where
    /// there can be none, [`LengthMismatch`](Misuse::LengthMismatch) and [`TransferCoding`](Misuse::TransferCoding)
    /// where the head says otherwise, [`NoUpgrade`](Misuse::NoUpgrade) for a 2xx to a CONNECT whose content is not read.
    #[inline]
    pub fn respond<B: AsRef<[u8]>>(
        &mut self,
        head: &ResponseHead<B>,
        content: Content,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let plan = self.plan(head, content)?;
        out.reserve(head.index.end as usize + 64);
        self.write_head(head, &plan, out);
        if content == Content::Empty || plan.tunnel {
            self.finished(plan.tunnel);
        } else {
            self.line.writer = plan.writer;
            self.line.step(Cause::Begin);
        }
        Ok(())
    }

    /// Sends a piece of the content. [`Misuse::NotSending`], or [`TooLong`](Misuse::TooLong) where it is more than was
    /// announced.
    #[inline]
    pub fn data(&mut self, octets: &[u8], out: &mut BytesMut) -> Result<(), Misuse> {
        self.line.writer.data(octets, out)
    }

    /// Writes what goes before a piece of `length` octets, which the caller sends itself behind all of `out`, by
    /// `sendfile` or from its own buffer. `false`: they are not to be sent, since this message has no content. Errors as
    /// [`data`](Self::data).
    pub fn data_framing(&mut self, length: u64, out: &mut BytesMut) -> Result<bool, Misuse> {
        self.line.writer.framing(length, out)
    }

    /// Completes the answer. [`Misuse::NotSending`], or [`TooShort`](Misuse::TooShort) where less was sent than
    /// announced.
    #[inline]
    pub fn end(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.line.writer.end(None::<&Trailers>, out)?;
        self.finished(false);
        Ok(())
    }

    /// Completes the answer with a trailer section (RFC 9110 6.5). Errors as [`end`](Self::end), and
    /// [`Misuse::Trailers`] where the content is not chunked.
    pub fn end_with<B: AsRef<[u8]>>(&mut self, trailers: &Trailers<B>, out: &mut BytesMut) -> Result<(), Misuse> {
        self.line.writer.end(Some(trailers), out)?;
        self.finished(false);
        Ok(())
    }

    /// Says `100 (Continue)` to a client that waits for it. [`Misuse::NoRequest`] where none does.
    pub fn proceed(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        if self.line.state != State::Expecting {
            return Err(self.not_owing());
        }
        out.put_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        self.line.step(Cause::Proceed);
        Ok(())
    }

    /// Sends a 1xx before the answer (RFC 9110 15.2): 103, or 100 with fields.
    ///
    /// [`Misuse::NoRequest`], [`NotInformational`](Misuse::NotInformational) for other statuses and for 101,
    /// [`Version`](Misuse::Version) where the client speaks HTTP/1.0,
    /// [`TransferCoding`](Misuse::TransferCoding) and [`LengthMismatch`](Misuse::LengthMismatch) for framing fields.
    pub fn informational<B: AsRef<[u8]>>(&mut self, head: &ResponseHead<B>, out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.owes() {
            return Err(self.not_owing());
        }
        if !head.status.is_informational() || head.status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Misuse::NotInformational);
        }
        if self.asked.has(Asked::HTTP_10) {
            return Err(Misuse::Version);
        }
        without_framing(head)?;
        head.write(out);
        out.put_slice(b"\r\n");
        if self.line.state == State::Expecting && head.status == StatusCode::CONTINUE {
            self.line.step(Cause::Proceed);
        }
        Ok(())
    }

    /// Agrees to another protocol with a 101 (RFC 9110 7.8): the connection is handed over once the request's end was
    /// told. What is left in the input then is the new protocol's.
    ///
    /// The head has to name the protocol in `Upgrade`; `Connection` is added. [`Misuse::NoRequest`],
    /// [`NotInformational`](Misuse::NotInformational) where the status is not 101, [`NoUpgrade`](Misuse::NoUpgrade) where
    /// none was asked for, or the request's content is not read yet.
    pub fn switch<B: AsRef<[u8]>>(&mut self, head: &ResponseHead<B>, out: &mut BytesMut) -> Result<(), Misuse> {
        if !self.owes() {
            return Err(self.not_owing());
        }
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Misuse::NotInformational);
        }
        let facts = without_framing(head)?;
        if !self.asked.has(Asked::UPGRADE) || !facts.has(UPGRADE) || !self.can_hand_over() {
            return Err(Misuse::NoUpgrade);
        }
        head.write(out);
        if !facts.upgrades() {
            out.put_slice(b"Connection: upgrade\r\n");
        }
        out.put_slice(b"\r\n");
        self.hand_over();
        Ok(())
    }

    /// Ends the connection after the present exchange: at once where there is none. An answer that has not begun will say
    /// `Connection: close`.
    pub fn shutdown(&mut self) {
        if self.line.state == State::Idle {
            self.line.close(CloseReason::LocalClose);
        } else if !self.status().over() {
            self.line.ends(CloseReason::LocalClose);
        }
    }

    /// Gives the connection up, whatever is under way: the caller closes it, and the client sees an answer that is cut
    /// short. For content that can't be delivered after its head was sent.
    pub fn abandon(&mut self) {
        if !self.status().over() {
            self.line.give_up(CloseReason::Abandoned, Cause::Abandon);
        }
    }

    /// What is wrong with an answer to nothing.
    fn not_owing(&self) -> Misuse {
        match self.line.state {
            State::HandedOver | State::Closed => Misuse::Over,
            State::Idle | State::Head => Misuse::NoRequest,
            State::Expecting | State::Receiving | State::Owing => Misuse::NoRequest,
            State::Answering | State::Answered | State::Replying | State::Switching => Misuse::Answered,
        }
    }

    /// Nothing of the request, the head or the connection makes a difference to how an answer with content is framed:
    /// what [`plan`](Self::plan) would find, for most answers.
    #[inline]
    fn may_say<B>(&self, head: &ResponseHead<B>) -> bool {
        self.line.state == State::Owing
            && self.asked == Asked::PLAIN
            && self.line.why.is_none()
            && head.index.neutral
            && !head.status.is_bodiless()
    }

    /// Judges an answer, and decides how it is framed (RFC 9112 6, RFC 9110 6.4, 8.6).
    #[inline]
    fn plan<B: AsRef<[u8]>>(&self, head: &ResponseHead<B>, content: Content) -> Result<Plan, Misuse> {
        if !self.owes() {
            return Err(self.not_owing());
        }
        let status = head.status;
        if status.is_informational() {
            return Err(Misuse::Informational);
        }
        let facts = announced(head.fields(), Facts::response(0))?;
        let tunnel = self.asked.has(Asked::CONNECT) && status.is_success();
        // RFC 9110 8.6 and RFC 9112 6.1: neither field in 204, nor in a 2xx to CONNECT.
        if tunnel || status == StatusCode::NO_CONTENT {
            let none = matches!(content, Content::Empty | Content::Length(0));
            if !none || facts.given_length().is_some() || facts.has(CODED) {
                return Err(Misuse::BodyForbidden);
            }
            if tunnel && !self.can_hand_over() {
                return Err(Misuse::NoUpgrade);
            }
            return Ok(Plan { tunnel, ..self.planned(Writer::Length(0), Added::Nothing, &facts) });
        }
        if facts.has(CODED) && self.asked.has(Asked::HTTP_10) {
            return Err(Misuse::TransferCoding);
        }
        // RFC 9110 9.3.2 and 15.4.5: announced, and not sent.
        let muted = self.asked.has(Asked::HEAD) || status == StatusCode::NOT_MODIFIED;
        if muted && content == Content::Empty && !facts.has(CODED) {
            return Ok(self.planned(Writer::Muted(None), Added::Nothing, &facts));
        }
        let (mut writer, mut added) = frame(content, &facts)?;
        if self.asked.has(Asked::HTTP_10) && content == Content::Stream {
            (writer, added) = (Writer::UntilClose, Added::Nothing);
        }
        Ok(self.planned(if muted { writer.muted() } else { writer }, added, &facts))
    }

    #[inline]
    fn planned(&self, writer: Writer, added: Added, facts: &Facts) -> Plan {
        let why = match self.line.why {
            Some(why) => Some(why),
            None if facts.has(CLOSE) => Some(CloseReason::LocalClose),
            None if writer == Writer::UntilClose => Some(CloseReason::UntilClose),
            // RFC 9110 10.1.1: nobody can know whether the content follows.
            None if self.line.state == State::Expecting => Some(CloseReason::ExpectationRefused),
            None => None,
        };
        let connection = match why {
            Some(_) if !facts.has(CLOSE) => SAYS_CLOSE,
            // RFC 9112 9.3: a client of HTTP/1.0 that asked for it has to be told that the connection lasts.
            None if self.asked.has(Asked::HTTP_10) && !facts.has(KEEP_ALIVE) => b"Connection: keep-alive\r\n",
            _ => b"",
        };
        Plan { writer, added, why, connection, tunnel: false }
    }

    #[inline]
    fn write_head<B: AsRef<[u8]>>(&mut self, head: &ResponseHead<B>, plan: &Plan, out: &mut BytesMut) {
        head.write(out);
        plan.added.write(plan.connection, out);
        self.line.why = plan.why;
    }

    /// The answer is complete.
    #[inline]
    fn finished(&mut self, tunnel: bool) {
        if tunnel {
            return self.hand_over();
        }
        let last = self.line.why.is_some();
        match self.line.state {
            // The end of the request is still told where no octet is missing for it.
            State::Receiving | State::Answering if !last || self.line.inbound.is_at_end() => {
                self.line.step(Cause::Finish);
            }
            _ => self.line.step(if last { Cause::FinishLast } else { Cause::Finish }),
        }
    }

    fn can_hand_over(&self) -> bool {
        match self.line.state {
            State::Owing => true,
            State::Receiving => self.line.inbound.is_at_end(),
            _ => false,
        }
    }

    fn hand_over(&mut self) {
        self.line.why = Some(CloseReason::Switched);
        self.line.step(Cause::Switch);
    }
}

/// A 1xx has no framing fields (RFC 9110 8.6, RFC 9112 6.1).
fn without_framing<B: AsRef<[u8]>>(head: &ResponseHead<B>) -> Result<Facts, Misuse> {
    let facts = announced(head.fields(), Facts::response(0))?;
    match facts.given_length() {
        Some(_) => Err(Misuse::LengthMismatch),
        None if facts.has(CODED) => Err(Misuse::TransferCoding),
        None => Ok(facts),
    }
}
