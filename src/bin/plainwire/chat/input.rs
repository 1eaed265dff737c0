//! What happens at the terminal: lines, their end, Ctrl-C.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{self, BufRead as _, Read as _};
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// What the person does.
pub(super) enum Input {
    /// Typed a line, given without its end.
    Line(Vec<u8>, Taken),
    /// Ended the input, or pressed Ctrl-C.
    End,
    /// A datagram came, for whoever listens to a group.
    Packet(Vec<u8>),
}

/// Goes with a line; dropped, it lets the next one be read.
pub(super) struct Taken(Sender<()>);

impl Drop for Taken {
    fn drop(&mut self) {
        // Nobody reads any more where the input has ended.
        let _over = self.0.send(());
    }
}

/// How many lines are read ahead of what the server takes: a file of any size may be the input.
const AHEAD: usize = 256;

/// Tells of lines that are longer than `longest` as if they ended one octet behind it: whoever takes them refuses them.
/// `wake` is called after each.
pub(super) fn start(longest: usize, tell: &Sender<Input>, wake: impl Fn() + Clone + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let (interrupt, ring) = (tell.clone(), wake.clone());
    thread::Builder::new().name("signals".to_string()).spawn(move || {
        let mut pressed = signals.forever();
        pressed.next();
        // Nobody takes it any more where the end has come meanwhile.
        let _over = interrupt.send(Input::End);
        ring();
        // Whoever presses it once more does not want to wait for a goodbye.
        pressed.next();
        std::process::exit(130);
    })?;
    let tell = tell.clone();
    thread::Builder::new().name("input".to_string()).spawn(move || {
        let mut input = io::stdin().lock();
        let (taken, wait) = channel();
        let mut ahead = 0;
        loop {
            while ahead > 0 && (ahead == AHEAD || wait.try_recv().is_ok()) {
                if ahead == AHEAD && wait.recv().is_err() {
                    return;
                }
                ahead -= 1;
            }
            let mut line = Vec::new();
            let limit = longest as u64 + 3;
            let told = match input.by_ref().take(limit).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => Input::End,
                Ok(_) => {
                    if line.last() != Some(&b'\n') && line.len() as u64 == limit {
                        skip(&mut input);
                    }
                    while matches!(line.last(), Some(b'\n' | b'\r')) {
                        line.pop();
                    }
                    ahead += 1;
                    Input::Line(line, Taken(taken.clone()))
                }
            };
            let over = matches!(told, Input::End);
            if tell.send(told).is_err() {
                return;
            }
            wake();
            if over {
                return;
            }
        }
    })?;
    Ok(())
}

/// Passes over the rest of a line.
fn skip(input: &mut impl io::BufRead) {
    loop {
        let (used, found) = match input.fill_buf() {
            Ok([]) | Err(_) => return,
            Ok(octets) => match octets.iter().position(|&octet| octet == b'\n') {
                Some(at) => (at + 1, true),
                None => (octets.len(), false),
            },
        };
        input.consume(used);
        if found {
            return;
        }
    }
}
