//! Command lines: what each asks for, and what is refused without asking.

use super::state::{Cause, State};
use super::{Chunk, Error};
use super::{ErrorKind, Event, Hello, Pending, Protocol, Query, Refusal, Server, Transaction, replies};
use crate::smtp::xclient::XClient;
use crate::smtp::{
    Answer, Body, Command, CommandError, Hold, HostName, Mail, MailParameters, ParameterError, Rcpt, RcptParameters,
    Text,
};
use crate::states::States;
use crate::syntax::line::command::Taken;
use bytes::{BufMut, BytesMut};

type Told<'i> = Result<Option<Event<&'i [u8]>>, Error>;

impl Server {
    /// Takes a command line.
    pub(super) fn line<'i>(&mut self, input: &mut &'i [u8], out: &mut BytesMut) -> Told<'i> {
        let limits = &self.config.limits;
        // RFC 4954 4: an initial response may be as long as any other one.
        let auth = input.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"AUTH "));
        let limit = if auth { limits.auth_line.max(limits.command_line) } else { limits.command_line };
        match self.lines.take(input, limit) {
            Taken::Line(line) => self.command(line, out),
            Taken::Dry(at) => self.dry(input, at),
            Taken::Endless(at) => Err(self.error(ErrorKind::LineTooLong, at)),
            Taken::Overlong(at) => self.refuse_behind(at, &replies::LINE_TOO_LONG, out),
        }
    }

    fn command<'i>(&mut self, line: &'i [u8], out: &mut BytesMut) -> Told<'i> {
        let command = match Command::read(line, self.config.quirks.spaces_before_path) {
            Ok(command) => command,
            Err(error) => return self.unreadable(error, out),
        };
        self.early = false;
        if self.config.tls_required && !self.secure {
            // RFC 3207 4
            match command {
                Command::Ehlo(_)
                | Command::Helo(_)
                | Command::Lhlo(_)
                | Command::Noop
                | Command::StartTls
                | Command::Quit => {}
                Command::Bdat { size, .. } => return self.refuse_chunk(size, &replies::TLS_FIRST, out),
                Command::Data => {
                    self.early = true;
                    return self.refuse(&replies::TLS_FIRST, out);
                }
                _ => return self.refuse(&replies::TLS_FIRST, out),
            }
        }
        match command {
            Command::Mail(mail) => self.mail(mail, out),
            Command::Rcpt(rcpt) => self.rcpt(rcpt, out),
            Command::Data => self.data(out),
            Command::Bdat { size, last } => self.bdat(size, last, out),
            Command::Ehlo(name) => self.hello(Protocol::Smtp, true, name, out),
            Command::Helo(name) => self.hello(Protocol::Smtp, false, name, out),
            Command::Lhlo(name) => self.hello(Protocol::Lmtp, true, name, out),
            Command::Quit => self.quit(out),
            Command::Rset => self.moves_nothing(Cause::Rset, &replies::OK, Event::Reset, out),
            Command::Noop => self.moves_nothing(Cause::Noop, &replies::OK, Event::Noop, out),
            Command::Help(_) => self.moves_nothing(Cause::Query, &replies::HELP, Event::Help, out),
            Command::Vrfy(who) => self.query(&replies::CANNOT_VERIFY, Query::Verify(who), out),
            Command::Expn(list) => self.query(&replies::NO_EXPANSION, Query::Expand(list), out),
            Command::Etrn(_) if !self.config.extensions.etrn => self.refuse(&replies::NOT_IMPLEMENTED, out),
            Command::Etrn(node) => self.query(&replies::NO_QUEUE, Query::Turn(node), out),
            Command::StartTls => self.starttls(out),
            Command::Auth { mechanism, initial } => self.auth(mechanism, initial, out),
            Command::XClient(attributes) => self.proxied(attributes, out),
        }
    }

    fn unreadable<'i>(&mut self, error: CommandError, out: &mut BytesMut) -> Told<'i> {
        if self.early {
            // A client that did not wait for 354: what this is, is text, and must not become a command further down.
            return Err(self.error(ErrorKind::EarlyData, 0));
        }
        let answer = match error {
            CommandError::Foreign => return Err(self.error(ErrorKind::Foreign, 0)),
            CommandError::Chunk => return Err(self.error(ErrorKind::BadChunk, 0)),
            CommandError::Unknown => &replies::UNKNOWN_COMMAND,
            CommandError::Argument => &replies::BAD_ARGUMENT,
            CommandError::Sender => &replies::BAD_SENDER,
            CommandError::Recipient => &replies::BAD_RECIPIENT,
            CommandError::Parameter(ParameterError::Unknown) => &replies::UNKNOWN_PARAMETER,
            CommandError::Parameter(_) => &replies::BAD_PARAMETER,
        };
        debug_assert_eq!(answer.code().number(), error.reply().0);
        self.refuse(answer, out)
    }

    /// Refuses a command, and counts it.
    pub(super) fn refuse<'i>(&mut self, answer: &Answer, out: &mut BytesMut) -> Told<'i> {
        self.refuse_behind(0, answer, out)
    }

    /// The same for what ends `at` octets into what this step has before it: where that begins depends on the cut.
    pub(super) fn refuse_behind<'i>(&mut self, at: usize, answer: &Answer, out: &mut BytesMut) -> Told<'i> {
        self.errors += 1;
        if self.errors > self.config.limits.errors {
            return Err(self.error(ErrorKind::TooManyErrors, at));
        }
        answer.write(self.extended, out);
        Ok(Some(Event::Refused(Refusal { code: answer.code(), enhanced: answer.enhanced() })))
    }

    fn out_of_sequence<'i>(&mut self, out: &mut BytesMut) -> Told<'i> {
        let answer = match self.state {
            State::Unwelcome => &replies::UNWELCOME,
            State::Fresh => &replies::HELLO_FIRST,
            _ => &replies::OUT_OF_SEQUENCE,
        };
        self.refuse(answer, out)
    }

    /// Counts a command that moves nothing; a message starts the count anew.
    fn idled(&mut self) -> Result<(), Error> {
        self.idle += 1;
        if self.idle > self.config.limits.idle_commands {
            return Err(self.error(ErrorKind::TooManyErrors, 0));
        }
        Ok(())
    }

    fn hello<'i>(
        &mut self,
        protocol: Protocol,
        extended: bool,
        name: HostName<&'i [u8]>,
        out: &mut BytesMut,
    ) -> Told<'i> {
        if protocol != self.config.protocol {
            // RFC 2033 4.1
            let answer = if protocol == Protocol::Lmtp { &replies::SMTP_ONLY } else { &replies::LMTP_ONLY };
            return self.refuse(answer, out);
        }
        if self.state.on(Cause::Hello).is_none() {
            return self.out_of_sequence(out);
        }
        self.idled()?;
        self.offered = extended;
        Ok(Some(self.ask(Pending::Hello, Event::Hello(Hello { extended, name }))))
    }

    fn mail<'i>(&mut self, mail: Mail<&'i [u8]>, out: &mut BytesMut) -> Told<'i> {
        if self.state.on(Cause::Mail).is_none() {
            return self.out_of_sequence(out);
        }
        if self.config.auth_required && self.identity.is_none() {
            return self.refuse(&replies::AUTHENTICATE_FIRST, out);
        }
        let parameters = &mail.parameters;
        if !self.announced(parameters) {
            return self.refuse(&replies::UNKNOWN_PARAMETER, out);
        }
        // RFC 1870 6.1
        if parameters.size.is_some_and(|size| size > self.config.limits.message) {
            return self.refuse(&replies::TOO_LARGE, out);
        }
        // RFC 6531 3.4 and 3.5
        if !parameters.utf8 && mail.from.is_some_and(|from| !from.is_ascii()) {
            return self.refuse(&replies::NEEDS_UTF8, out);
        }
        self.transaction = Transaction { body: parameters.body, utf8: parameters.utf8, ..Transaction::default() };
        Ok(Some(self.ask(Pending::Sender, Event::Mail(mail))))
    }

    /// Every parameter was announced (RFC 5321 4.1.1.11).
    fn announced(&self, parameters: &MailParameters<&[u8]>) -> bool {
        let extensions = &self.config.extensions;
        let MailParameters { size, body, utf8, ret, envelope_id, submitter, require_tls, priority, hold, deliver_by } =
            parameters;
        let body = match body {
            None => true,
            Some(Body::SevenBit | Body::EightBit) => extensions.eight_bit,
            Some(Body::Binary) => extensions.chunking && extensions.binary,
        };
        let hold = match (hold, &extensions.future_release) {
            (None, _) => true,
            (Some(Hold::For(interval)), Some((most, _))) => interval <= most,
            (Some(Hold::Until(_)), Some(_)) => true,
            (Some(_), None) => false,
        };
        let plain = size.is_none() && parameters.body.is_none();
        body && hold
            && (self.extended || plain)
            && (!utf8 || extensions.utf8)
            && (ret.is_none() && envelope_id.is_none() || extensions.dsn)
            && (submitter.is_none() || !self.config.auth.is_empty())
            && (!require_tls || extensions.require_tls && self.secure)
            && (priority.is_none() || extensions.priority)
            && (deliver_by.is_none() || extensions.deliver_by.is_some())
    }

    fn rcpt<'i>(&mut self, rcpt: Rcpt<&'i [u8]>, out: &mut BytesMut) -> Told<'i> {
        if self.state.on(Cause::Rcpt).is_none() {
            let answer =
                if self.state == State::Ready { &replies::MAIL_FIRST } else { return self.out_of_sequence(out) };
            return self.refuse(answer, out);
        }
        let RcptParameters { notify, original } = &rcpt.parameters;
        if (notify.is_some() || original.is_some()) && !self.config.extensions.dsn {
            return self.refuse(&replies::UNKNOWN_PARAMETER, out);
        }
        if !self.transaction.utf8 && !rcpt.to.is_ascii() {
            self.transaction.refused = true;
            return self.refuse(&replies::NEEDS_UTF8, out);
        }
        if self.transaction.recipients >= self.config.limits.recipients {
            // RFC 5321 4.5.3.1.10. No error of the client's: it may send the rest in another transaction.
            self.transaction.refused = true;
            let answer = &replies::TOO_MANY_RECIPIENTS;
            answer.write(self.extended, out);
            return Ok(Some(Event::Refused(Refusal { code: answer.code(), enhanced: answer.enhanced() })));
        }
        Ok(Some(self.ask(Pending::Recipient, Event::Rcpt(rcpt))))
    }

    fn data<'i>(&mut self, out: &mut BytesMut) -> Told<'i> {
        let refused = match self.state.on(Cause::Data) {
            // RFC 3030 3
            Some(_) if self.transaction.body == Some(Body::Binary) => Some(&replies::BINARY_BY_CHUNKS),
            Some(next) => {
                self.state = next;
                None
            }
            // RFC 5321 3.3
            None if self.state == State::Sender && self.transaction.refused => Some(&replies::NO_VALID_RECIPIENTS),
            None if self.state == State::Sender => Some(&replies::NO_RECIPIENTS),
            None if self.state == State::Ready => Some(&replies::MAIL_FIRST),
            None => Some(&replies::OUT_OF_SEQUENCE),
        };
        if let Some(answer) = refused {
            self.early = true;
            return if self.state == State::Fresh { self.out_of_sequence(out) } else { self.refuse(answer, out) };
        }
        self.unstuff = crate::syntax::dots::Unstuff::new();
        out.put_slice(b"354 End with CRLF.CRLF\r\n");
        Ok(Some(Event::Content))
    }

    fn bdat<'i>(&mut self, size: u64, last: bool, out: &mut BytesMut) -> Told<'i> {
        if !self.config.extensions.chunking {
            return self.refuse_chunk(size, &replies::NOT_IMPLEMENTED, out);
        }
        match self.state.on(Cause::Bdat) {
            Some(next) => {
                self.state = next;
                self.chunk = Chunk { left: size, last, refused: None };
                Ok(Some(Event::Chunking { octets: size, last }))
            }
            None => {
                let answer = match self.state {
                    State::Fresh => &replies::HELLO_FIRST,
                    State::Ready => &replies::MAIL_FIRST,
                    State::Sender if self.transaction.refused => &replies::NO_VALID_RECIPIENTS,
                    State::Sender => &replies::NO_RECIPIENTS,
                    _ => &replies::OUT_OF_SEQUENCE,
                };
                self.refuse_chunk(size, answer, out)
            }
        }
    }

    /// A chunk that is no part of a message: its octets are no commands either.
    fn refuse_chunk<'i>(&mut self, size: u64, answer: &'static Answer, out: &mut BytesMut) -> Told<'i> {
        if size == 0 {
            return self.refuse(answer, out);
        }
        self.chunk = Chunk { left: size, last: false, refused: Some(answer) };
        Ok(None)
    }

    fn quit<'i>(&mut self, out: &mut BytesMut) -> Told<'i> {
        if self.state.on(Cause::Quit).is_none() {
            return self.out_of_sequence(out);
        }
        out.put_slice(if self.extended { b"221 2.0.0 " } else { b"221 " });
        out.put_slice(self.config.host.as_str().as_bytes());
        out.put_slice(b" closing\r\n");
        self.close();
        Ok(Some(Event::Quit))
    }

    fn moves_nothing<'i>(
        &mut self,
        trigger: Cause,
        answer: &Answer,
        event: Event<&'i [u8]>,
        out: &mut BytesMut,
    ) -> Told<'i> {
        let Some(next) = self.state.on(trigger) else { return self.out_of_sequence(out) };
        self.idled()?;
        self.state = next;
        if trigger == Cause::Rset {
            self.transaction = Transaction::default();
        }
        answer.write(self.extended, out);
        Ok(Some(event))
    }

    fn query<'i>(&mut self, answer: &'static Answer, query: Query<&'i [u8]>, out: &mut BytesMut) -> Told<'i> {
        if self.state.on(Cause::Query).is_none() {
            return self.out_of_sequence(out);
        }
        self.idled()?;
        if self.config.queries {
            self.question = Some(answer);
            return Ok(Some(self.ask(Pending::Query, Event::Query(query))));
        }
        answer.write(self.extended, out);
        Ok(Some(Event::Query(query)))
    }

    fn starttls<'i>(&mut self, out: &mut BytesMut) -> Told<'i> {
        if !self.config.starttls {
            return self.refuse(&replies::NOT_IMPLEMENTED, out);
        }
        if self.secure {
            return self.refuse(&replies::ALREADY_SECURE, out);
        }
        match self.state.on(Cause::StartTls) {
            Some(next) if self.extended => {
                replies::READY_FOR_TLS.write(true, out);
                self.state = next;
                Ok(Some(Event::StartTls))
            }
            _ => self.out_of_sequence(out),
        }
    }

    fn proxied<'i>(&mut self, attributes: Text<&'i [u8]>, out: &mut BytesMut) -> Told<'i> {
        if !self.xclient {
            return self.refuse(&replies::NOT_A_PROXY, out);
        }
        let Some(next) = self.state.on(Cause::XClient) else { return self.out_of_sequence(out) };
        let Some(client) = XClient::parse(attributes.into_octets()) else {
            return self.refuse(&replies::BAD_ARGUMENT, out);
        };
        self.state = next;
        self.extended = false;
        self.identity = None;
        Ok(Some(self.ask(Pending::Connection, Event::XClient(client))))
    }
}
