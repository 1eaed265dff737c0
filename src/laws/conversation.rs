//! One engine and its caller, driven through bytes in every way that must not matter.

use super::story::{smallest, total};
use super::{Law, STILL, Story, WORK_AT_REST, WORK_PER_DRIP, WORK_PER_OCTET, single_cuts};
use crate::engine::{Detach, Engine, Handler, Status};
use crate::work;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use bytes::BytesMut;
use core::fmt;

/// What comes after the last octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Nothing: the peer is silent, the connection stays.
    Stays,
    /// The peer's side ends.
    Eof,
}

/// One thing that an engine told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// An event, by its `Debug` form. What that form leaves out, a secret or a whole head, is compared all the same: by
    /// the slices that [`Detach`] takes out of the event.
    Event(String),
    /// Bulk data: adjacent events with [`octets`](Engine::octets) are one entry.
    Octets(Vec<u8>),
}

/// All that can be seen of a conversation from outside.
pub struct Log<E: Engine> {
    /// What was told, in order.
    pub events: Vec<Entry>,
    /// The slices of each event, as `events`; bulk data stands there.
    slices: Vec<Vec<Vec<u8>>>,
    /// What was said to the peer, by the engine and by the caller's commands.
    pub out: Vec<u8>,
    /// The error that ended it.
    pub error: Option<E::Error>,
    /// What was not taken.
    pub left: Vec<u8>,
    /// Where it stands.
    pub status: Status,
}

impl<E: Engine> Log<E> {
    pub(super) fn new() -> Self {
        let (events, slices, out, left) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { events, slices, out, error: None, left, status: Status::Open }
    }

    /// The first thing in which `other` differs, as a pair of descriptions.
    pub(super) fn difference(&self, other: &Self) -> Option<(String, String)> {
        if self.events != other.events {
            let at = self.events.iter().zip(&other.events).take_while(|(a, b)| a == b).count();
            let of = |log: &Self| format!("event {at}: {:?}", log.events.get(at));
            return Some((of(self), of(other)));
        }
        if let Some(at) = self.slices.iter().zip(&other.slices).position(|(a, b)| a != b) {
            let of = |log: &Self| {
                let slices: Vec<String> =
                    log.slices[at].iter().map(|slice| format!("{}", slice.escape_ascii())).collect();
                format!("event {at}: {:?} of {slices:?}", log.events.get(at))
            };
            return Some((of(self), of(other)));
        }
        if self.error != other.error {
            return Some((format!("error {:?}", self.error), format!("error {:?}", other.error)));
        }
        if self.out != other.out {
            let of = |log: &Self| format!("output \"{}\"", log.out.escape_ascii());
            return Some((of(self), of(other)));
        }
        if self.left != other.left {
            let of = |log: &Self| format!("left \"{}\"", log.left.escape_ascii());
            return Some((of(self), of(other)));
        }
        if self.status != other.status {
            return Some((format!("{:?}", self.status), format!("{:?}", other.status)));
        }
        None
    }
}

impl<E: Detach> Log<E>
where
    for<'i> E::Event<'i>: Clone,
{
    pub(super) fn told(&mut self, event: &E::Event<'_>) {
        let octets = E::octets(event);
        record(&mut self.events, octets, event);
        if octets.is_none() {
            // Where bulk data stands, nothing is to be compared here.
            self.slices.resize(self.events.len() - 1, Vec::new());
            self.slices.push(slices::<E>(event).into_iter().map(<[u8]>::to_vec).collect());
        }
    }
}

/// Every slice that an event holds.
fn slices<'i, E: Detach>(event: &E::Event<'i>) -> Vec<&'i [u8]>
where
    E::Event<'i>: Clone,
{
    let mut slices = Vec::new();
    E::detach(event.clone(), |slice| slices.push(slice));
    slices
}

impl<E: Engine> fmt::Debug for Log<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("events", &self.events)
            .field("out", &format_args!("\"{}\"", self.out.escape_ascii()))
            .field("error", &self.error)
            .field("left", &format_args!("\"{}\"", self.left.escape_ascii()))
            .field("status", &self.status)
            .finish()
    }
}

