//! What a client says: requests.

use super::{Cause, Client, State};
use crate::http1::error::{CloseReason, Misuse};
use crate::http1::framing::{CLOSE, CODED, EXPECT, Facts};
use crate::http1::head::{RequestHead, Trailers};
use crate::http1::owed::Kind;
use crate::http1::sending::{Added, Content, Writer, announced, frame};
use bytes::{BufMut, BytesMut};

/// A request that may be sent.
struct Plan {
    writer: Writer,
    added: Added,
    facts: Facts,
    kind: Kind,
    barrier: bool,
}

impl Client {
    /// Sends a request with all of its content. Errors as [`request`](Self::request).
    #[inline]
    pub fn send<B: AsRef<[u8]>>(
        &mut self,
        head: &RequestHead<B>,
        content: &[u8],
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let amount = if content.is_empty() { Content::Empty } else { Content::Length(content.len() as u64) };
        let plan = self.plan(head, amount)?;
        if plan.facts.has(EXPECT) && !content.is_empty() {
            return Err(Misuse::Expectation);
        }
        out.reserve(head.index.end as usize + content.len() + 64);
        self.write_head(head, &plan, out);
        out.put_slice(content);
        self.line.step(Cause::Request);
        Ok(())
    }

    /// Sends a request's head; with [`Content::Empty`] it is complete.
    ///
    /// `Content-Length` or `Transfer-Encoding` is added where it is needed and the head lacks it. With
    /// `Expect: 100-continue` in the head the content waits, unless there is none.
    ///
    /// [`Misuse::Unfinished`] while another is being sent, [`Pipelined`](Misuse::Pipelined) behind requests that no other
    /// may follow yet, [`Closing`](Misuse::Closing) and [`Over`](Misuse::Over) on a connection that takes no more,
    /// [`Host`](Misuse::Host) without exactly one valid `Host`, [`BodyForbidden`](Misuse::BodyForbidden) for content of
    /// TRACE and CONNECT, [`LengthMismatch`](Misuse::LengthMismatch) and [`TransferCoding`](Misuse::TransferCoding) where
    /// the head says otherwise, [`Expectation`](Misuse::Expectation) for one that can't be met.
    #[inline]
    pub fn request<B: AsRef<[u8]>>(
        &mut self,
        head: &RequestHead<B>,
        content: Content,
        out: &mut BytesMut,
    ) -> Result<(), Misuse> {
        let plan = self.plan(head, content)?;
        out.reserve(head.index.end as usize + 64);
        self.write_head(head, &plan, out);
        if content == Content::Empty {
            self.line.step(Cause::Request);
        } else {
            self.line.writer = plan.writer;
            let holds = plan.facts.has(EXPECT) && content != Content::Length(0);
            self.line.step(if holds { Cause::Hold } else { Cause::Begin });
        }
        Ok(())
    }

    /// Sends a piece of the content. [`Misuse::NotSending`], or [`TooLong`](Misuse::TooLong) where it is more than was
    /// announced. A piece that goes out ends the wait for `100 (Continue)`.
    #[inline]
    pub fn data(&mut self, octets: &[u8], out: &mut BytesMut) -> Result<(), Misuse> {
        self.line.writer.data(octets, out)?;
        self.went_out();
        Ok(())
    }

    /// Writes what goes before a piece of `length` octets, which the caller sends itself behind all of `out`, by
    /// `sendfile` or from its own buffer; `false` where there is nothing to send. Errors as [`data`](Self::data).
    pub fn data_framing(&mut self, length: u64, out: &mut BytesMut) -> Result<bool, Misuse> {
        let some = self.line.writer.framing(length, out)?;
        self.went_out();
        Ok(some)
    }

    /// Completes the request. [`Misuse::NotSending`], or [`TooShort`](Misuse::TooShort) where less was sent than
    /// announced.
    #[inline]
    pub fn end(&mut self, out: &mut BytesMut) -> Result<(), Misuse> {
        self.line.writer.end(None::<&Trailers>, out)?;
        self.went_out();
        self.line.step(Cause::Sent);
        Ok(())
    }

    /// Completes the request with a trailer section (RFC 9110 6.5). Errors as [`end`](Self::end), and
    /// [`Misuse::Trailers`] where the content is not chunked.
    pub fn end_with<B: AsRef<[u8]>>(&mut self, trailers: &Trailers<B>, out: &mut BytesMut) -> Result<(), Misuse> {
        self.line.writer.end(Some(trailers), out)?;
        self.went_out();
        self.line.step(Cause::Sent);
        Ok(())
    }

    /// Gives the connection up, whatever is under way: the caller closes it.
    pub fn abandon(&mut self) {
        if !self.status().over() {
            self.line.give_up(CloseReason::Abandoned, Cause::Close);
        }
    }

    fn went_out(&mut self) {
        if self.line.state == State::Holding {
            self.line.step(Cause::Proceed);
        }
    }

    /// Judges a request, and decides how it is framed (RFC 9112 6.3, RFC 9110 8.6).
    #[inline]
    fn plan<B: AsRef<[u8]>>(&self, head: &RequestHead<B>, content: Content) -> Result<Plan, Misuse> {
        match self.line.state {
            State::Idle => {}
            State::Waiting | State::Receiving if self.line.why.is_none() => {
                // RFC 9112 9.3.2: nothing behind what can't be sent again.
                if self.barrier || self.owed.count >= self.limits.pipelined.min(Self::PIPELINED) {
                    return Err(Misuse::Pipelined);
                }
            }
            State::Waiting | State::Receiving => return Err(Misuse::Closing),
            State::Holding | State::Sending | State::Duplex | State::Unfinished => return Err(Misuse::Unfinished),
            State::HandedOver | State::Closed => return Err(Misuse::Over),
        }
        if self.closing || self.line.inbound.ended {
            return Err(Misuse::Closing);
        }
        if self.limits.pipelined == 0 {
            return Err(Misuse::Pipelined);
        }
        let facts = announced(head.fields(), Facts::request())?;
        facts.end()?;
        let method = head.method();
        // RFC 9110 9.3.6 and 9.3.8.
        if matches!(method.as_str(), "CONNECT" | "TRACE")
            && (content != Content::Empty || facts.given_length().is_some() || facts.has(CODED))
        {
            return Err(Misuse::BodyForbidden);
        }
        let (writer, mut added) = frame(content, &facts)?;
        // RFC 9110 8.6: nobody expects content with this method, so that it says nothing about none.
        if added == Added::Length(0) && !method.anticipates_content() {
            added = Added::Nothing;
        }
        let kind = match method.as_str() {
            "CONNECT" => Kind::Connect,
            "HEAD" => Kind::Head,
            _ if facts.upgrades() => Kind::Upgrade,
            _ => Kind::Plain,
        };
        // An answer to an earlier request would not say what becomes of the content.
        if facts.has(EXPECT) && self.owed.count > 0 {
            return Err(Misuse::Expectation);
        }
        let barrier = !method.is_idempotent() || matches!(kind, Kind::Connect | Kind::Upgrade);
        Ok(Plan { writer, added, facts, kind, barrier })
    }

    #[inline]
    fn write_head<B: AsRef<[u8]>>(&mut self, head: &RequestHead<B>, plan: &Plan, out: &mut BytesMut) {
        head.write(out);
        plan.added.write(b"", out);
        self.owed.push(plan.kind);
        self.barrier |= plan.barrier;
        self.closing |= plan.facts.has(CLOSE);
    }
}
