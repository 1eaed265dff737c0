//! The command streams of area `smtp` and what plainwire makes of them: timed and counted.

use plainwire::smtp::Command;
use plainwire::syntax::line::Lines;
use std::hint::black_box;

/// Ten commands of two sessions: what a server reads before it reads mail.
pub const MIX: &[u8] = b"EHLO mail-yw1-f172.example.com\r\n\
MAIL FROM:<bounces+2345678-ab12-user=example.org@em1234.newsletter.example.com> SIZE=28412 BODY=8BITMIME\r\n\
RCPT TO:<firstname.lastname@example.org>\r\n\
DATA\r\n\
RSET\r\n\
MAIL FROM:<ada@example.org> SIZE=1024\r\n\
RCPT TO:<bob@lists.example.net> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@lists.example.net\r\n\
RCPT TO:<grace.hopper@navy.example.mil>\r\n\
BDAT 1024 LAST\r\n\
QUIT\r\n";

/// How many those are.
pub const COMMANDS: u64 = 10;

/// Forwards of a list: twenty recipients.
pub fn recipients() -> Vec<u8> {
    let names = ["ada.lovelace", "bob", "grace.hopper+lists", "info", "firstname.lastname"];
    let hosts = ["example.org", "mail.example.com", "lists.sub.example.net", "example.co"];
    let paths = names.iter().flat_map(|name| hosts.iter().map(move |host| format!("RCPT TO:<{name}@{host}>\r\n")));
    paths.collect::<String>().into_bytes()
}

/// Takes the commands of a stream, each behind the other, as a server does.
pub fn ours(stream: &[u8]) -> usize {
    let (mut rest, mut lines, mut commands) = (stream, Lines::new(), 0);
    while let Some(line) = lines.take(&mut rest, 2048).expect("a short line") {
        black_box(Command::parse(line).expect("a command"));
        commands += 1;
    }
    commands
}