/// Adds an event to a list, joining bulk data to bulk data.
pub(super) fn record(events: &mut Vec<Entry>, octets: Option<&[u8]>, event: &dyn fmt::Debug) {
    match (octets, events.last_mut()) {
        (Some(piece), Some(Entry::Octets(all))) => all.extend_from_slice(piece),
        (Some(piece), _) => events.push(Entry::Octets(piece.to_vec())),
        (None, _) => events.push(Entry::Event(format!("{event:?}"))),
    }
}

/// `part` lies inside `whole`, or is empty. Addresses are compared, nothing is dereferenced.
pub(super) fn lies_inside(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    part.start == part.end || (whole.start <= part.start && part.end <= whole.end)
}

/// How a conversation is driven. None of it may show in the log.
#[derive(Clone, Debug)]
struct Plan {
    /// Where the stream is cut, ascending.
    cuts: Vec<usize>,
    /// The output mark.
    mark: usize,
    /// How often a paused engine's caller is passed over before it is asked.
    late: usize,
    /// Never more than `window()` octets in the buffer.
    windowed: bool,
}

impl Plan {
    fn whole() -> Self {
        Self { cuts: Vec::new(), mark: usize::MAX, late: 0, windowed: false }
    }

    fn cut(cuts: Vec<usize>) -> Self {
        Self { cuts, ..Self::whole() }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cuts[..] {
            [] => f.write_str("uncut")?,
            [at] => write!(f, "cut at {at}")?,
            cuts if cuts.iter().enumerate().all(|(index, at)| *at == index + 1) => f.write_str("octet by octet")?,
            cuts => write!(f, "cut at {cuts:?}")?,
        }
        if self.mark != usize::MAX {
            write!(f, ", output mark {}", self.mark)?;
        }
        if self.late > 0 {
            write!(f, ", answered {} asks late", self.late)?;
        }
        if self.windowed {
            f.write_str(", a buffer of window() octets")?;
        }
        Ok(())
    }
}

struct Conversation<'s, E: Engine, H> {
    engine: E,
    handler: H,
    stream: &'s [u8],
    plan: &'s Plan,
    /// The part of the stream that has come but was not taken: `stream[taken..come]`.
    taken: usize,
    come: usize,
    out: BytesMut,
    log: Log<E>,
    passed_over: usize,
    ended: bool,
}

