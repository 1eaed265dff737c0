use super::*;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bytes::BytesMut;
use proptest::prelude::*;

fn mailbox(text: &str) -> Option<String> {
    text.parse::<Address>().ok().map(|address| address.to_string())
}

#[test]
fn mailboxes_of_rfc_5321() {
    for good in [
        "a@b",
        "Ada.Lovelace@example.org",
        "a+b=c@example.org",
        "\"a b\"@example.org",
        "\"a\\\"b\\\\\"@example.org",
        "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "a@[x-tag:what]",
        "a@xn--bcher-kva.example",
        "postmaster",
        "PostMaster",
        "λ@παράδειγμα.gr",
        "a@1.2",
        "a@b-c.d",
        "!#$%&'*+-/=?^_`{|}~@example.org",
        "\"@\"@example.org",
    ] {
        assert_eq!(mailbox(good).as_deref(), Some(good), "{good}");
    }
    for bad in [
        "",
        "a",
        "@b",
        "a@",
        "a@b.",
        "a@.b",
        "a..b@c",
        ".a@b",
        "a.@b",
        "a@-b",
        "a@b-",
        "a@b-.c",
        "a@b.-c",
        "a b@c",
        "a@b c",
        "a@b@c",
        "\"a@b",
        "\"\"@b",
        "a\"b\"@c",
        "\"a\"b@c",
        "a@[1.2.3]",
        "a@[::1]",
        "a@[IPv6:1.2.3.4]",
        "a@[1.2.3.4",
        "a@b\r",
        "a\n@b",
        "a\0@b",
        "\"a\nb\"@c",
        "\"a\tb\"@c",
        "<a@b>",
        "a@b>",
        "a@x_y.org",
        "a@b,c@d",
        "x<a@b>",
        "a@b (c)",
        "a\u{85}@b",
        "a@b\u{2028}",
    ] {
        assert_eq!(mailbox(bad), None, "{bad:?}");
    }
    assert_eq!(mailbox(&format!("{}@{}", "a".repeat(64), "b".repeat(255))).map(|text| text.len()), Some(320));
    assert_eq!(mailbox(&format!("{}@{}", "a".repeat(65), "b".repeat(255))), None);
    assert_eq!(mailbox(&format!("a@{}", "b".repeat(256))), None);
}

#[test]
fn quotes_are_kept_and_given_back() {
    // mail-send #42: without its quotes this is a parameter.
    let text = r#""foo@psres.net> ORCPT=a"@test.com"#;
    let line = format!("RCPT TO:<{text}>");
    let Ok(Command::Rcpt(rcpt)) = Command::parse(line.as_bytes()) else { panic!() };
    assert_eq!(rcpt.to.as_str(), text);
    assert_eq!(rcpt.to.name(), "foo@psres.net> ORCPT=a");
    assert_eq!(rcpt.to.domain(), Some("test.com"));
    assert_eq!(written(&Command::Rcpt(rcpt)), line + "\r\n");
    let made = Address::new("foo@psres.net> ORCPT=a", "test.com").unwrap();
    assert_eq!(made.as_str(), text);
    assert_eq!(Address::new("a\"b\\c", "test.com").unwrap().name(), "a\"b\\c");
    assert!(Address::new("a\r\nb", "test.com").is_err());
    assert!(Address::new("a", "test.com>\r\nDATA").is_err());
    // An encoded-word is a name like any other: nothing decodes it.
    assert_eq!("=?x?q?foo=40evil.org=3e=00?=@x.org".parse::<Address>().unwrap().domain(), Some("x.org"));
}

fn written<B: AsRef<[u8]>>(command: &Command<B>) -> String {
    let mut out = BytesMut::new();
    command.write(&mut out);
    String::from_utf8(out.to_vec()).unwrap()
}

