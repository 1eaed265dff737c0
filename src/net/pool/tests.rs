//! What only a pool can get wrong: threads that share connections, and handlers that hold them.

use super::schedule::{News, Schedule};
use super::{Shared, launch};
use crate::engine::Handler;
use crate::net::server::{Conversation, Link, Options, Port, Running, Service};
use crate::net::tests::toy::{Lines, echo};
use crate::net::{Party, Waker, talk};
use bytes::BytesMut;
use proptest::prelude::*;
use std::boxed::Box;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::string::String;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use std::vec;
use std::vec::Vec;

fn serve(service: impl Service, options: Options) -> (Running, Arc<Shared>) {
    launch(vec![Port::bind("127.0.0.1:0", service).unwrap()], options).unwrap()
}

fn connect(running: &Running) -> TcpStream {
    let stream = TcpStream::connect(running.addresses()[0]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn line(stream: &mut TcpStream) -> String {
    let mut line = Vec::new();
    let mut octet = [0];
    while stream.read(&mut octet).unwrap() == 1 && octet[0] != b'\n' {
        line.push(octet[0]);
    }
    String::from_utf8(line).unwrap()
}

/// Looks again and again, with the processor left to others in between.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let due = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < due, "never came: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Handlers that block, until they are let go.
#[derive(Default)]
struct Gate {
    inside: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Gate {
    /// Waits until `together` are inside, or the gate is opened.
    fn pass(&self, together: usize) {
        let mut inside = self.inside.lock().unwrap();
        inside.0 += 1;
        self.changed.notify_all();
        while inside.0 < together && !inside.1 {
            inside = self.changed.wait(inside).unwrap();
        }
    }
    fn inside(&self) -> usize {
        self.inside.lock().unwrap().0
    }
    fn open(&self) {
        self.inside.lock().unwrap().1 = true;
        self.changed.notify_all();
    }
}

/// `meet` waits for so many others, `spin` does so and burns the processor, `panic` does as it says; else an echo.
#[derive(Clone)]
struct Meeting {
    gate: Arc<Gate>,
    together: usize,
    limit: Option<Duration>,
}

impl Meeting {
    fn of(together: usize) -> Self {
        Self { gate: Arc::default(), together, limit: None }
    }
}

impl Service for Meeting {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        let Self { gate, together, limit } = self.clone();
        talk(Lines::within(limit), move |lines: &mut Lines, line: &[u8], out: &mut BytesMut| {
            match line {
                b"meet" => gate.pass(together),
                b"spin" => {
                    gate.inside.lock().unwrap().0 += 1;
                    while gate.inside() < together {
                        std::hint::spin_loop();
                    }
                }
                b"panic" => panic!("as asked"),
                _ => {}
            }
            echo(lines, line, out);
        })
    }
}

#[test]
fn nobody_waits_for_a_handler_that_blocks() {
    // Each waits for all others: were one of them kept waiting for a thread, none would ever be answered.
    for (together, word) in [(200, "meet"), (12, "spin")] {
        let (running, shared) = serve(Meeting::of(together), Options::default());
        let mut peers: Vec<_> = (0..together).map(|_| connect(&running)).collect();
        for peer in &mut peers {
            writeln!(peer, "{word}").unwrap();
        }
        for peer in &mut peers {
            assert_eq!(line(peer), word);
        }
        // Those who were called for that are asleep again, and the next do not need them.
        eventually("sleep", || shared.lock().busy == 0);
        for peer in &mut peers {
            peer.write_all(b"hello\n").unwrap();
            assert_eq!(line(peer), "hello");
        }
        let report = running.stop(Duration::from_secs(5));
        assert_eq!((report.accepted, report.open, report.cut), (together as u64, 0, 0));
    }
}

/// Blocks for a moment with each line.
struct Napping;

impl Service for Napping {
    fn open(&self, _: Link) -> Box<dyn Conversation> {
        talk(Lines::default(), |lines: &mut Lines, line: &[u8], out: &mut BytesMut| {
            thread::sleep(Duration::from_millis(1));
            echo(lines, line, out);
        })
    }
}

#[test]
#[cfg_attr(not(target_os = "linux"), ignore = "only Linux tells whether a thread waits")]
fn handlers_that_block_for_a_moment_get_more_threads_too() {
    let (running, shared) = serve(Napping, Options::default());
    let enough = || shared.lock().posts.len() > 2 * shared.parallel;
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let mut peer = connect(&running);
                // It ends, since all of them keep asking until it does.
                for _ in 0..5000 {
                    peer.write_all(b"hello\n").unwrap();
                    assert_eq!(line(&mut peer), "hello");
                    if enough() {
                        return;
                    }
                }
            });
        }
    });
    assert!(enough());
}

