//! Driving an engine from a transcript.

use super::text;
use super::{End, Part, Recorder, Step, Style, Transcript};
use crate::engine::{Engine, Handler, Tap, turn};
use alloc::string::String;
use alloc::vec::Vec;
use bytes::{Buf, BytesMut};

/// The first line in which an engine departed from its transcript.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}:\n  expected: {expected}\n  found:    {found}")]
pub struct Difference {
    /// The line of the transcript's text, from 1; one past the last where the engine went on.
    pub line: usize,
    /// The first differing column in characters, from 1.
    pub column: usize,
    /// The line as it stands in the transcript; empty where the transcript had ended.
    pub expected: String,
    /// The line as it came out; empty where the engine had stopped.
    pub found: String,
}

/// What of a conversation a replay compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compared {
    /// What the engine tells and everything that its end says, commands of the caller too.
    All,
    /// What the engine tells, and how it fails: where the caller's own words can't be had again.
    Told,
}

/// As [`replay_compared`], with everything compared.
///
/// # Errors
///
/// The first difference.
pub fn replay<E: Engine>(
    transcript: &Transcript,
    end: End,
    engine: &mut E,
    handler: &mut (impl Handler<E> + ?Sized),
    style: &Style,
) -> Result<(), Difference> {
    replay_compared(transcript, end, engine, handler, style, Compared::All)
}

/// Gives `engine`, which is `end` of the conversation, what its peer said, when it said it, and compares what the engine
/// tells and says with the transcript, line by line.
///
/// Both are compared as `style` prints them, so a redacted transcript replays too: what was left out is stood in for, and
/// only its presence is compared. Where no octets are left out, bulk data is compared octet by octet, however long.
///
/// # Errors
///
/// The first difference.
pub fn replay_compared<E: Engine>(
    transcript: &Transcript,
    end: End,
    engine: &mut E,
    handler: &mut (impl Handler<E> + ?Sized),
    style: &Style,
    what: Compared,
) -> Result<(), Difference> {
    let found = rerun(transcript, end, engine, handler);
    let leaves_out = |step: &Step| match step {
        Step::Said { parts, .. } => parts.iter().any(|part| matches!(part, Part::Omitted(_))),
        _ => false,
    };
    let bulk = if transcript.steps.iter().any(leaves_out) { style.bulk } else { usize::MAX };
    let style = &Style { bulk, ..style.clone() };
    let tells = transcript.steps.iter().any(|step| matches!(step, Step::Told { .. }));
    let compared = |transcript: &Transcript| -> Vec<(usize, String)> {
        let lines = text::print(transcript, style).into_iter();
        let said = |line: &str| line.starts_with("C:") || line.starts_with("S:");
        let compared = |line: &str| is_compared(line) && (tells || !line.starts_with(">>"));
        lines.filter(|(_, line)| compared(line) && (what == Compared::All || !said(line))).collect()
    };
    let (expected, found) = (compared(transcript), compared(&found));
    for index in 0..expected.len().max(found.len()) {
        let line = |lines: &[(usize, String)]| lines.get(index).map(|(_, line)| line.clone()).unwrap_or_default();
        let (wanted, came) = (line(&expected), line(&found));
        if wanted != came {
            let same = wanted.chars().zip(came.chars()).take_while(|(a, b)| a == b).count();
            let after_last = || expected.last().map_or(1, |(line, _)| line + 1);
            let line = expected.get(index).map_or_else(after_last, |(line, _)| *line);
            return Err(Difference { line, column: same + 1, expected: wanted, found: came });
        }
    }
    Ok(())
}

/// Comments, cuts and names of engines are not what an engine does.
fn is_compared(line: &str) -> bool {
    !line.starts_with('#') && line != "-- cut" && !line.starts_with("-- engine:")
}

fn rerun<E: Engine>(
    transcript: &Transcript,
    end: End,
    engine: &mut E,
    handler: &mut (impl Handler<E> + ?Sized),
) -> Transcript {
    const HIGH: usize = 1 << 16;
    const PIECE: usize = 1 << 16;
    let mut recorder = Recorder::new(end);
    let (mut rx, mut tx) = (BytesMut::new(), BytesMut::new());
    let mut failed = false;
    let mut drain = |engine: &mut E, rx: &mut BytesMut, recorder: &mut Recorder| {
        while !failed {
            let mut input = &rx[..];
            let again = turn(engine, &mut input, &mut tx, HIGH, handler, recorder);
            let used = rx.len() - input.len();
            rx.advance(used);
            tx.clear();
            match again {
                Ok(true) => {}
                Ok(false) => return,
                Err(_) => failed = true,
            }
        }
    };
    drain(engine, &mut rx, &mut recorder);
    for step in &transcript.steps {
        match step {
            Step::Said { end: who, parts } if *who == end.peer() => {
                for part in parts {
                    let Part::Omitted(len) = part else {
                        let mut octets = Vec::new();
                        part.stand_in(&mut octets);
                        rx.extend_from_slice(&octets);
                        continue;
                    };
                    // Piece by piece, as long as somebody takes it: the number may be anything.
                    let mut left = *len;
                    while left > 0 && rx.len() < 2 * PIECE {
                        let piece = left.min(PIECE);
                        left -= piece;
                        rx.resize(rx.len() + piece, b'x');
                        drain(engine, &mut rx, &mut recorder);
                    }
                }
            }
            Step::Ended(who) if *who == end.peer() => {
                Tap::<E>::ended(&mut recorder);
                engine.eof();
            }
            Step::Expired(who) if *who == end => {
                Tap::<E>::expired(&mut recorder);
                engine.expire();
            }
            Step::Cut => {
                // Bulk data on both sides of a cut is told twice.
                recorder.note(Step::Cut);
                continue;
            }
            _ => continue,
        }
        drain(engine, &mut rx, &mut recorder);
    }
    recorder.finish()
}
