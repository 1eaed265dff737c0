use super::*;
use crate::net::maildir::{Flag, Maildir};
use crate::net::server::{Options, Port, Running};
use crate::net::{pool, reactor};
use crate::pop3::server::Config;
use crate::pop3::{Maildrop, Octets, Trouble};
use crate::sasl::{Record, Store};
use std::format;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::string::String;
use std::sync::Arc;
use std::time::Duration;
use std::vec;
use std::vec::Vec;

fn deliver(path: &Path, text: &str) {
    let mut delivery = Maildir::create(path).unwrap().deliver().unwrap();
    delivery.write_all(text.as_bytes()).unwrap();
    delivery.commit().unwrap();
}

struct Ann;

impl Store for Ann {
    fn record(&self, user: &str) -> Option<Record> {
        (user == "ann").then(|| Record::default().with_password("secret"))
    }
}

fn start(path: &Path, on_reactor: bool) -> Running {
    let mut config = Config::new("localhost").unwrap();
    config.cleartext = true;
    let service = Pop3::new(config, Mail::new(Arc::new(Ann), path));
    let start = if on_reactor { reactor::start } else { pool::start };
    start(vec![Port::bind("127.0.0.1:0", service).unwrap()], Options::default()).unwrap()
}

struct Peer(BufReader<TcpStream>);

impl Peer {
    fn connect(running: &Running) -> Self {
        let stream = TcpStream::connect(running.addresses()[0]).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut peer = Self(BufReader::new(stream));
        assert!(peer.line().starts_with("+OK"));
        peer
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    fn say(&mut self, command: &str) -> String {
        self.0.get_mut().write_all(format!("{command}\r\n").as_bytes()).unwrap();
        self.line()
    }

    fn lines(&mut self, command: &str) -> Vec<String> {
        let first = self.say(command);
        assert!(first.starts_with("+OK"), "{command}: {first}");
        std::iter::repeat_with(|| self.line()).take_while(|line| line != ".\r\n").collect()
    }

    fn log_in(&mut self) -> String {
        assert!(self.say("USER ann").starts_with("+OK"));
        self.say("PASS secret")
    }
}

#[test]
fn a_session_over_a_maildir_on_both_adapters() {
    for on_reactor in [false, true] {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("ann");
        deliver(&path, "Subject: one\n\n.hidden\nend");
        deliver(&path, "Subject: two\r\n\r\ntext\r\n");
        let running = start(&path, on_reactor);

        let mut peer = Peer::connect(&running);
        assert!(peer.say("USER ann").starts_with("+OK") && peer.say("PASS wrong").starts_with("-ERR [AUTH] "));
        assert_eq!(peer.log_in(), "+OK maildrop has 2 messages (52 octets)\r\n");
        assert_eq!(peer.lines("RETR 1"), ["Subject: one\r\n", "\r\n", "..hidden\r\n", "end\r\n"]);
        let ids = peer.lines("UIDL");

        // Locked while in use; what is delivered meanwhile is not shown.
        let mut second = Peer::connect(&running);
        assert!(second.log_in().starts_with("-ERR [IN-USE] "));
        deliver(&path, "Subject: three\r\n\r\n");
        assert_eq!(peer.say("STAT"), "+OK 2 52\r\n");

        // Nothing is deleted before QUIT, and nothing without.
        assert!(peer.say("DELE 1").starts_with("+OK"));
        assert_eq!(Maildir::open(&path).unwrap().entries().unwrap().len(), 3);
        drop(peer);
        let mut peer = Peer::connect(&running);
        let mut told = peer.log_in();
        while told.contains("[IN-USE]") {
            // The server has not seen yet that the first connection is gone.
            told = peer.log_in();
        }
        assert_eq!(told, "+OK maildrop has 3 messages (70 octets)\r\n");
        assert_eq!(peer.lines("UIDL")[..2], ids[..], "called the same in every session");
        assert!(peer.say("DELE 1").starts_with("+OK"));
        assert!(peer.say("DELE 3").starts_with("+OK"));
        assert!(peer.say("QUIT").ends_with("(1 message left)\r\n"));
        assert_eq!(peer.line(), "", "closed");
        assert_eq!(Maildir::open(&path).unwrap().entries().unwrap().len(), 1);
        running.stop(Duration::from_secs(5));
    }
}

#[test]
fn a_maildrop_keeps_its_list_whatever_others_do() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("ann");
    deliver(&path, "one\n");
    deliver(&path, "two\n");
    let mut maildrop = MaildirDrop::open(&path).unwrap();
    let list = maildrop.list().unwrap();
    assert_eq!(list.iter().map(|entry| entry.octets).collect::<Vec<_>>(), [5, 5]);
    assert_eq!(MaildirDrop::open(&path).unwrap_err(), Trouble::InUse);