#[test]
fn more_connections_than_threads_are_served_while_all_but_one_block() {
    let options = Options { threads: 4, ..Options::default() };
    let meeting = Meeting { limit: Some(Duration::from_millis(200)), ..Meeting::of(usize::MAX) };
    let (running, shared) = serve(meeting.clone(), options);
    let mut blocked: Vec<_> = (0..3).map(|_| connect(&running)).collect();
    for peer in &mut blocked {
        peer.write_all(b"meet\n").unwrap();
    }
    eventually("all blocked", || meeting.gate.inside() == 3);
    let mut peers: Vec<_> = (0..100).map(|_| connect(&running)).collect();
    for round in 0..3 {
        for peer in &mut peers {
            writeln!(peer, "{round}").unwrap();
        }
        for peer in &mut peers {
            assert_eq!(line(peer), std::format!("{round}"));
        }
    }
    // A line that is begun and not ended: its deadline comes.
    let mut slow = connect(&running);
    slow.write_all(b"begun").unwrap();
    assert_eq!(line(&mut slow), "bad");
    assert!(shared.lock().posts.len() <= 4);
    meeting.gate.open();
    for peer in &mut blocked {
        assert_eq!(line(peer), "meet");
    }
}

#[test]
fn a_server_ends_in_time_although_handlers_block() {
    let meeting = Meeting::of(usize::MAX);
    let options = Options { threads: 3, ..Options::default() };
    let (running, shared) = serve(meeting.clone(), options);
    let mut quiet = connect(&running);
    quiet.write_all(b"hello\n").unwrap();
    assert_eq!(line(&mut quiet), "hello");
    let mut blocked: Vec<_> = (0..5).map(|_| connect(&running)).collect();
    for peer in &mut blocked {
        peer.write_all(b"meet\n").unwrap();
    }
    eventually("all threads are held", || meeting.gate.inside() == 3);
    // No thread is left for anybody: those who wait for one are cut off, those who hold one left behind.
    let report = running.stop(Duration::from_millis(50));
    assert_eq!((report.accepted, report.open, report.cut), (6, 3, 3));
    assert_eq!(quiet.read(&mut [0]).unwrap(), 0);
    meeting.gate.open();
    // They find that they were cut off.
    eventually("the last thread", || Arc::strong_count(&shared) == 1);
    let report = shared.control.report();
    assert_eq!((report.open, report.cut), (0, 3 + 3));
}

#[test]
fn a_handler_that_returns_in_time_has_its_answer_sent() {
    let meeting = Meeting::of(usize::MAX);
    let (running, _) = serve(meeting.clone(), Options::default());
    let mut peer = connect(&running);
    peer.write_all(b"meet\n").unwrap();
    eventually("held", || meeting.gate.inside() == 1);
    let stopper = running.stopper();
    stopper.stop(Duration::from_secs(20));
    meeting.gate.open();
    assert_eq!(line(&mut peer), "meet");
    let report = running.wait();
    assert_eq!((report.open, report.cut), (0, 0));
}