#[test]
fn commands_and_how_they_are_written() {
    for (line, wanted) in [
        ("ehlo bar.com", "EHLO bar.com"),
        ("EHLO [192.0.2.1]", "EHLO [192.0.2.1]"),
        ("HELO my_pc ", "HELO my_pc"),
        ("LHLO foo.edu", "LHLO foo.edu"),
        ("MAIL FROM:<>", "MAIL FROM:<>"),
        ("Mail From:<Smith@bar.com> size=1000 body=8bitmime", "MAIL FROM:<Smith@bar.com> SIZE=1000 BODY=8BITMIME"),
        ("MAIL FROM:<@hosta,@[192.0.2.1]:a@b> SMTPUTF8", "MAIL FROM:<a@b> SMTPUTF8"),
        (
            "MAIL FROM:<a@b> RET=HDRS ENVID=QQ314159 AUTH=<> REQUIRETLS MT-PRIORITY=-4 HOLDFOR=60 BY=120;RT",
            "MAIL FROM:<a@b> RET=HDRS ENVID=QQ314159 AUTH=<> REQUIRETLS MT-PRIORITY=-4 HOLDFOR=60 BY=120;RT",
        ),
        ("MAIL FROM:<a@b> HOLDUNTIL=2026-11-23T10:44:00Z", "MAIL FROM:<a@b> HOLDUNTIL=2026-11-23T10:44:00Z"),
        (
            "MAIL FROM:<e+3Dmc2@example.com> AUTH=e+3Dmc2@example.com",
            "MAIL FROM:<e+3Dmc2@example.com> AUTH=e+3Dmc2@example.com",
        ),
        ("RCPT TO:<postmaster>", "RCPT TO:<postmaster>"),
        ("rcpt to:<@ONE,@TWO:JOE@THREE>  ", "RCPT TO:<JOE@THREE>"),
        (
            "RCPT TO:<a@b> NOTIFY=delay,SUCCESS ORCPT=rfc822;Bob+2Bx@Ivory.EDU",
            "RCPT TO:<a@b> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bob+2Bx@Ivory.EDU",
        ),
        ("RCPT TO:<a@b> NOTIFY=NEVER", "RCPT TO:<a@b> NOTIFY=NEVER"),
        ("data", "DATA"),
        ("QUIT  ", "QUIT"),
        ("bdat 86 last", "BDAT 86 LAST"),
        ("BDAT 0", "BDAT 0"),
        ("NOOP anything at all", "NOOP"),
        ("HELP", "HELP"),
        ("help mail", "HELP mail"),
        ("VRFY <a@b>", "VRFY <a@b>"),
        ("EXPN list", "EXPN list"),
        ("ETRN example.org", "ETRN example.org"),
        ("starttls", "STARTTLS"),
        ("auth plain dGVzdAB0ZXN0ADEyMzQ=", "AUTH plain dGVzdAB0ZXN0ADEyMzQ="),
        ("AUTH CRAM-MD5", "AUTH CRAM-MD5"),
        ("xclient NAME=spike.example.org ADDR=192.0.2.1", "XCLIENT NAME=spike.example.org ADDR=192.0.2.1"),
    ] {
        match Command::parse(line.as_bytes()) {
            Ok(command) => assert_eq!(written(&command), format!("{wanted}\r\n"), "{line}"),
            Err(error) => panic!("{line}: {error}"),
        }
    }
}