impl<'s, E: Detach, H: Handler<E>> Conversation<'s, E, H>
where
    for<'i> E::Event<'i>: Clone,
{
    fn new((engine, handler): (E, H), stream: &'s [u8], plan: &'s Plan) -> Self {
        Self {
            engine,
            handler,
            stream,
            plan,
            taken: 0,
            come: 0,
            out: BytesMut::new(),
            log: Log::new(),
            passed_over: 0,
            ended: false,
        }
    }

    fn broken(&self, law: Law, expected: impl fmt::Display, found: impl fmt::Display) -> Story {
        let how = format!("{}, {} octets taken of {} come", self.plan, self.taken, self.come);
        Story::new(law, self.stream, how, expected, found)
    }

    fn run(&mut self, ending: Ending) -> Result<(), Story> {
        self.drain()?;
        if self.plan.windowed {
            while self.come < self.stream.len() && self.log.error.is_none() {
                let room = self.engine.window().saturating_sub(self.come - self.taken);
                if room == 0 {
                    break; // paused or over: nothing will move before an answer, and none came
                }
                self.come = self.stream.len().min(self.come + room);
                self.drain()?;
            }
        } else {
            for at in self.plan.cuts.iter().copied().chain([self.stream.len()]) {
                self.come = at.clamp(self.come, self.stream.len());
                self.drain()?;
                if self.log.error.is_some() {
                    break;
                }
            }
        }
        if ending == Ending::Eof && self.log.error.is_none() {
            self.engine.eof();
            self.ended = true;
            self.drain()?;
        }
        // Whoever was passed over is asked at last, and so is whoever is next behind that answer.
        let mut silent = 0;
        while silent < self.plan.late {
            let before = (self.taken, self.log.events.len(), self.log.out.len());
            self.drain()?;
            let moved = before != (self.taken, self.log.events.len(), self.log.out.len());
            silent = if moved { 0 } else { silent + 1 };
        }
        self.flush();
        self.log.left = self.stream[self.taken..].to_vec();
        self.log.status = self.engine.status();
        Ok(())
    }

    fn flush(&mut self) {
        self.log.out.extend_from_slice(&self.out);
        self.out.clear();
    }

    /// Takes what there is and asks the caller, until neither has more to say.
    fn drain(&mut self) -> Result<(), Story> {
        let mut silent_promises = 0;
        while self.log.error.is_none() {
            self.take_events()?;
            if self.log.error.is_some() {
                break;
            }
            if self.out.len() > self.plan.mark / 2 {
                self.flush();
            }
            if self.engine.status() == Status::Paused && self.passed_over < self.plan.late {
                self.passed_over += 1;
                break;
            }
            self.passed_over = 0;
            let before = self.out.len();
            if !self.handler.more(&mut self.engine, &mut self.out) {
                break;
            }
            silent_promises = if self.out.len() == before { silent_promises + 1 } else { 0 };
            if silent_promises > STILL {
                return Err(self.broken(Law::Progress, "a handler that comes to an end", "`more` says yes for ever"));
            }
        }
        self.flush();
        Ok(())
    }

    fn take_events(&mut self) -> Result<(), Story> {
        let mut still = 0;
        loop {
            if self.out.len() >= self.plan.mark {
                self.flush();
            }
            let before = &self.stream[self.taken..self.come];
            let status = self.engine.status();
            if status == Status::Paused && self.engine.patience().limit.is_some() {
                return Err(self.broken(Law::Paused, "no clock while paused", "a limit"));
            }
            let mut input = before;
            let said = self.out.len();
            let told = self.engine.recv(&mut input, &mut self.out);
            if input.len() > before.len() || input.as_ptr_range().end != before.as_ptr_range().end {
                return Err(self.broken(Law::Inside, "a rest of the input", "another slice in `input`"));
            }
            let moved = before.len() - input.len();
            let spoke = self.out.len() != said;
            match status {
                Status::Paused if moved > 0 || spoke || !matches!(told, Ok(None)) => {
                    return Err(self.broken(Law::Paused, "still while paused", format_args!("{told:?}")));
                }
                Status::Closed if moved > 0 || spoke || !matches!(told, Ok(None)) => {
                    return Err(self.broken(Law::Fused, "silent once closed", format_args!("{told:?}")));
                }
                _ => {}
            }
            match told {
                Ok(Some(event)) => {
                    let bulk = E::octets(&event).into_iter();
                    let strange = bulk.chain(slices::<E>(&event)).find(|slice| !lies_inside(slice, &before[..moved]));
                    if let Some(strange) = strange {
                        let found = format!("\"{}\" from elsewhere", strange.escape_ascii());
                        return Err(self.broken(Law::Inside, "slices of what was taken", found));
                    }
                    self.log.told(&event);
                    let said = self.out.len();
                    self.handler.event(&mut self.engine, event, &mut self.out);
                    self.taken += moved;
                    still = if moved > 0 || spoke || self.out.len() != said { 0 } else { still + 1 };
                    if still > STILL {
                        return Err(self.broken(Law::Progress, "an event that moves something", "events for ever"));
                    }
                }
                Ok(None) => {
                    self.taken += moved;
                    if moved > 0 || spoke {
                        continue;
                    }
                    return self.at_rest(before);
                }
                Err(error) => {
                    self.taken += moved;
                    return self.fused(error);
                }
            }
        }
    }

    /// `None` moved nothing: it has to be a fixed point, and the buffer must not have been full.
    fn at_rest(&mut self, before: &[u8]) -> Result<(), Story> {
        let mut input = before;
        let said = self.out.len();
        let told = self.engine.recv(&mut input, &mut self.out);
        if !matches!(told, Ok(None)) || input.len() != before.len() || self.out.len() != said {
            let told = format!("{told:?}");
            return Err(self.broken(Law::Progress, "None again", told));
        }
        let window = self.engine.window();
        if self.engine.status().reads() && before.len() >= window {
            let found = format!("still with {} octets, window() is {window}", before.len());
            return Err(self.broken(Law::Bounded, "a full window moves or fails", found));
        }
        Ok(())
    }

    fn fused(&mut self, error: E::Error) -> Result<(), Story> {
        for _ in 0..2 {
            let before = &self.stream[self.taken..self.come];
            let mut input = before;
            let said = self.out.len();
            let again = self.engine.recv(&mut input, &mut self.out);
            if again.as_ref().err() != Some(&error) || input.len() != before.len() || self.out.len() != said {
                let (expected, again) = (format!("{error:?} again, in silence"), format!("{again:?}"));
                return Err(self.broken(Law::Fused, expected, again));
            }
        }
        self.log.error = Some(error);
        Ok(())
    }
}