    // Flagged and moved by a reader: found all the same. Deleted by one: trouble, and no more than that.
    let mut entries = Maildir::open(&path).unwrap().entries().unwrap();
    entries[0].set_flags(&[Flag::Seen]).unwrap();
    entries.pop().unwrap().delete().unwrap();
    let mut buffer = [0; 64];
    assert_eq!(maildrop.read(0, 0, &mut buffer), Ok(4));
    assert_eq!(&buffer[..4], b"one\n");
    assert_eq!(maildrop.read(0, 4, &mut buffer), Ok(0));
    assert_eq!(maildrop.read(0, 2, &mut buffer), Ok(2));
    assert_eq!(maildrop.read(1, 0, &mut buffer), Err(Trouble::Temporary));
    assert_eq!(maildrop.delete(&[0, 1]), Ok(()), "gone is as good as deleted");
    // RFC 1939 6: the lock is given back before the client is answered.
    let mut next = MaildirDrop::open(&path).unwrap();
    drop(maildrop);
    assert_eq!(next.list().unwrap(), []);
    assert_eq!(MaildirDrop::open(path.join("nowhere")).unwrap_err(), Trouble::Permanent);
}

#[test]
fn sizes_are_measured_once_and_mended() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("ann");
    deliver(&path, "a\nb\n");
    let listed = |path: &Path| MaildirDrop::open(path).unwrap().list().unwrap();
    assert_eq!(listed(&path)[0].octets, 6);
    // The second time the message is not read: were it read, this would show.
    let file = Maildir::open(&path).unwrap().entries().unwrap()[0].path();
    fs::write(&file, "abcd").unwrap();
    assert_eq!(listed(&path)[0].octets, 6);
    // What is in the file decides, once its length is not what it was.
    fs::write(&file, "abcde").unwrap();
    let mut maildrop = MaildirDrop::open(&path).unwrap();
    maildrop.list().unwrap();
    let mut buffer = [0; 64];
    assert_eq!(maildrop.read(0, 0, &mut buffer), Ok(5));
    assert_eq!(maildrop.read(0, 5, &mut buffer), Ok(0));
    drop(maildrop);
    assert_eq!(listed(&path)[0].octets, 7);
    // A file of sizes that is none is measured past.
    fs::write(path.join("pop3.sizes"), "\u{0}\nnonsense 1 x\n").unwrap();
    assert_eq!(listed(&path)[0].octets, 7);
    let looked = scratch.path().join("bob");
    deliver(&looked, "x\n");
    assert_eq!(MaildirDrop::look(&looked).unwrap().list().unwrap()[0].octets, 3);
    assert!(!looked.join("pop3.sizes").exists() && !looked.join("pop3.lock").exists());
}