#[test]
fn lines_that_are_no_commands() {
    use CommandError as E;
    for (line, error) in [
        ("", E::Unknown),
        ("QUI", E::Unknown),
        ("XYZZY", E::Unknown),
        ("MAILFROM:<a@b>", E::Unknown),
        ("NOOP\nQUIT", E::Unknown),
        ("QUIT\r", E::Unknown),
        ("NOOP \0", E::Unknown),
        ("MAIL", E::Argument),
        ("MAIL <a@b>", E::Argument),
        ("MAIL FROM:a@b", E::Sender),
        ("MAIL FROM: <a@b>", E::Sender),
        ("MAIL FROM:<a@b", E::Sender),
        ("MAIL FROM:<a@b>\nRCPT TO:<c@d>", E::Parameter(ParameterError::Syntax)),
        ("MAIL FROM:<postmaster>", E::Sender),
        ("RCPT TO:<>", E::Recipient),
        ("RCPT TO:<a@b>\rDATA", E::Parameter(ParameterError::Syntax)),
        ("RCPT TO:a@x <b@y>", E::Recipient),
        ("RCPT TO:<a@x> <b@y>", E::Parameter(ParameterError::Syntax)),
        ("RCPT TO:<@a,b:c@d>", E::Recipient),
        ("MAIL FROM:<a@b>SIZE=1", E::Parameter(ParameterError::Syntax)),
        ("MAIL FROM:<a@b>  SIZE=1", E::Parameter(ParameterError::Syntax)),
        ("MAIL FROM:<a@b> SIZE=1 SIZE=2", E::Parameter(ParameterError::Twice)),
        ("MAIL FROM:<a@b> SMTPUTF8 SMTPUTF8", E::Parameter(ParameterError::Twice)),
        ("MAIL FROM:<a@b> HOLDFOR=1 HOLDUNTIL=2026-11-23T10:44:00Z", E::Parameter(ParameterError::Twice)),
        ("MAIL FROM:<a@b> SIZE=x", E::Parameter(ParameterError::Value)),
        ("MAIL FROM:<a@b> SIZE=18446744073709551616", E::Parameter(ParameterError::Value)),
        ("MAIL FROM:<a@b> SIZE", E::Parameter(ParameterError::Value)),
        ("MAIL FROM:<a@b> BODY=9BIT", E::Parameter(ParameterError::Value)),
        ("MAIL FROM:<a@b> MT-PRIORITY=10", E::Parameter(ParameterError::Value)),
        ("MAIL FROM:<a@b> BY=0;R", E::Parameter(ParameterError::Value)),
        ("MAIL FROM:<a@b> FOO=bar", E::Parameter(ParameterError::Unknown)),
        ("MAIL FROM:<a@b> NOTIFY=NEVER", E::Parameter(ParameterError::Unknown)),
        ("RCPT TO:<a@b> NOTIFY=NEVER,DELAY", E::Parameter(ParameterError::Value)),
        ("RCPT TO:<a@b> ORCPT=rfc822", E::Parameter(ParameterError::Value)),
        ("RCPT TO:<a@b> ORCPT=rfc822;a+0", E::Parameter(ParameterError::Value)),
        ("EHLO", E::Argument),
        ("EHLO a b", E::Argument),
        ("EHLO a>b", E::Argument),
        ("HELO [1.2.3]", E::Argument),
        ("DATA now", E::Argument),
        ("STARTTLS now", E::Argument),
        ("STARTLES", E::Unknown),
        ("AUTH", E::Argument),
        ("AUTH PLAIN a b", E::Argument),
        ("BDAT", E::Chunk),
        ("BDAT -1", E::Chunk),
        ("BDAT 1 FIRST", E::Chunk),
        ("BDAT 99999999999999999999", E::Chunk),
        ("VRFY", E::Argument),
        ("GET / HTTP/1.1", E::Foreign),
        ("POST /x HTTP/1.1", E::Foreign),
        ("Host: example.org", E::Foreign),
    ] {
        assert_eq!(Command::parse(line.as_bytes()), Err(error), "{line:?}");
    }
}

#[test]
fn replies_of_one_line_and_of_several() {
    let mut input = &b"250-first\r\n250-2.1.0 second\r\n250 last\r\n354\r\nrest"[..];
    let mut replies = reply::Replies::new();
    let reply = replies.take(&mut input, 512, 4096).unwrap().unwrap();
    assert_eq!(reply.code().number(), 250);
    assert_eq!(reply.enhanced(), None);
    assert_eq!(reply.lines().collect::<Vec<_>>(), [&b"first"[..], b"2.1.0 second", b"last"]);
    let reply = replies.take(&mut input, 512, 4096).unwrap().unwrap();
    assert!(reply.code().is_intermediate());
    assert_eq!(reply.to_text(), "");
    assert_eq!(input, b"rest");
    let mut input = &b"550-5.1.1 no\r\n550 5.1.1 such user\r\n"[..];
    let reply = replies.take(&mut input, 512, 4096).unwrap().unwrap();
    assert_eq!(reply.enhanced(), Enhanced::new(5, 1, 1));
    assert_eq!(reply.to_text(), "no\nsuch user");
    // A class that is not the code's is text (RFC 2034 4).
    let reply = reply::Replies::new().take(&mut &b"250 5.1.1 odd\r\n"[..], 512, 4096).unwrap().unwrap();
    assert_eq!((reply.enhanced(), reply.to_text().as_str()), (None, "5.1.1 odd"));
}

#[test]
fn replies_that_are_none() {
    for (text, offset, error) in [
        ("250-a\r\n251 b\r\n", 7, ReplyError::Codes),
        ("250 a\nb\r\n", 5, ReplyError::Syntax),
        ("25 a\r\n", 0, ReplyError::Syntax),
        ("199 a\r\n", 0, ReplyError::Syntax),
        ("260 a\r\n", 0, ReplyError::Syntax),
        ("600 a\r\n", 0, ReplyError::Syntax),
        ("250?a\r\n", 3, ReplyError::Syntax),
        ("250 a\x1b[2J\r\n", 5, ReplyError::Syntax),
        ("250 a\rb\r\n", 5, ReplyError::Syntax),
        ("+OK\r\n", 0, ReplyError::Syntax),
        ("250 12345678901234567890", 20, ReplyError::TooLong),
        ("250-123456\r\n250-12345678\r\n250-12345", 30, ReplyError::TooLong),
    ] {
        for step in 1..=text.len() {
            let mut replies = reply::Replies::new();
            let outcome = (0..text.len())
                .step_by(step)
                .chain([text.len()])
                .find_map(|end| replies.take(&mut &text.as_bytes()[..end], 20, 30).err());
            assert_eq!(outcome, Some((offset, error)), "{text:?} by {step}");
        }
    }
}

