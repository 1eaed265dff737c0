use super::*;
use alloc::string::ToString;
use alloc::vec;
use core::time::Duration;
use proptest::prelude::*;

const START: Duration = Duration::ZERO;

fn room(limits: Limits) -> Room {
    Room::new(limits).ending(Ending::Lf)
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A member that has heard all that was said so far.
fn enter(room: &mut Room, called: &str) -> MemberId {
    let id = room.join().unwrap();
    room.hear::<&str>(id, &Said::Nick { name: name(called) }, START);
    assert_eq!(room.name(id).map(|name| name.to_string()).as_deref(), Some(called));
    heard(room, id);
    id
}

/// Everything that waits for a member, as text.
fn heard(room: &mut Room, id: MemberId) -> String {
    let mut out = BytesMut::new();
    room.deliver(id, &mut out, usize::MAX);
    String::from_utf8(out.to_vec()).unwrap()
}

fn say(room: &mut Room, id: MemberId, line: &str) {
    match Said::parse(line.as_bytes()) {
        Ok(Some(said)) => room.hear(id, &said, START),
        other => panic!("{line:?} is {other:?}"),
    }
}

#[test]
fn what_is_said_is_heard_by_all_others_once_and_in_order() {
    let mut room = room(Limits::default());
    let (ada, bob) = (enter(&mut room, "ada"), enter(&mut room, "bob"));
    let eve = enter(&mut room, "eve");
    heard(&mut room, ada);
    heard(&mut room, bob);
    say(&mut room, ada, "one");
    say(&mut room, bob, "/me nods");
    say(&mut room, ada, "//two");
    assert_eq!(heard(&mut room, eve), "<ada> one\n* bob nods\n<ada> /two\n");
    assert_eq!(heard(&mut room, bob), "<ada> one\n<ada> /two\n");
    assert_eq!(heard(&mut room, ada), "* bob nods\n");
    assert_eq!(heard(&mut room, eve), "");
    assert_eq!(room.held(), 0, "what everybody has heard is forgotten");
}

#[test]
fn a_line_leaves_its_memory_to_the_next() {
    let mut room = room(Limits { burst: u32::MAX, ..Limits::default() });
    let (ada, bob) = (enter(&mut room, "ada"), enter(&mut room, "bob"));
    let mut out = BytesMut::with_capacity(4096);
    let mut hear = |room: &mut Room, lines: usize| {
        for _ in 0..lines {
            room.hear(ada, &Said::Say { text: "as long as a line is, and so the block is full soon" }, START);
            out.clear();
            room.deliver(bob, &mut out, usize::MAX);
            room.deliver(ada, &mut out, usize::MAX);
        }
    };
    hear(&mut room, 3);
    // As many lines as fill the block ten times.
    assert_eq!(allocation_counter::measure(|| hear(&mut room, 1500)).count_total, 0);
}

#[test]
fn a_message_is_encoded_once() {
    let mut room = room(Limits::default());
    let ada = enter(&mut room, "ada");
    let others: Vec<_> = (0..10).map(|at| enter(&mut room, &format!("m{at}"))).collect();
    for &id in &others {
        heard(&mut room, id);
    }
    say(&mut room, ada, "hello");
    let lines: Vec<_> = others.iter().map(|&id| room.next(id).unwrap()).collect();
    for line in &lines {
        assert_eq!(line, "<ada> hello\n");
        assert_eq!(line.as_ptr(), lines[0].as_ptr());
    }
}

#[test]
fn private_words_keep_their_place_among_public_ones() {
    let mut room = room(Limits::default());
    let (ada, bob) = (enter(&mut room, "ada"), enter(&mut room, "bob"));
    let eve = enter(&mut room, "eve");
    heard(&mut room, ada);
    heard(&mut room, bob);
    say(&mut room, ada, "one");
    say(&mut room, ada, "/msg BOB two");
    say(&mut room, ada, "three");
    say(&mut room, ada, "/msg nobody hello");
    assert_eq!(heard(&mut room, bob), "<ada> one\n[ada] two\n<ada> three\n");
    assert_eq!(heard(&mut room, eve), "<ada> one\n<ada> three\n");
    assert_eq!(heard(&mut room, ada), "[to bob] two\n-! no-such-name: there is no nobody here\n");
}

#[test]
fn names_are_unique_without_case_and_nobody_is_the_server() {
    let mut room = room(Limits::default());
    let (ada, bob) = (enter(&mut room, "ada"), enter(&mut room, "bob"));
    heard(&mut room, ada);
    say(&mut room, bob, "/nick ADA");
    say(&mut room, bob, "/nick Server");
    let answers =
        "-! name-taken: ADA is taken; choose another\n-! name-reserved: Server is nobody's name; choose another\n";
    assert_eq!(heard(&mut room, bob), answers);
    say(&mut room, ada, "/nick Ada");
    say(&mut room, ada, "/nick Ada");
    assert_eq!(heard(&mut room, ada), "-- you are now Ada\n-- you are now Ada\n");
    assert_eq!(heard(&mut room, bob), "-- ada is now Ada\n");
    room.leave(ada, Departure::Ended);
    say(&mut room, bob, "/nick ada");
    assert_eq!(heard(&mut room, bob), "-- Ada left\n-- you are now ada\n");
}

#[test]
fn a_guest_gets_a_name_that_is_free() {
    let mut room = room(Limits::default());
    let ada = enter(&mut room, "guest-2");
    let bob = room.join().unwrap();
    assert_eq!(room.name(bob), Some(name("guest-3")));
    assert_eq!(room.find(&name("GUEST-2")), Some(ada));
}

#[test]
fn who_is_told_in_lines_that_are_not_long() {
    let mut room = room(Limits { members: 200, ..Limits::default() });
    let members: Vec<_> = (0..100).map(|at| enter(&mut room, &format!("member-{at:03}"))).collect();
    heard(&mut room, members[0]);
    say(&mut room, members[0], "/who");
    let lists = heard(&mut room, members[0]);
    assert!(lists.lines().all(|line| line.len() <= 1100) && lists.lines().count() == 2);
    let mut told = Vec::new();
    for (at, line) in lists.lines().enumerate() {
        let Some(Heard::Here { names, more }) = Heard::parse(line.as_bytes()) else { panic!("{line}") };
        assert_eq!(more, at == 0);
        told.extend(crate::chat::names(names).map(Option::unwrap));
    }
    assert_eq!(told, room.names().map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn a_full_room_lets_nobody_in() {
    let mut room = room(Limits { members: 1, ..Limits::default() });
    let ada = room.join().unwrap();
    assert_eq!(room.join(), None);
    room.leave(ada, Departure::Ended);
    let bob = room.join().unwrap();
    assert_ne!(ada, bob);
    assert_eq!(ada.index(), bob.index());
    assert_eq!(room.name(ada), None, "an id is not given twice");
    room.leave(ada, Departure::Ended);
    assert!(room.name(bob).is_some(), "and what was left is left");
}

#[test]
fn who_does_not_read_is_dropped_at_the_limit_and_nobody_else_notices() {
    let waiting = 1000;
    let mut room = room(Limits { waiting, burst: u32::MAX, ..Limits::default() });
    let (ada, bob, deaf) = (enter(&mut room, "ada"), enter(&mut room, "bob"), enter(&mut room, "deaf"));
    heard(&mut room, ada);
    heard(&mut room, bob);
    let line = "<ada> 0123456789\n";
    let fit = waiting / line.len();
    for _ in 0..fit {
        say(&mut room, ada, "0123456789");
        assert_eq!(heard(&mut room, bob), line);
        assert!(room.held() <= waiting);
    }
    assert_eq!(room.waiting(deaf), fit * line.len());
    assert_eq!(room.dropped(deaf), None);
    say(&mut room, ada, "0123456789");
    assert_eq!(room.dropped(deaf), Some(Farewell::TooSlow));
    assert_eq!(heard(&mut room, deaf), "");
    assert_eq!(heard(&mut room, bob), format!("{line}-- deaf was dropped: does not read\n"));
    assert_eq!(heard(&mut room, ada), "-- deaf was dropped: does not read\n");
    assert_eq!(room.held(), 0);
    room.leave(deaf, Departure::Lost);
    assert_eq!(room.dropped(deaf), None);
    assert_eq!(heard(&mut room, bob), "", "it is not told twice");
}

#[test]
fn private_words_fill_the_same_measure() {
    let mut room = room(Limits { waiting: 100, burst: u32::MAX, ..Limits::default() });
    let (ada, deaf) = (enter(&mut room, "ada"), enter(&mut room, "deaf"));
    heard(&mut room, ada);
    for _ in 0..20 {
        say(&mut room, ada, "/msg deaf 0123456789");
        heard(&mut room, ada);
    }
    assert_eq!(room.dropped(deaf), Some(Farewell::TooSlow));
    assert_eq!(room.held(), 0);
}

#[test]
fn who_talks_too_much_is_told_once_and_then_let_go() {
    let mut room = room(Limits { burst: 4, rate: 2, ..Limits::default() });
    let (ada, bob) = (room.join().unwrap(), room.join().unwrap());
    heard(&mut room, bob);
    heard(&mut room, ada);
    for at in 0..7 {
        say(&mut room, ada, &at.to_string());
    }
    assert_eq!(heard(&mut room, bob), "<guest-1> 0\n<guest-1> 1\n<guest-1> 2\n<guest-1> 3\n");
    assert_eq!(heard(&mut room, ada), "-! flood: you say more than can be heard; what is over is not relayed\n");
    // A second later two lines are allowed.
    for at in 0..3 {
        room.hear(ada, &Said::Say { text: at.to_string() }, Duration::from_secs(1));
    }
    assert_eq!(heard(&mut room, bob), "<guest-1> 0\n<guest-1> 1\n");
    for _ in 0..4 {
        room.refused(ada, Duration::from_secs(1));
    }
    assert_eq!(room.dropped(ada), Some(Farewell::Flood));
    assert_eq!(heard(&mut room, bob), "-- guest-1 was dropped: says more than can be heard\n");
}

#[test]
fn nothing_is_relayed_that_could_not_have_come_in() {
    let mut room = room(Limits { line: 10, ..Limits::default() });
    let (ada, bob) = (enter(&mut room, "ada"), enter(&mut room, "bob"));
    heard(&mut room, ada);
    for text in ["a\nb", "\u{1b}[2J", "\u{202e}"] {
        room.hear(ada, &Said::Say { text }, START);
        room.hear(ada, &Said::Tell { to: name("bob"), text }, START);
    }
    room.hear(ada, &Said::Say { text: "x".repeat(4000) }, START);
    assert_eq!(heard(&mut room, bob), "");
    assert_eq!(heard(&mut room, ada).lines().filter(|line| line.starts_with("-! ")).count(), 7);
    room.hear(ada, &Said::Quit { reason: Some("bye\n<bob> I quit") }, START);
    assert_eq!(heard(&mut room, bob), "-- ada left\n");
}

#[test]
fn restless_are_those_who_have_something_to_hear() {
    let mut room = room(Limits::default());
    let (ada, bob) = (enter(&mut room, "ada"), enter(&mut room, "bob"));
    heard(&mut room, ada);
    assert!(room.stirred());
    assert!(!room.stirred());
    assert_eq!(room.restless().count(), 0);
    say(&mut room, ada, "hello");
    assert!(room.stirred());
    assert_eq!(room.restless().collect::<Vec<_>>(), [bob]);
    room.close();
    assert_eq!(room.restless().collect::<Vec<_>>(), [ada, bob]);
    assert_eq!((room.dropped(ada), room.dropped(bob)), (Some(Farewell::Closing), None), "bob has yet to hear");
    room.leave(bob, Departure::Ended);
    assert_eq!(room.restless().collect::<Vec<_>>(), [ada]);
}

#[test]
fn a_room_that_closes_delivers_what_was_said() {
    let mut room = room(Limits::default());
    let (ada, bob) = (enter(&mut room, "ada"), enter(&mut room, "bob"));
    heard(&mut room, ada);
    say(&mut room, ada, "the last word");
    say(&mut room, ada, "/msg bob and one for you");
    room.close();
    assert_eq!((room.names().len(), room.find(&name("ada"))), (0, None));
    // Nothing is heard any more from those who were here, and nothing of it reaches who comes next.
    say(&mut room, ada, "too late");
    let eve = enter(&mut room, "bob");
    say(&mut room, eve, "is anybody here?");
    assert_eq!(room.dropped(bob), None);
    assert_eq!(heard(&mut room, bob), "<ada> the last word\n[ada] and one for you\n");
    assert_eq!((room.dropped(bob), room.waiting(bob)), (Some(Farewell::Closing), 0));
    assert_eq!(heard(&mut room, ada), "[to bob] and one for you\n");
    room.leave(ada, Departure::Ended);
    room.leave(bob, Departure::Ended);
    assert_eq!(heard(&mut room, eve), "", "who is let go of leaves in silence");
    assert_eq!((room.name(eve), room.held()), (Some(name("bob")), 0));
}

#[test]
fn a_private_line_holds_its_own_octets_alone() {
    let mut room = room(Limits::default());
    let (ada, bob) = (enter(&mut room, "ada"), enter(&mut room, "bob"));
    heard(&mut room, ada);
    say(&mut room, ada, "/msg bob psst");
    say(&mut room, ada, "said to all, into the same block as others");
    // Nobody else holds the memory it lies in, and there is no more of it than the line.
    let line = room.next(bob).unwrap().try_into_mut().unwrap();
    assert_eq!((&line[..], line.capacity()), (&b"[ada] psst\n"[..], line.len()));
}

/// What a member has yet to hear, kept for each member by itself: the oracle beside the shared log.
#[derive(Debug, Default, Clone)]
struct Plain {
    queues: Vec<Option<Vec<String>>>,
}

impl Plain {
    fn tell(&mut self, line: &str, except: Option<usize>) {
        for (at, queue) in self.queues.iter_mut().enumerate() {
            if let Some(queue) = queue.as_mut().filter(|_| Some(at) != except) {
                queue.push(line.into());
            }
        }
    }

    /// Lets go of all who have too much before them, as long as there are any.
    fn settle(&mut self, limit: usize) {
        loop {
            let slow: Vec<_> = (0..self.queues.len())
                .filter(|&at| self.queues[at].as_ref().is_some_and(|queue| queue.concat().len() > limit))
                .collect();
            if slow.is_empty() {
                return;
            }
            for at in slow {
                self.queues[at] = None;
                self.tell(&format!("-- m{at} was dropped: does not read\n"), None);
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Say(usize, usize),
    Tell(usize, usize, usize),
    Hear(usize, usize),
    Leave(usize),
}

fn steps(members: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..members, 1..60usize).prop_map(|(from, length)| Step::Say(from, length)),
        2 => (0..members, 0..members, 1..60usize).prop_map(|(from, to, length)| Step::Tell(from, to, length)),
        4 => (0..members, 1..200usize).prop_map(|(from, most)| Step::Hear(from, most)),
        1 => (0..members).prop_map(Step::Leave),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    /// The shared log tells every member what a queue of its own would, drops whom it would drop, and holds no more.
    #[test]
    fn the_log_is_a_queue_for_each(steps in steps(5), limit in prop_oneof![Just(0usize), 50..500usize, Just(1 << 20)]) {
        let generous = Limits { waiting: 1 << 20, burst: u32::MAX, ..Limits::default() };
        let mut room = room(generous);
        let ids: Vec<_> = (0..5).map(|at| enter(&mut room, &format!("m{at}"))).collect();
        for &id in &ids {
            heard(&mut room, id);
        }
        room.limits.waiting = limit;
        // As after any check: nobody has anything, so the next is due when one octet more than the limit was said.
        room.check_at = room.log.end() + limit as u64 + 1;
        let mut plain = Plain { queues: vec![Some(Vec::new()); 5] };
        for step in steps {
            match step {
                Step::Say(from, length) => {
                    let text = "x".repeat(length);
                    if plain.queues[from].is_some() {
                        plain.tell(&format!("<m{from}> {text}\n"), Some(from));
                        plain.settle(limit);
                    }
                    room.hear(ids[from], &Said::Say { text }, START);
                }
                Step::Tell(from, to, length) => {
                    let text = "y".repeat(length);
                    if plain.queues[from].is_some() {
                        if let Some(queue) = &mut plain.queues[to] {
                            queue.push(format!("[m{from}] {text}\n"));
                            plain.settle(limit);
                            if let Some(queue) = &mut plain.queues[from] {
                                queue.push(format!("[to m{to}] {text}\n"));
                            }
                        } else if let Some(queue) = &mut plain.queues[from] {
                            queue.push(format!("-! no-such-name: there is no m{to} here\n"));
                        }
                        plain.settle(limit);
                    }
                    room.hear(ids[from], &Said::Tell { to: name(&format!("m{to}")), text }, START);
                }
                Step::Hear(id, most) => {
                    let mut out = BytesMut::new();
                    room.deliver(ids[id], &mut out, most);
                    let mut expected = String::new();
                    if let Some(queue) = &mut plain.queues[id] {
                        while expected.len() < most && !queue.is_empty() {
                            expected.push_str(&queue.remove(0));
                        }
                    }
                    prop_assert_eq!(&out[..], expected.as_bytes());
                }
                Step::Leave(id) => {
                    if plain.queues[id].take().is_some() {
                        plain.tell(&format!("-- m{id} left\n"), None);
                        plain.settle(limit);
                    }
                    room.leave(ids[id], Departure::Ended);
                }
            }
            for (id, queue) in ids.iter().zip(&plain.queues) {
                prop_assert_eq!(room.name(*id).is_some(), queue.is_some());
                prop_assert_eq!(room.waiting(*id), queue.as_ref().map_or(0, |queue| queue.concat().len()));
            }
        }
    }
}