/// The size that is listed is the size that is sent, however the file is read.
#[test]
fn listed_sizes_are_sent_sizes() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("ann");
    let text = "a\r\n.b\r\r\n\nc\rd".repeat(5000);
    deliver(&path, &text);
    let mut octets = Octets::new();
    octets.push(text.as_bytes());
    let running = start(&path, false);
    let mut peer = Peer::connect(&running);
    assert_eq!(peer.log_in(), format!("+OK maildrop has 1 message ({} octets)\r\n", octets.total()));
    let lines = peer.lines("RETR 1");
    let stuffed = lines.iter().filter(|line| line.starts_with('.')).count();
    assert_eq!(lines.iter().map(String::len).sum::<usize>() - stuffed, octets.total() as usize);
    running.stop(Duration::from_secs(5));
}

/// Takes nothing.
struct Full;

impl super::Sink for Full {
    fn begin(&mut self, _: &super::Listed) -> std::io::Result<()> {
        Ok(())
    }

    fn piece(&mut self, _: &[u8]) -> std::io::Result<()> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn end(&mut self, _: &super::Listed) -> std::io::Result<()> {
        Ok(())
    }

    fn discard(&mut self) {}

    fn refused(&mut self, _: &super::Listed, _: Option<&crate::pop3::Code<String>>, _: &str) {}
}

#[test]
fn a_client_takes_one_message_and_takes_its_marks_back() {
    let scratch = tempfile::tempdir().unwrap();
    deliver(scratch.path(), "Subject: one\r\n\r\n.dot\r\n");
    let running = start(scratch.path(), false);
    let options = super::Options { security: Security::Clear, ..super::Options::default() };
    let connect = || {
        let mut mailbox = Mailbox::connect("127.0.0.1", running.addresses()[0].port(), &options).unwrap();
        mailbox.log_in(&crate::sasl::Credentials::password("ann", "secret"), Method::Strongest).unwrap();
        mailbox
    };
    let mut mailbox = connect();
    assert_eq!(mailbox.message(1, 22).unwrap(), b"Subject: one\r\n\r\n.dot\r\n");
    assert!(matches!(mailbox.message(2, 22), Err(Error::Refused { .. })));
    assert_eq!(mailbox.delete(&[1]).unwrap(), 0);
    assert_eq!(mailbox.stat().unwrap(), (0, 0));
    mailbox.reset().unwrap();
    mailbox.noop().unwrap();
    assert_eq!(mailbox.stat().unwrap(), (1, 22));
    mailbox.quit().unwrap();

    let mut mailbox = connect();
    let error = mailbox.message(1, 21).unwrap_err();
    assert_eq!(format!("{error}"), "message 1 is longer than 21 octets");
    // The rest of it is no answer to anything else.
    let refused = |outcome| matches!(outcome, Err(Error::Misuse(crate::pop3::client::Misuse::NotNow)));
    assert!(refused(mailbox.noop()) && refused(mailbox.delete(&[1]).map(|_| ())) && refused(mailbox.quit()));
    drop(mailbox);
    assert_eq!(connect().message(1, 22).unwrap().len(), 22);
    running.stop(Duration::from_secs(1));
}

#[test]
fn a_session_that_stands_within_a_message_says_no_more() {
    let scratch = tempfile::tempdir().unwrap();
    deliver(scratch.path(), "Subject: one\r\n\r\n.dot\r\n");
    let running = start(scratch.path(), false);
    let options = super::Options { security: Security::Clear, ..super::Options::default() };
    let mut mailbox = Mailbox::connect("127.0.0.1", running.addresses()[0].port(), &options).unwrap();
    mailbox.log_in(&crate::sasl::Credentials::password("ann", "secret"), Method::Strongest).unwrap();
    let listed = mailbox.list().unwrap();
    assert!(matches!(mailbox.retrieve(&listed, None, &mut Full), Err(Error::Store(_))));
    for outcome in [mailbox.noop(), mailbox.list().map(|_| ()), mailbox.delete(&[1]).map(|_| ()), mailbox.quit()] {
        assert!(matches!(outcome, Err(Error::Misuse(crate::pop3::client::Misuse::NotNow))));
    }
    running.stop(Duration::from_secs(1));
}