#[test]
fn answers_can_not_forge_a_line() {
    for (code, enhanced, text) in [
        (550, None, "a\r\n250 b"),
        (550, None, "a\nb"),
        (550, None, "a\0"),
        (550, Some((2, 0, 0)), "class"),
        (550, Some((5, 1000, 0)), "range"),
        (99, None, "code"),
        (560, None, "code"),
    ] {
        assert_eq!(Answer::new(code, enhanced, text), Err(InvalidAnswer), "{text:?}");
    }
    assert_eq!(Answer::new(550, None, "x".repeat(500)), Err(InvalidAnswer));
    let mut out = BytesMut::new();
    Answer::new(452, (4, 5, 3), "too many").unwrap().write(true, &mut out);
    Answer::new(452, (4, 50, 123), "too many").unwrap().write(true, &mut out);
    Answer::new(452, (4, 5, 3), "too many").unwrap().write(false, &mut out);
    assert_eq!(&out[..], b"452 4.5.3 too many\r\n452 4.50.123 too many\r\n452 too many\r\n");
}

#[test]
fn capabilities_of_an_ehlo() {
    let text = "250-mx.example.org greets you\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250-auth plain LOGIN\r\n\
                250-AUTH=LOGIN CRAM-MD5\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-BINARYMIME\r\n250-CHUNKING\r\n250-DSN\r\n\
                250-LIMITS MAILMAX=5 RCPTMAX=20 X=1 RCPTDOMAINMAX=0\r\n250-DELIVERBY 240\r\n\
                250-FUTURERELEASE 86400 2026-12-01T00:00:00Z\r\n250-X-OTHER thing\r\n250 ENHANCEDSTATUSCODES\r\n";
    let reply = reply::Replies::new().take(&mut text.as_bytes(), 512, 4096).unwrap().unwrap();
    let found = Capabilities::of(&reply);
    let wanted = Capabilities {
        extended: true,
        pipelining: true,
        size: Some(Some(10_240_000)),
        starttls: true,
        auth: ["PLAIN", "LOGIN", "CRAM-MD5"].map(Into::into).to_vec(),
        eight_bit: true,
        utf8: true,
        chunking: true,
        binary: true,
        dsn: true,
        enhanced: true,
        future_release: Some(86400),
        deliver_by: Some(Some(240)),
        max_messages: Some(5),
        max_recipients: Some(20),
        ..Capabilities::default()
    };
    assert_eq!(found, wanted);
    for line in reply.lines().skip(1) {
        let capability = Capability::parse(line).unwrap();
        let written = capability.to_string();
        assert_eq!(Capability::parse(written.as_bytes()), Some(capability));
    }
}

#[test]
fn xtext_says_any_octets() {
    let text = Xtext::encode(b"a+b=c d\xff\r\n");
    assert_eq!(text.as_str(), "a+2Bb+3Dc+20d+FF+0D+0A");
    assert_eq!(text.decode(), b"a+b=c d\xff\r\n");
    let auth = format!("{:?}", Command::parse(b"AUTH PLAIN AGFkYQBlbmdpbmU=").unwrap());
    assert!(auth.contains("PLAIN") || auth.contains("80, 76"), "{auth}");
    assert!(auth.contains("***") && !auth.contains("AGFk") && !auth.contains("65, 71, 70"), "{auth}");
    let original = OriginalRecipient::of(&"a+b@example.org".parse::<Address>().unwrap());
    assert_eq!((original.as_str(), original.kind()), ("rfc822;a+2Bb@example.org", "rfc822"));
    let original = OriginalRecipient::of(&"λ+b@example.org".parse::<Address>().unwrap());
    assert_eq!(original.as_str(), "utf-8;λ\\x{2B}b@example.org");
    assert!(OriginalRecipient::parse(original.as_str().as_bytes()).is_some());
}