fn run<E: Detach, H: Handler<E>>(
    make: &impl Fn() -> (E, H),
    stream: &[u8],
    ending: Ending,
    plan: &Plan,
) -> Result<Log<E>, Story>
where
    for<'i> E::Event<'i>: Clone,
{
    total(stream, &format!("{plan}"), || {
        let mut conversation = Conversation::new(make(), stream, plan);
        conversation.run(ending)?;
        Ok(conversation.log)
    })
}

/// Drives a machine through `stream` once, uncut, and tells what was seen. The laws that need one run only are judged.
///
/// # Errors
///
/// The law that was broken.
pub fn observe<E: Detach, H: Handler<E>>(
    make: impl Fn() -> (E, H),
    stream: &[u8],
    ending: Ending,
) -> Result<Log<E>, Story>
where
    for<'i> E::Event<'i>: Clone,
{
    run(&make, stream, ending, &Plan::whole())
}

/// Judges a machine on `stream` by every law that one side alone can break: Split, Total, Bounded, Linear, Progress,
/// Fused, Inside, Paused and Marks.
///
/// The stream is given whole, octet by octet, cut once everywhere, cut twice where it is short, through a buffer of
/// [`window`](Engine::window) octets, under output marks of 1 and 64 octets, and with answers that come one and two
/// asks late. Handlers that answer in [`more`](Handler::more) are the ones whose lateness is tried.
///
/// # Errors
///
/// The law that was broken, in its smallest story.
pub fn judge<E: Detach, H: Handler<E>>(
    make: impl Fn() -> (E, H),
    stream: &[u8],
    ending: Ending,
) -> Result<Log<E>, Story>
where
    for<'i> E::Event<'i>: Clone,
{
    judge_all(&make, stream, ending)
        .map_err(|story| smallest(story, |shorter| judge_all(&make, shorter, ending).map(drop)))
}

/// As [`judge`] with one chosen set of cuts beside whole and octet by octet: what a fuzz target can afford.
///
/// `mark` is the output mark and `late` the number of asks that an answer comes late.
///
/// # Errors
///
/// The law that was broken, in its smallest story.
pub fn judge_cut<E: Detach, H: Handler<E>>(
    make: impl Fn() -> (E, H),
    stream: &[u8],
    ending: Ending,
    cuts: &[usize],
    mark: usize,
    late: usize,
) -> Result<Log<E>, Story>
where
    for<'i> E::Event<'i>: Clone,
{
    let judge = |stream: &[u8]| {
        let mut cuts: Vec<usize> = cuts.iter().copied().filter(|at| *at < stream.len()).collect();
        cuts.sort_unstable();
        let plans = [Plan { cuts, mark: mark.max(1), late, windowed: false }, drip(stream.len())];
        judge_plans(&make, stream, ending, plans.into_iter())
    };
    judge(stream).map_err(|story| smallest(story, |shorter| judge(shorter).map(drop)))
}

fn drip(len: usize) -> Plan {
    Plan::cut((1..len).collect())
}

fn judge_all<E: Detach, H: Handler<E>>(
    make: &impl Fn() -> (E, H),
    stream: &[u8],
    ending: Ending,
) -> Result<Log<E>, Story>
where
    for<'i> E::Event<'i>: Clone,
{
    const TWICE: usize = 16;
    let singles = single_cuts(stream.len()).map(|at| Plan::cut(Vec::from([at])));
    let len = if stream.len() <= TWICE { stream.len() } else { 0 };
    let doubles =
        (1..len).flat_map(move |first| (first + 1..len).map(move |second| Plan::cut(Vec::from([first, second]))));
    let marks = [1, 64].map(|mark| Plan { mark, ..Plan::whole() });
    let late = [1, 2].map(|late| Plan { late, ..drip(stream.len()) });
    let windowed = [Plan { windowed: true, ..Plan::whole() }];
    let cuts = singles.chain(doubles).chain([drip(stream.len())]);
    let plans = marks.into_iter().chain(cuts).chain(late).chain(windowed);
    judge_plans(make, stream, ending, plans)
}

