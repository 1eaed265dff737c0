//! What the kernel leaves to a server: epoll, one `read`, one `write`, and nothing between them.
//!
//! Whatever comes is taken for one request, and is answered by the same octets each time. It serves `wrk`, which says no
//! more before it is answered, and nobody else.

use super::{say, wait};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// As long as what `pool` and `reactor` answer.
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 00:00:00 GMT\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Length: 13\r\n\r\nhello, world\n";

/// Serves with so many threads, each with its share of the connections, until standard input ends.
pub fn serve(threads: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    say(listener.local_addr().expect("an address"));
    let polls: Vec<_> = (0..threads).map(|_| Poll::new()).collect();
    let polls: &'static [Poll] = Vec::leak(polls);
    for poll in polls {
        std::thread::spawn(|| poll.run());
    }
    std::thread::spawn(move || {
        for (turn, stream) in listener.incoming().enumerate() {
            let stream = stream.expect("a client");
            stream.set_nodelay(true).expect("a socket");
            stream.set_nonblocking(true).expect("a socket");
            polls[turn % polls.len()].add(stream);
        }
    });
    wait();
}

struct Poll(OwnedFd);

impl Poll {
    fn new() -> Self {
        // SAFETY: the call takes no pointer, and the descriptor that it gives is nobody else's.
        let poll = unsafe {
            let poll = libc::epoll_create1(0);
            assert!(poll >= 0, "no epoll");
            OwnedFd::from_raw_fd(poll)
        };
        Self(poll)
    }

    fn add(&self, stream: TcpStream) {
        let stream = Box::new(stream);
        let descriptor = stream.as_raw_fd();
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: Box::into_raw(stream) as u64 };
        // SAFETY: the event is a live one of this frame.
        let added = unsafe { libc::epoll_ctl(self.0.as_raw_fd(), libc::EPOLL_CTL_ADD, descriptor, &mut event) };
        assert_eq!(added, 0, "the socket can't be waited for");
    }

    fn run(&self) {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 64];
        let mut asked = [0; 4096];
        loop {
            // SAFETY: the events are this frame's, and as many as the call is told.
            let ready = unsafe { libc::epoll_wait(self.0.as_raw_fd(), events.as_mut_ptr(), 64, -1) };
            for event in &events[..usize::try_from(ready).unwrap_or(0)] {
                let stream = event.u64 as *mut TcpStream;
                // SAFETY: `add` gave the stream away, and only this thread has it until its end below.
                let gone = unsafe {
                    match (*stream).read(&mut asked) {
                        Ok(1..) => (*stream).write_all(ANSWER).is_err(),
                        _ => true,
                    }
                };
                if gone {
                    // SAFETY: as above; closing takes it out of the epoll, so no event names it again.
                    drop(unsafe { Box::from_raw(stream) });
                }
            }
        }
    }
}