#[test]
fn a_panic_with_more_to_come_is_the_end_of_one_connection() {
    let (running, shared) = serve(Meeting::of(1), Options::default());
    let mut other = connect(&running);
    for _ in 0..50 {
        let mut peer = connect(&running);
        // It is ready once more before its handler has panicked, or behind that.
        peer.write_all(b"meet\npanic\n").unwrap();
        let _may_be_gone = peer.write_all(b"meet\n");
        let mut rest = Vec::new();
        let _reset = peer.read_to_end(&mut rest);
        other.write_all(b"hello\n").unwrap();
        assert_eq!(line(&mut other), "hello");
    }
    eventually("the count", || running.report().open == 1 && shared.lock().schedule.len() == 1);
    assert_eq!(running.report().accepted, 51);
}

/// Says how often it was told to, by anybody.
struct Counting {
    said: Arc<AtomicUsize>,
    wakers: Arc<Mutex<Vec<Waker>>>,
}

struct Counter {
    told: Arc<AtomicUsize>,
    said: usize,
}

impl Service for Counting {
    fn open(&self, link: Link) -> Box<dyn Conversation> {
        self.wakers.lock().unwrap().push(link.waker());
        talk(Lines::default(), Counter { told: Arc::clone(&self.said), said: 0 })
    }
}

impl Handler<Lines> for Counter {
    fn event(&mut self, _: &mut Lines, _: &[u8], _: &mut BytesMut) {}
    fn more(&mut self, _: &mut Lines, out: &mut BytesMut) -> bool {
        let told = self.told.load(Ordering::SeqCst);
        let news = told > std::mem::replace(&mut self.said, told);
        if news {
            out.extend_from_slice(std::format!("{told}\n").as_bytes());
        }
        news
    }
}

impl Party<Lines> for Counter {}

#[test]
fn no_wake_up_is_lost_while_a_connection_is_served() {
    const CALLERS: usize = 4;
    const CALLS: usize = 5_000;
    let (told, wakers) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (running, _) = serve(Counting { said: Arc::clone(&told), wakers: Arc::clone(&wakers) }, Options::default());
    let mut peers: Vec<_> = (0..8).map(|_| connect(&running)).collect();
    eventually("all in", || wakers.lock().unwrap().len() == 8);
    let wakers = wakers.lock().unwrap().clone();
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                for call in 0..CALLS {
                    told.fetch_add(1, Ordering::SeqCst);
                    wakers.iter().for_each(Waker::wake);
                    if call % 16 == 0 {
                        // What they say is heard, so that they never wait for room.
                        thread::yield_now();
                    }
                }
            });
        }
        for peer in &mut peers {
            scope.spawn(|| {
                // The last that is said is all that was told: it comes without anybody asking.
                let mut heard = String::new();
                while heard != std::format!("{}", CALLERS * CALLS) {
                    heard = line(peer);
                }
            });
        }
    });
}

#[test]
fn a_quiet_pool_does_nothing() {
    let (running, shared) = serve(Meeting::of(1), Options::default());
    let mut peers: Vec<_> = (0..100).map(|_| connect(&running)).collect();
    for peer in &mut peers {
        peer.write_all(b"hello\n").unwrap();
        assert_eq!(line(peer), "hello");
    }
    let asleep = || {
        let core = shared.lock();
        core.busy == 0 && !core.watched && core.lead.is_none()
    };
    eventually("sleep", asleep);
    let counts = || {
        let core = shared.lock();
        (core.served, core.rounds, core.looks)
    };
    let before = counts();
    // Nothing is to happen while this time passes.
    thread::sleep(Duration::from_millis(100));
    assert_eq!(counts(), before);
    assert!(asleep());
    // And it wakes again.
    peers[0].write_all(b"hello\n").unwrap();
    assert_eq!(line(&mut peers[0]), "hello");
    assert!(counts() > before);
}