fn judge_plans<E: Detach, H: Handler<E>>(
    make: &impl Fn() -> (E, H),
    stream: &[u8],
    ending: Ending,
    plans: impl Iterator<Item = Plan>,
) -> Result<Log<E>, Story>
where
    for<'i> E::Event<'i>: Clone,
{
    let (whole_work, whole) = work::count(|| run(make, stream, ending, &Plan::whole()));
    let whole = whole?;
    let octets = stream.len() as u64;
    let allowed = WORK_PER_OCTET * octets + WORK_AT_REST;
    if whole_work > allowed {
        let (expected, found) = (format!("at most {allowed} octets looked at"), format!("{whole_work}"));
        return Err(Story::new(Law::Linear, stream, "uncut", expected, found));
    }
    for plan in plans {
        let (plan_work, other) = work::count(|| run(make, stream, ending, &plan));
        let other = other?;
        if let Some((expected, found)) = whole.difference(&other) {
            let law = if plan.mark != usize::MAX || plan.late > 0 { Law::Marks } else { Law::Split };
            return Err(Story::new(law, stream, &plan, expected, found));
        }
        let pieces = plan.cuts.len() as u64 + 1;
        let allowed = 2 * whole_work + WORK_PER_DRIP * pieces + 2 * octets + WORK_AT_REST;
        // A cut may look again at one element; only the drip adds up to a verdict on looking again at all of them.
        if pieces >= octets && plan_work > allowed {
            let (expected, found) = (format!("at most {allowed} octets looked at"), format!("{plan_work}"));
            return Err(Story::new(Law::Linear, stream, &plan, expected, found));
        }
    }
    Ok(whole)
}

/// Judges a machine's deadlines at every prefix of `stream`: after `expire` and a drain there is an error, an end, or a
/// new phase; without a clock running there is nothing.
///
/// # Errors
///
/// [`Law::Time`], or any law that one run can break.
pub fn judge_expiry<E: Detach, H: Handler<E>>(make: impl Fn() -> (E, H), stream: &[u8]) -> Result<(), Story>
where
    for<'i> E::Event<'i>: Clone,
{
    let ends = [0, stream.len()];
    for end in single_cuts(stream.len()).chain(ends) {
        let prefix = &stream[..end];
        total(prefix, "expired at its end", || expire_at(&make, prefix))?;
    }
    Ok(())
}

fn expire_at<E: Detach, H: Handler<E>>(make: &impl Fn() -> (E, H), prefix: &[u8]) -> Result<(), Story>
where
    for<'i> E::Event<'i>: Clone,
{
    let plan = Plan::whole();
    let mut conversation = Conversation::new(make(), prefix, &plan);
    conversation.run(Ending::Stays)?;
    if conversation.log.error.is_some() {
        return Ok(());
    }
    let (status, patience) = (conversation.engine.status(), conversation.engine.patience());
    let (events, out) = (conversation.log.events.len(), conversation.log.out.len());
    conversation.engine.expire();
    conversation.drain()?;
    let after = (conversation.engine.status(), conversation.engine.patience());
    let told = conversation.log.events.len() - events;
    let said = conversation.log.out.len() - out;
    let failed = conversation.log.error.is_some();
    if patience.limit.is_none() {
        if after != (status, patience) || told > 0 || said > 0 || failed {
            let found = format!("{after:?}, {told} events, {said} octets");
            return Err(conversation.broken(Law::Time, "nothing, for no clock was running", found));
        }
    } else if !failed && !after.0.over() && after.1.phase == patience.phase {
        let found = format!("{status:?}, {patience:?} as before");
        return Err(conversation.broken(Law::Time, "an error, an end or a new phase", found));
    }
    Ok(())
}