proptest! {
    /// What the walk over tables takes, the grammar takes, and alike; what only one takes is taken.
    #[test]
    fn mailboxes_survive(text in "[a-z.\"\\\\@<> +\\[\\]:1-]{0,24}") {
        if let Ok(address) = text.parse::<Address>() {
            prop_assert_eq!(address.as_str(), &text);
            let line = format!("RCPT TO:<{text}>");
            let Ok(Command::Rcpt(rcpt)) = Command::parse(line.as_bytes()) else { panic!("{line}") };
            prop_assert_eq!(rcpt.to.as_str(), &text);
        }
    }

    #[test]
    fn names_of_any_characters_are_quoted(name in "[ -~]{1,30}") {
        let address = Address::new(&name, "example.org").unwrap();
        prop_assert_eq!(address.name(), name);
        prop_assert_eq!(address.as_str().parse::<Address>().unwrap(), address);
    }

    #[test]
    fn a_command_read_is_a_command_written(line in "(?i)(mail from:|rcpt to:|bdat |ehlo |auth )<?[a-z@.]{0,9}>?( (size|body|ret|by|orcpt|notify)=[a-z0-9;]{1,8}){0,2}") {
        if let Ok(command) = Command::parse(line.as_bytes()) {
            let out = written(&command);
            prop_assert_eq!(Command::parse(out.trim_end().as_bytes()), Ok(command));
        }
    }

    /// Of keywords and values, the number is the same for the same letters in whatever case, and for nothing else.
    #[test]
    fn words_are_compared_as_numbers(word in "[A-Z0-9-]{1,8}", other in "[!-<>-~]{0,10}", lower: bool) {
        use syntax::words::{folded, key};
        let spelled = if lower { word.to_ascii_lowercase() } else { word.clone() };
        prop_assert_eq!(folded(spelled.as_bytes()), key(word.as_bytes()));
        let word = word.replace('-', "A");
        prop_assert_eq!(folded(other.as_bytes()) == key(word.as_bytes()), other.eq_ignore_ascii_case(&word));
    }

    #[test]
    fn known_words_are_no_others(text in "[!-~]{0,9}", at in 0usize..8, octet: u8) {
        use syntax::words::{folded, key};
        for word in ["SIZE", "BODY", "8BITMIME", "NOTIFY", "ORCPT", "SUCCESS", "FAILURE", "DELAY"] {
            let mut near = word.as_bytes().to_vec();
            near[at % word.len()] = octet;
            for text in [text.as_bytes(), &near] {
                // Whatever ends a value is not in one.
                let value = text.iter().all(|octet| *octet > b' ' && *octet != b'=' && *octet != 0x7F);
                if value {
                    prop_assert_eq!(folded(text) == key(word.as_bytes()), text.eq_ignore_ascii_case(word.as_bytes()));
                }
            }
        }
    }

    #[test]
    fn parameters_are_what_the_grammar_says(text in "( ?[a-z-]{1,4}(=[a-z]{0,3})?){0,4}") {
        let grammar = syntax::words::parameters(text.as_bytes());
        let parsed = MailParameters::parse(text.as_bytes());
        if grammar.is_none() {
            prop_assert!(parsed.is_err());
        } else {
            prop_assert_ne!(parsed, Err(ParameterError::Syntax));
        }
    }

    /// The frequent ones by their first octets are what the grammar and the comparison of words make of them.
    #[test]
    fn frequent_parameters_are_parameters(
        text in "( (size|SIZE|Body|NOTIFY|notify|orcpt|ret|SMTPUTF8|siz|bodyy)(=(8BITMIME|8bitMime|7bit|[0-9]{0,21}|SUCCESS|delay|failure|never|FULL|rfc822;[a-z+=2B]{0,24})(,(SUCCESS|failure|Delay|x))?)?[\x18 \x00é]?){0,4}",
        at in 0usize..60, octet: u8,
    ) {
        let mut changed = text.clone().into_bytes();
        if let Some(place) = changed.get_mut(at) {
            *place = octet;
        }
        for text in [text.as_bytes(), &changed] {
            let (mut mail, mut rcpt) = (Ok(MailParameters::default()), Ok(RcptParameters::default()));
            let (list, whole) = walked(text);
            for (keyword, value) in list {
                mail = mail.and_then(|mut found| found.take(keyword, value).map(|()| found));
                rcpt = rcpt.and_then(|mut found| {
                    let some = || value.ok_or(ParameterError::Value);
                    let twice = if keyword.eq_ignore_ascii_case(b"NOTIFY") {
                        found.notify.replace(notified(some()?).ok_or(ParameterError::Value)?).is_some()
                    } else if keyword.eq_ignore_ascii_case(b"ORCPT") {
                        let original = OriginalRecipient::parse(some()?).ok_or(ParameterError::Value)?;
                        found.original.replace(original).is_some()
                    } else {
                        return Err(ParameterError::Unknown);
                    };
                    if twice { Err(ParameterError::Twice) } else { Ok(found) }
                });
            }
            if !whole {
                mail = mail.and(Err(ParameterError::Syntax));
                rcpt = rcpt.and(Err(ParameterError::Syntax));
            }
            prop_assert_eq!(MailParameters::parse(text), mail);
            prop_assert_eq!(RcptParameters::parse(text), rcpt);
        }
    }

    /// RFC 3030 2, by words and the number that the standard library reads.
    #[test]
    fn chunks_are_words(argument in "[0-9]{0,21}( ?(LAST|last|Last|LAST |[a-zL]{4}))?[ é\x00]{0,2}", at in 0usize..30, octet: u8) {
        let mut changed = argument.clone().into_bytes();
        if let Some(place) = changed.get_mut(at) {
            *place = octet;
        }
        for argument in [argument.as_bytes(), &changed] {
            let line = [b"bdat ", argument].concat();
            let text = str::from_utf8(argument).ok().filter(|text| !text.chars().any(char::is_control));
            let wanted = text.ok_or(CommandError::Unknown).and_then(|text| {
                let words: Vec<&str> = text.trim_end_matches(' ').split(' ').collect();
                let (size, last) = match words[..] {
                    [size] => (size, false),
                    [size, last] if last.eq_ignore_ascii_case("LAST") => (size, true),
                    _ => return Err(CommandError::Chunk),
                };
                let digits = size.len() <= 20 && size.bytes().all(|octet| octet.is_ascii_digit());
                let size = size.parse().ok().filter(|_| digits).ok_or(CommandError::Chunk)?;
                Ok(Command::Bdat { size, last })
            });
            prop_assert_eq!(Command::parse(&line), wanted);
        }
    }

    /// RFC 3461 4.1: words between commas.
    #[test]
    fn notifications_are_words(text in "((SUCCESS|failure|Delay|DELAY|never|NEVER|x|SUCCES|\x13UCCESS),?){0,4}") {
        let line = format!("RCPT TO:<a@b> NOTIFY={text}");
        let notify = Command::parse(line.as_bytes()).ok().map(|command| match command {
            Command::Rcpt(rcpt) => rcpt.parameters.notify,
            other => panic!("{other:?}"),
        });
        prop_assert_eq!(notify, notified(text.as_bytes()).map(Some));
    }
}