/// What may happen to a connection, in any order.
#[derive(Clone, Copy, Debug)]
enum Step {
    Tell(usize, News),
    Next,
    Rest { first: bool, awaits: News, again: bool },
    Gone { first: bool },
    GoOn,
    Admit,
}

fn step() -> impl Strategy<Value = Step> {
    let news = prop_oneof![
        Just(News::READ),
        Just(News::WRITE),
        Just(News::CLOSED),
        Just(News::WOKEN),
        Just(News::READ.with(News::WRITE))
    ];
    let awaits = prop_oneof![Just(News::default()), Just(News::READ), Just(News::WRITE)];
    prop_oneof![
        4 => (0..4usize, news).prop_map(|(token, news)| Step::Tell(token, news)),
        4 => Just(Step::Next),
        4 => (any::<bool>(), awaits, any::<bool>()).prop_map(|(first, awaits, again)| Step::Rest { first, awaits, again }),
        1 => any::<bool>().prop_map(|first| Step::Gone { first }),
        1 => Just(Step::GoOn),
        1 => Just(Step::Admit),
    ]
}

proptest! {
    /// Against a model that keeps a list for each connection: nobody is served twice at once, nothing that was told is
    /// lost, and who was told what moves it is served.
    #[test]
    fn what_is_told_is_never_lost(steps in prop::collection::vec(step(), 0..200)) {
        let mut schedule: Schedule<usize> = Schedule::new();
        let mut told: Vec<Option<News>> = Vec::new();
        let mut awaits: Vec<News> = Vec::new();
        let mut running: Vec<usize> = Vec::new();
        for step in steps {
            match step {
                Step::Admit if schedule.len() == told.len() && told.len() < 4 => {
                    schedule.admit(told.len());
                    // A newcomer is served without being told.
                    told.push(Some(News::CLOSED));
                    awaits.push(News::default());
                }
                Step::Admit => {}
                Step::Tell(token, news) => {
                    schedule.tell(token, news);
                    if let Some(Some(told)) = told.get_mut(token) {
                        *told = told.with(news);
                    }
                }
                Step::Next => {
                    if let Some(turn) = schedule.next() {
                        prop_assert_eq!(turn.token, turn.body);
                        prop_assert!(!running.contains(&turn.token));
                        let told = told[turn.token].replace(News::default()).unwrap();
                        prop_assert!(turn.news == told || turn.news.with(News::CLOSED) == told);
                        running.push(turn.token);
                    }
                }
                Step::Rest { first, awaits: more, again } if !running.is_empty() => {
                    let token = running.remove(if first { 0 } else { running.len() - 1 });
                    schedule.rest(token, token, more, None, again);
                    awaits[token] = more;
                }
                Step::Gone { first } if !running.is_empty() => {
                    let token = running.remove(if first { 0 } else { running.len() - 1 });
                    schedule.gone(token);
                    told[token] = None;
                }
                Step::Rest { .. } | Step::Gone { .. } => {}
                Step::GoOn => {
                    schedule.go_on();
                }
            }
        }
        // What runs comes to rest; then all that was told what moves it is served.
        for token in running.drain(..) {
            schedule.rest(token, token, awaits[token], None, false);
        }
        schedule.go_on();
        while let Some(turn) = schedule.next() {
            told[turn.token] = Some(News::default());
        }
        prop_assert!(!schedule.could_go_on());
        let moves = |news: News, awaits: News| news.has(News::CLOSED.with(News::WOKEN).with(awaits));
        for (token, (news, awaits)) in told.iter().zip(&awaits).enumerate() {
            prop_assert!(!news.is_some_and(|news| moves(news, *awaits)), "{token} was left with {news:?}");
        }
    }
}

