use super::kinds;
use crate::mime::{Address, AddressList, DefectKind, InvalidMailbox, Mailbox};
use proptest::prelude::*;
use std::format;
use std::string::{String, ToString};

/// A list in short: `Name <address>`, groups as `Name: a, b;`.
fn short(text: &str) -> String {
    let list = AddressList::parse(text.as_bytes());
    let mailbox = |mailbox: &Mailbox<'_>| match mailbox.name() {
        Some(name) => format!("{name} <{}>", mailbox.address()),
        None => mailbox.address().to_string(),
    };
    let each = list.addresses.iter().map(|address| match address {
        Address::Mailbox(one) => mailbox(one),
        Address::Group(group) => {
            format!(
                "{}: {};",
                group.name(),
                group.members().iter().map(mailbox).collect::<std::vec::Vec<_>>().join(", ")
            )
        }
    });
    let mut text = each.collect::<std::vec::Vec<_>>().join(" | ");
    for defect in &list.defects {
        text += &format!(" !{}@{}", defect.kind.as_str(), defect.offset);
    }
    text
}

#[test]
fn the_examples_of_rfc_5322() {
    for (text, expected) in [
        ("John Doe <jdoe@machine.example>", "John Doe <jdoe@machine.example>"),
        ("\"Joe Q. Public\" <john.q.public@example.com>", "Joe Q. Public <john.q.public@example.com>"),
        (
            "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
            "Mary Smith <mary@x.test> | jdoe@example.org | Who? <one@y.test>",
        ),
        (
            "<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
            "boss@nil.test | Giant; \"Big\" Box <sysservices@example.net>",
        ),
        (
            "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
            "A Group: Ed Jones <c@a.test>, joe@where.test, John <jdoe@one.test>;",
        ),
        ("Undisclosed recipients:;", "Undisclosed recipients: ;"),
        ("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "Pete <pete@silly.test>"),
        (
            "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
            "A Group: Chris Jones <c@public.example>, joe@example.org, John <jdoe@one.test>;",
        ),
        ("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", "Hidden recipients: ;"),
        ("Joe Q. Public <john.q.public@example.com>", "Joe Q. Public <john.q.public@example.com>"),
        (
            "Mary Smith <@node.test:mary@example.net>, , jdoe@test   . example",
            "Mary Smith <mary@example.net> | jdoe@test.example",
        ),
        ("John Doe <jdoe@machine(comment).  example>", "John Doe <jdoe@machine.example>"),
        ("<@a.example,@b.example:c@d.example>", "c@d.example"),
        ("<>", ""),
    ] {
        assert_eq!(short(text), expected, "{text}");
    }
}

#[test]
fn local_parts_literals_and_utf8() {
    for (text, expected) in [
        ("\"john doe\"@x.org", "\"john doe\"@x.org"),
        ("\"john\"@x.org", "john@x.org"),
        ("\"a\\\"b\\\\c\"@x.org", "\"a\\\"b\\\\c\"@x.org"),
        ("\"a\".b@x.org", "a.b@x.org"),
        ("\"\"@x.org", "\"\"@x.org"),
        ("\"foo@psres.net> ORCPT=a\"@test.com", "\"foo@psres.net> ORCPT=a\"@test.com"),
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"),
        ("Jörg <jörg@müller.example>", "Jörg <jörg@müller.example>"),
        ("barry@digicool.com (Barry A. Warsaw)", "Barry A. Warsaw <barry@digicool.com>"),
        ("a . b @ c . d", "a.b@c.d"),
    ] {
        assert_eq!(short(text), expected, "{text}");
    }
}

#[test]
fn encoded_words_are_decoded_where_they_may_stand() {
    for (text, expected) in [
        ("=?iso-8859-1?q?J=F6rg?= M <j@x>", "Jörg M <j@x>"),
        ("=?utf-8?q?J=C3=B6rg?=\r\n =?utf-8?b?TcO8bGxlcg==?= <j@x>", "JörgMüller <j@x>"),
        ("\"=?utf-8?q?J=C3=B6rg?=\" <j@x>", "=?utf-8?q?J=C3=B6rg?= <j@x>"),
        ("=?utf-8?q?Smith,_John?= <j@x>", "Smith, John <j@x>"),
        ("j@x (=?utf-8?q?J=C3=B6rg?=)", "Jörg <j@x>"),
        ("=?x?q?foo=40evil.org=3e=00?=@x.org", "=?x?q?foo=40evil.org=3e=00?=@x.org"),
        ("=?utf-8?q?a?=b@x", "=?utf-8?q?a?=b@x"),
        ("=?utf-8?q?a=40b,c?=@x", " !invalid-address@0"),
        ("=?utf-8?q?G?=: a@b;", "G: a@b;"),
        ("=?nope?q?a?= <j@x>", "=?nope?q?a?= <j@x> !invalid-encoded-word@0"),
    ] {
        assert_eq!(short(text), expected, "{text}");
    }
}

#[test]
fn what_is_wrong_is_left_out_and_told() {
    for (text, expected) in [
        ("a@x <b@y>", " !ambiguous-address@0"),
        ("c@z, a@x <b@y>, d@w", "c@z | d@w !ambiguous-address@5"),
        ("<a@b><c@d>", " !text-after-address@5"),
        ("<a@b> c", " !text-after-address@6"),
        ("No reply @ Linphone.org <x@y>", "No reply @ Linphone.org <x@y> !unquoted-name@0"),
        ("a b@c", " !invalid-address@0"),
        ("a@b@c", " !invalid-address@0"),
        ("@b", " !invalid-address@0"),
        ("a@", " !invalid-address@0"),
        ("a@b..c", " !invalid-address@0"),
        ("a@.b", " !invalid-address@0"),
        ("root", "root !missing-domain@0"),
        ("a..b@docomo.example", "a..b@docomo.example !misplaced-dot@0"),
        ("Ann <a@b", " !unclosed@4"),
        ("\"Ann <a@b>", " !unclosed@0 !invalid-address@0"),
        ("(a@b", " !unclosed@0"),
        ("G: a@b, c@d", "G: a@b, c@d; !unclosed-group@0"),
        ("G: H: a@b; c@d", "G: a@b; | c@d !nesting-limit@3 !text-after-address@11"),
        ("a@b; c@d", "a@b | c@d !stray-semicolon@3"),
        (",,,", ""),
        ("", ""),
        ("a@[1.2", " !unclosed@2 !invalid-address@0"),
    ] {
        assert_eq!(short(text), expected, "{text}");
    }
}

#[test]
fn a_mailbox_to_write_forges_nothing() {
    assert!(Mailbox::new("Ann", "ann@example.org").is_ok());
    assert!(Mailbox::new("", "\"a b\"@example.org").is_ok());
    assert_eq!(
        Mailbox::new("Ann\r\nBcc: x", "ann@x").map_err(|e| e.to_string()),
        Err(InvalidMailbox::Name.to_string())
    );
    for address in [
        "",
        "ann",
        "a@b, c@d",
        "a@b\r\n",
        "Ann <a@b>",
        "a(b)@c",
        "a @b",
        "a@b (c)",
        "<a@b>",
        "a@b;",
        "\"a\nb\"@c",
        "@",
        "a@",
    ] {
        assert_eq!(Mailbox::new("", address), Err(InvalidMailbox::Address), "{address:?}");
    }
}

#[test]
fn no_address_that_was_read_holds_a_line_break() {
    // RFC 5322 3.2.2 and 3.4.1: a fold inside a literal means nothing; a line break that is no fold ends the field.
    let list = AddressList::parse(b"a@[IPv6:\r\n ::1]");
    assert_eq!(list.addresses[0].mailboxes()[0].address(), "a@[IPv6:::1]");
    for forged in ["a@[IP\r\nv6:::1]", "a@[IP\nv6:::1]", "a@[\0]", "a@[x\r\n\r\nBcc: b@c]", "\"a\tb\"@c.example"] {
        let list = AddressList::parse(forged.as_bytes());
        assert_eq!((list.addresses.len(), list.defects.len()), (0, 1), "{forged:?}");
    }
}

#[test]
fn bombs_are_linear() {
    for bomb in [
        "(".repeat(20_000),
        "<".repeat(20_000),
        "\"".repeat(20_001),
        "a:".repeat(10_000),
        "@,".repeat(10_000),
        "[".repeat(20_000),
        "=?a?q?".repeat(4000),
    ] {
        let (work, list) = crate::work::count(|| AddressList::parse(bomb.as_bytes()));
        assert!(work < 40 * bomb.len() as u64, "{work} for {}", &bomb[..4]);
        assert!(list.defects.len() <= 100);
    }
}

/// Each of these looked at all of the others.
#[test]
fn brackets_and_routes_are_looked_at_once() {
    for unit in ["[\\", "[\\[", "[\\\\", "[\\\"", "[a\\[.", "\\["] {
        let bomb = unit.repeat(200_000);
        let list = AddressList::parse(bomb.as_bytes());
        assert!(list.addresses.is_empty(), "{unit}");
    }
    assert_eq!(AddressList::parse(b"a@b\\[, c@d").addresses.len(), 1);
    // The commas of an obsolete route looked at all of it.
    assert!(AddressList::parse(format!("<{}", "@,".repeat(200_000)).as_bytes()).addresses.is_empty());
}

/// What is shown is what has to be written, and reads as the same again.
#[test]
fn addresses_are_printed_as_they_must_be_written() {
    let value = "\"C, D\" <c@d>, Us, all: a@b, \"x \\\\ y\" <\"q r\"@s>;, Jörg <j@x>, none:;, Ann B <e@f>, <g@h>, <>";
    let value = value.replace("Us, all", "\"Us, all\"");
    let list = AddressList::parse(value.as_bytes());
    assert_eq!(list.to_string(), value.replace("<g@h>", "g@h"));
    assert_eq!(AddressList::parse(list.to_string().as_bytes()).addresses, list.addresses);
    let word = Mailbox::new("=?utf-8?q?a?=", "a@b").expect("a mailbox");
    assert_eq!(word.to_string(), "\"=?utf-8?q?a?=\" <a@b>");
}

/// A plain and slow reading of `local@domain`, all of it atoms: what the quick path has to agree with.
fn is_plain(text: &str) -> bool {
    let atoms = |text: &str| {
        text.split('.').all(|atom| {
            !atom.is_empty() && atom.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
        })
    };
    text.split_once('@').is_some_and(|(local, domain)| atoms(local) && atoms(domain))
}

proptest! {
    #[test]
    fn the_quick_path_is_the_slow_one(text in "(a|b c|\\.|@|<|>|,|\"|\\(| |=\\?|<a@b>|é){0,9}") {
        let list = AddressList::parse(text.as_bytes());
        if is_plain(&text) {
            prop_assert_eq!(list.addresses[0].mailboxes()[0].address(), &text);
            prop_assert!(list.defects.is_empty());
        }
        // A comment makes the slow path read the same.
        let slow = format!("{text}()");
        let slow = AddressList::parse(slow.as_bytes());
        if kinds(&list.defects).iter().all(|kind| *kind != DefectKind::Unclosed) {
            prop_assert_eq!(list.addresses, slow.addresses);
        }
    }

    #[test]
    fn every_address_read_is_one_that_can_be_written(text in "\\PC{0,40}") {
        let list = AddressList::parse(text.as_bytes());
        for mailbox in list.mailboxes().filter(|mailbox| !mailbox.domain().is_empty()) {
            if list.defects.is_empty() {
                prop_assert!(Mailbox::new("", mailbox.address()).is_ok(), "{:?}", mailbox);
            }
        }
    }
}
