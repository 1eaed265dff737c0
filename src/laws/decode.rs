//! The laws for machines that only listen.

use super::conversation::{lies_inside, record};
use super::story::{smallest, total};
use super::{Ending, Entry, Law, STILL, Story, WORK_AT_REST, WORK_PER_DRIP, WORK_PER_OCTET, single_cuts};
use crate::engine::Decode;
use crate::work;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// All that can be seen of a decoder from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodeLog<E> {
    /// What was told, in order.
    pub events: Vec<Entry>,
    /// The error that ended it.
    pub error: Option<E>,
    /// What was not taken.
    pub left: Vec<u8>,
    /// Whether the stream told its end.
    pub over: bool,
}

/// Judges a decoder on `stream` by Split, Total, Bounded, Linear, Progress, Fused and Inside; see [`judge`](super::judge).
///
/// Events are compared as values, whatever their `Debug` form leaves out.
///
/// # Errors
///
/// The law that was broken, in its smallest story.
pub fn judge_decode<D: Decode>(
    make: impl Fn() -> D,
    stream: &[u8],
    ending: Ending,
) -> Result<DecodeLog<D::Error>, Story>
where
    for<'i> D::Event<'i>: PartialEq,
{
    judge_all(&make, stream, ending)
        .map_err(|story| smallest(story, |shorter| judge_all(&make, shorter, ending).map(drop)))
}

fn judge_all<'s, D: Decode>(
    make: &impl Fn() -> D,
    stream: &'s [u8],
    ending: Ending,
) -> Result<DecodeLog<D::Error>, Story>
where
    for<'i> D::Event<'i>: PartialEq,
{
    let (whole_work, whole) = counted(make, stream, ending, &[], "uncut");
    let (whole, values) = whole?;
    let octets = stream.len() as u64;
    let linear = |how: &str, allowed: u64, found: u64| {
        if found <= allowed {
            return Ok(());
        }
        let (expected, found) = (format!("at most {allowed} octets looked at"), format!("{found}"));
        Err(Story::new(Law::Linear, stream, how, expected, found))
    };
    linear("uncut", WORK_PER_OCTET * octets + WORK_AT_REST, whole_work)?;
    let same = |how: &str, (other, others): Heard<'s, D>| {
        let (expected, found) = if other != whole {
            difference(&whole, &other)
        } else if let Some(at) = values.iter().zip(&others).position(|(value, other)| value != other) {
            let differs = "is another, though it looks the same";
            (format!("event {at} of those that are no bulk data: {:?}", values[at]), String::from(differs))
        } else {
            return Ok(());
        };
        Err(Story::new(Law::Split, stream, how, expected, found))
    };
    for at in single_cuts(stream.len()) {
        let how = format!("cut at {at}");
        same(&how, counted(make, stream, ending, &[at], &how).1?)?;
    }
    let drip: Vec<usize> = (1..stream.len()).collect();
    let (drip_work, dripped) = counted(make, stream, ending, &drip, "octet by octet");
    same("octet by octet", dripped?)?;
    linear("octet by octet", 2 * whole_work + (WORK_PER_DRIP + 2) * octets + WORK_AT_REST, drip_work)?;
    Ok(whole)
}

fn difference<E: core::fmt::Debug + PartialEq>(whole: &DecodeLog<E>, other: &DecodeLog<E>) -> (String, String) {
    if whole.events != other.events {
        let at = whole.events.iter().zip(&other.events).take_while(|(a, b)| a == b).count();
        let of = |log: &DecodeLog<E>| format!("event {at}: {:?}", log.events.get(at));
        return (of(whole), of(other));
    }
    let of =
        |log: &DecodeLog<E>| format!("error {:?}, left \"{}\", over {}", log.error, log.left.escape_ascii(), log.over);
    (of(whole), of(other))
}

/// What was seen, and the events themselves where they are no bulk data.
type Heard<'s, D> = (DecodeLog<<D as Decode>::Error>, Vec<<D as Decode>::Event<'s>>);

/// One run, and the octets that were looked at in it.
fn counted<'s, D: Decode>(
    make: &impl Fn() -> D,
    stream: &'s [u8],
    ending: Ending,
    cuts: &[usize],
    how: &str,
) -> (u64, Result<Heard<'s, D>, Story>) {
    work::count(|| total(stream, how, || run(make(), stream, ending, cuts, how)))
}

fn run<'s, D: Decode>(
    mut decoder: D,
    stream: &'s [u8],
    ending: Ending,
    cuts: &[usize],
    how: &str,
) -> Result<Heard<'s, D>, Story> {
    let mut values = Vec::new();
    let mut log = DecodeLog { events: Vec::new(), error: None, left: Vec::new(), over: false };
    let mut taken = 0;
    let pieces = cuts.iter().copied().chain([stream.len()]).map(Some);
    let ending = (ending == Ending::Eof).then_some(None);
    for piece in pieces.chain(ending) {
        let come = piece.unwrap_or(stream.len());
        if piece.is_none() {
            decoder.eof();
        }
        drain(&mut decoder, &stream[..come], &mut taken, &mut log, &mut values)
            .map_err(|(law, expected, found)| Story::new(law, stream, how, expected, found))?;
        if log.error.is_some() {
            break;
        }
    }
    log.left = stream[taken..].to_vec();
    log.over = decoder.over();
    Ok((log, values))
}

type Broken = (Law, &'static str, String);

fn drain<'s, D: Decode>(
    decoder: &mut D,
    come: &'s [u8],
    taken: &mut usize,
    log: &mut DecodeLog<D::Error>,
    values: &mut Vec<D::Event<'s>>,
) -> Result<(), Broken> {
    let mut still = 0;
    loop {
        let before = &come[*taken..];
        let was_over = decoder.over();
        let mut input = before;
        let told = decoder.recv(&mut input);
        if input.len() > before.len() || input.as_ptr_range().end != before.as_ptr_range().end {
            return Err((Law::Inside, "a rest of the input", "another slice in `input`".into()));
        }
        let moved = before.len() - input.len();
        *taken += moved;
        if was_over && (moved > 0 || !matches!(told, Ok(None))) {
            return Err((Law::Fused, "silent once over", format!("{told:?}")));
        }
        match told {
            Ok(Some(event)) => {
                let octets = D::octets(&event);
                if octets.is_some_and(|octets| !lies_inside(octets, &before[..moved])) {
                    return Err((Law::Inside, "octets of what was taken", format!("{event:?}")));
                }
                record(&mut log.events, octets, &event);
                if octets.is_none() {
                    values.push(event);
                }
                still = if moved > 0 { 0 } else { still + 1 };
                if still > STILL {
                    return Err((Law::Progress, "an event that moves something", "events for ever".into()));
                }
            }
            Ok(None) if moved > 0 => {}
            Ok(None) => {
                let mut again = before;
                let told = decoder.recv(&mut again);
                if !matches!(told, Ok(None)) || again.len() != before.len() {
                    return Err((Law::Progress, "None again", format!("{told:?}")));
                }
                if !decoder.over() && before.len() >= decoder.window() {
                    let found = format!("still with {} octets, window() is {}", before.len(), decoder.window());
                    return Err((Law::Bounded, "a full window moves or fails", found));
                }
                return Ok(());
            }
            Err(error) => {
                for _ in 0..2 {
                    let before = &come[*taken..];
                    let mut input = before;
                    let again = decoder.recv(&mut input);
                    if again.as_ref().err() != Some(&error) || input.len() != before.len() {
                        return Err((Law::Fused, "the same error again", format!("{again:?}")));
                    }
                }
                log.error = Some(error);
                return Ok(());
            }
        }
    }
}