/// A server that has two messages, no `CAPA` and no `UIDL`; `breaks` says in which sessions it goes away at the second one.
fn without_ids(breaks: &'static [bool]) -> (u16, std::thread::JoinHandle<()>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = move || {
        for breaks in breaks {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            let mut line = String::new();
            let mut answer = "+OK ready\r\n";
            loop {
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
                line.clear();
                if stream.read_line(&mut line).unwrap() == 0 {
                    break;
                }
                answer = match line.trim_end() {
                    "CAPA" | "UIDL" => "-ERR unknown\r\n",
                    "LIST" => "+OK\r\n1 3\r\n2 3\r\n.\r\n",
                    "RETR 1" => "+OK\r\na\r\n.\r\n",
                    "RETR 2" if *breaks => break,
                    "RETR 2" => "+OK\r\nb\r\n.\r\n",
                    _ => "+OK\r\n",
                };
            }
        }
    };
    (port, std::thread::spawn(serve))
}

fn collected<T: Target>(collector: &mut Collector<T>, port: u16) -> Result<usize, Error> {
    let options = super::Options { security: Security::Clear, ..super::Options::default() };
    let mut mailbox = Mailbox::connect("127.0.0.1", port, &options)?;
    mailbox.log_in(&crate::sasl::Credentials::password("ann", "secret"), Method::Strongest)?;
    collector.run(&mut mailbox).map(|report| report.stored)
}

#[test]
fn without_ids_nothing_is_stored_twice_and_nothing_is_overwritten() {
    let scratch = tempfile::tempdir().unwrap();
    let (port, served) = without_ids(&[false, true, false]);
    let folder = scratch.path().join("folder");
    let collector = || Collector::new(ToFolder::create(&folder).unwrap(), None, Plan::default());
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|item| item.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(collected(&mut collector(), port).unwrap(), 2);
    assert_eq!(names(), ["000001.eml", "000002.eml"]);
    // Another session's message 1 is another message.
    let mut second = collector();
    assert!(matches!(collected(&mut second, port), Err(Error::Ended(_))));
    assert_eq!(names(), ["000001-2.eml", "000001.eml", "000002.eml"]);
    // Which of them it has stored, the collector can't tell now.
    assert!(matches!(collected(&mut second, port), Err(Error::NoUniqueIds)));
    assert_eq!(names().len(), 3);
    served.join().unwrap();
}

#[test]
fn without_ids_a_session_may_follow_one_that_deleted_what_it_stored() {
    let scratch = tempfile::tempdir().unwrap();
    let (port, served) = without_ids(&[false, false, true, false]);
    let plan = Plan { delete: true, ..Plan::default() };
    let mut collector = Collector::new(ToFolder::create(scratch.path()).unwrap(), None, plan);
    assert_eq!(collected(&mut collector, port).unwrap(), 2);
    assert_eq!(collected(&mut collector, port).unwrap(), 4);
    assert_eq!(collector.report().deleted, 4);
    // One that broke deleted nothing.
    assert!(matches!(collected(&mut collector, port), Err(Error::Ended(_))));
    assert!(matches!(collected(&mut collector, port), Err(Error::NoUniqueIds)));
    drop(collector);
    served.join().unwrap();
}

#[cfg(unix)]
#[test]
fn messages_are_taken_out_of_an_mbox_behind_a_link() {
    let scratch = tempfile::tempdir().unwrap();
    let (real, link) = (scratch.path().join("spool"), scratch.path().join("mbox"));
    let message = |text: &str| format!("From ann@example.org Thu Jan  1 00:00:00 1970\n{text}\n\n");
    fs::write(&real, message("one") + &message("two")).unwrap();
    std::os::unix::fs::symlink("spool", &link).unwrap();
    let mut maildrop = MboxDrop::open(&link).unwrap();
    assert_eq!(maildrop.list().unwrap().len(), 2);
    maildrop.delete(&[0]).unwrap();
    // Whoever delivers to the file itself delivers to what the next session shows.
    assert_eq!(fs::read_to_string(&real).unwrap(), message("two"));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}