#[test]
fn deadlines_come_once_and_move_back_with_their_connection() {
    let mut schedule: Schedule<()> = Schedule::new();
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    schedule.admit(());
    let turn = schedule.next().unwrap();
    assert_eq!(schedule.rest(turn.token, (), News::READ, Some(at(10)), false), Some(at(10)));
    // Later, while the entry for the earlier one is still there: nothing new to know.
    schedule.tell(turn.token, News::READ);
    let turn = schedule.next().unwrap();
    assert_eq!(schedule.rest(turn.token, (), News::READ, Some(at(20)), false), None);
    schedule.expire(at(10));
    assert!(schedule.next().is_none());
    assert_eq!(schedule.earliest(), Some(at(20)));
    // Earlier again, while it is served: who sleeps until 20 has to know.
    schedule.tell(turn.token, News::READ);
    let turn = schedule.next().unwrap();
    assert_eq!(schedule.rest(turn.token, (), News::READ, Some(at(15)), false), Some(at(15)));
    schedule.expire(at(15));
    let turn = schedule.next().unwrap();
    assert!(turn.news.has(News::TIME));
    schedule.rest(turn.token, (), News::READ, None, false);
    schedule.expire(at(30));
    assert!(schedule.next().is_none());
    assert_eq!(schedule.earliest(), None);
}

#[test]
fn who_is_woken_comes_behind_who_has_been_sent_something() {
    let mut schedule: Schedule<()> = Schedule::new();
    for _ in 0..200 {
        schedule.admit(());
    }
    while let Some(turn) = schedule.next() {
        schedule.rest(turn.token, (), News::READ, None, false);
    }
    (0..200).for_each(|token| schedule.tell(token, News::WOKEN));
    let served = |schedule: &mut Schedule<()>| {
        let mut served = Vec::new();
        while let Some(turn) = schedule.next() {
            schedule.gone(turn.token);
            served.push(turn.token);
        }
        served
    };
    assert!(served(&mut schedule).is_empty());
    // Both were woken too: once is enough.
    schedule.tell(150, News::READ);
    schedule.tell(160, News::CLOSED);
    assert_eq!(served(&mut schedule), [150, 160]);
    let mut later = Vec::new();
    while schedule.go_on() {
        let share = served(&mut schedule);
        assert!(share.len() <= 64);
        later.extend(share);
    }
    assert_eq!(later, (0..200).filter(|token| ![150, 160].contains(token)).collect::<Vec<_>>());
    assert_eq!((schedule.len(), schedule.could_go_on()), (0, false));
}

/// As in a room where everybody talks: all are woken all the time, and half of them have been sent something besides.
#[test]
fn who_is_woken_over_and_over_stands_in_line_once() {
    const MEMBERS: usize = 1000;
    let mut schedule: Schedule<()> = Schedule::new();
    for _ in 0..MEMBERS {
        schedule.admit(());
    }
    for round in 0..100 {
        (0..MEMBERS).for_each(|token| schedule.tell(token, News::WOKEN));
        (0..MEMBERS).filter(|token| token % 2 == round % 2).for_each(|token| schedule.tell(token, News::READ));
        schedule.go_on();
        while let Some(turn) = schedule.next() {
            schedule.rest(turn.token, (), News::READ, None, false);
        }
        assert!(schedule.line() <= MEMBERS, "{} in line after {round} rounds", schedule.line());
    }
    // A newcomer with the token of one that went stands where that one stood, and no more often.
    (0..MEMBERS).for_each(|token| schedule.tell(token, News::CLOSED));
    while let Some(turn) = schedule.next() {
        schedule.gone(turn.token);
    }
    for _ in 0..MEMBERS {
        schedule.admit(());
    }
    while let Some(turn) = schedule.next() {
        schedule.rest(turn.token, (), News::READ, None, true);
    }
    assert!(schedule.line() <= MEMBERS);
    let mut served = 0;
    while schedule.go_on() {
        while let Some(turn) = schedule.next() {
            schedule.gone(turn.token);
            served += 1;
        }
    }
    assert_eq!((served, schedule.len(), schedule.line()), (MEMBERS, 0, 0));
}
