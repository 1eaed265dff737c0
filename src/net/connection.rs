//! One connection of a server: its socket, its conversation, and what becomes of both at a hand-over.

use super::limits::Limits;
use super::party::{Ended, Next};
use super::pump::{Pump, Scratch, Step, Wait};
use super::server::Conversation;
use super::tcp::{Socket, Stream};
use super::wake::Waker;
use super::{Transport as _, party::Fault};
use mio::Registry;
use std::boxed::Box;

#[cfg(feature = "tls")]
use super::tls::Acceptor;

pub(crate) struct Connection {
    socket: Option<Socket>,
    pump: Pump<Fault>,
    conversation: Box<dyn Conversation>,
    waker: Waker,
}

impl Connection {
    pub(crate) fn new(socket: Socket, conversation: Box<dyn Conversation>, waker: Waker) -> Self {
        Self { socket: Some(socket), pump: Pump::new(true), conversation, waker }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn secure(&mut self, acceptor: &Acceptor, limits: &Limits) -> std::io::Result<()> {
        let session = acceptor.session()?;
        if let Some(socket) = &mut self.socket {
            socket.secure(session);
        }
        self.pump.shake(limits);
        Ok(())
    }

    /// The socket, until it is released.
    pub(crate) fn socket(&mut self) -> Option<&mut Socket> {
        self.socket.as_mut()
    }

    /// The server is about to end.
    pub(crate) fn stop(&mut self, scratch: &mut Scratch) {
        if !std::mem::replace(&mut self.pump.stopping, true) {
            self.conversation.stopping(self.pump.out(scratch));
        }
    }

    /// Goes as far as it can without waiting. `None`: the connection has ended.
    pub(crate) fn advance(&mut self, registry: &Registry, scratch: &mut Scratch, limits: &Limits) -> Option<Wait> {
        self.waker.clear();
        loop {
            let socket = self.socket.as_mut()?;
            match self.pump.advance(&mut *self.conversation, socket, scratch, limits) {
                Step::Wait(wait) => return Some(wait),
                Step::Enough => {}
                Step::Secured =>
                {
                    #[cfg(feature = "tls")]
                    if let Some(session) = socket.session() {
                        self.conversation.secured(session, self.pump.out(scratch));
                    }
                }
                Step::Over(how) => {
                    self.end(how);
                    return None;
                }
                Step::HandedOver => match self.conversation.handed_over(self.pump.rest()) {
                    #[cfg(feature = "tls")]
                    Next::Secure(acceptor) => {
                        if !self.pump.rest().is_empty() {
                            self.end(Ended::Injected);
                            return None;
                        }
                        if socket.session().is_some() {
                            self.end(Ended::Lost(std::io::Error::other("the connection is under TLS already")));
                            return None;
                        }
                        self.pump.resume();
                        if let Err(error) = self.secure(&acceptor, limits) {
                            self.end(Ended::Lost(error));
                            return None;
                        }
                    }
                    Next::Become(conversation) => {
                        self.conversation.ended(Ended::Closed);
                        self.conversation = conversation;
                        self.pump.begin_anew();
                        if self.pump.stopping {
                            self.conversation.stopping(self.pump.out(scratch));
                        }
                    }
                    Next::Release(keep) => {
                        let mut socket = self.socket.take()?;
                        let pump = std::mem::replace(&mut self.pump, Pump::new(true));
                        let released = socket.release(registry).and_then(|()| Stream::seated(socket));
                        match released {
                            Ok(stream) => {
                                self.end(Ended::Closed);
                                keep(stream, pump.into_rest());
                            }
                            Err(error) => self.end(Ended::Lost(error)),
                        }
                        return None;
                    }
                    Next::Close => {
                        // What was written before must not be destroyed by what the peer still sends.
                        let _gone = socket.finish();
                        self.end(Ended::Closed);
                        return None;
                    }
                },
            }
        }
    }

    /// Cut off by the server's end.
    pub(crate) fn cut(&mut self) {
        self.end(Ended::Stopped);
    }

    /// The end: the conversation is told, and the socket closed.
    pub(crate) fn end(&mut self, how: Ended<Fault>) {
        self.conversation.ended(how);
        self.socket = None;
    }
}