/// A keyword and its value.
type Named<'i> = (&'i [u8], Option<&'i [u8]>);

/// The parameters of a text one by one, up to what is none (RFC 5321 4.1.2), and whether all of it is some.
fn walked(mut text: &[u8]) -> (Vec<Named<'_>>, bool) {
    let split = |text: &[u8], is: fn(u8) -> bool| text.iter().position(|octet| !is(*octet)).unwrap_or(text.len());
    let mut list = Vec::new();
    while let Some(rest) = text.strip_prefix(b" ") {
        let (keyword, rest) = rest.split_at(split(rest, |octet| octet.is_ascii_alphanumeric() || octet == b'-'));
        if keyword.is_empty() || keyword.starts_with(b"-") {
            return (list, false);
        }
        let Some(rest) = rest.strip_prefix(b"=") else {
            list.push((keyword, None));
            text = rest;
            continue;
        };
        let (value, rest) = rest.split_at(split(rest, |octet| matches!(octet, b'!'..=b'<' | b'>'..=b'~' | 0x80..)));
        if value.is_empty() || !matches!(rest, [] | [b' ', ..]) {
            return (list, false);
        }
        list.push((keyword, Some(value)));
        text = rest;
    }
    (list, text.is_empty())
}

fn notified(text: &[u8]) -> Option<Notify> {
    if text.eq_ignore_ascii_case(b"NEVER") {
        return Some(Notify::NEVER);
    }
    let mut found = Notify::NEVER;
    for word in text.split(|octet| *octet == b',') {
        *match &word.to_ascii_uppercase()[..] {
            b"SUCCESS" => &mut found.success,
            b"FAILURE" => &mut found.failure,
            b"DELAY" => &mut found.delay,
            _ => return None,
        } = true;
    }
    Some(found)
}
