//! What the RFC's text and tables say, and what Google documents beyond them.

use super::{Access, Limits, RequestRate, Robots, path_of};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

fn allowed(file: &str, agent: &str, url: &str) -> bool {
    Robots::parse(file.as_bytes()).check(agent, url).allowed()
}

/// Whether a single rule matches.
fn matches(rule: &str, url: &str) -> bool {
    !allowed(&format!("user-agent: *\ndisallow: {rule}\n"), "FooBot", url)
}

#[test]
fn groups_of_one_agent_are_one_group() {
    // RFC 9309 2.2.1, its second table.
    let file = "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: ExampleBot\ndisallow: /baz\n";
    for path in ["/foo", "/bar", "/baz"] {
        assert!(!allowed(file, "examplebot", path), "{path}");
    }
    assert!(allowed(file, "ExampleBot", "/other"));
    assert!(allowed(file, "OtherBot", "/foo"));
}

#[test]
fn no_part_of_an_encoded_octet_is_a_literal() {
    // RFC 9309 2.2.2 compares octets: `%BC` is one, and its `C` is no letter.
    assert!(!matches("/*CCC/x", "/a%D5%BCCC/x"));
    assert!(!matches("/*D5", "/%D5"));
    assert!(matches("/*%BCCC/x", "/a%D5%bcCC/x"));
    assert!(matches("/*CC/x", "/a%D5%BCCC/x"));
    // A per cent sign that is one is not the beginning of an encoding.
    assert!(!matches("/%%32F", "/%2F"));
}

#[test]
fn the_star_counts_only_where_nothing_names_the_agent() {
    // RFC 9309 2.2.1, its third table.
    let file = "user-agent: *\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: BazBot\ndisallow: /baz\n";
    assert!(!allowed(file, "ExampleBot", "/foo"));
    assert!(allowed(file, "ExampleBot", "/baz"));
    assert!(allowed(file, "BazBot", "/foo"));
    assert!(!allowed(file, "BazBot", "/baz"));
    // A group without rules is still a group that names it.
    assert!(allowed("user-agent: *\ndisallow: /\nuser-agent: Foo\nuser-agent: Bar\n", "Foo", "/x"));
    assert!(allowed("user-agent: Foo\ndisallow:\nuser-agent: *\ndisallow: /\n", "Foo", "/x"));
}

#[test]
fn the_rfcs_simple_example() {
    // RFC 9309 5.1
    let file = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
                User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
                User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\n\
                User-Agent: quxbot\n";
    assert!(!allowed(file, "any", "/a/b.gif"));
    assert!(allowed(file, "any", "/a/b.gif?x"));
    assert!(!allowed(file, "any", "/example/"));
    assert!(allowed(file, "any", "/publications/"));
    assert!(allowed(file, "foobot", "/example/page.html"));
    assert!(allowed(file, "foobot", "/example/allowed.gif"));
    assert!(!allowed(file, "foobot", "/publications/"));
    assert!(!allowed(file, "barbot", "/example/page.html"));
    assert!(!allowed(file, "BAZBOT", "/example/page.html"));
    assert!(allowed(file, "barbot", "/example/x.gif"));
    assert!(allowed(file, "quxbot", "/example/page.html"));
}

#[test]
fn the_longest_match_wins() {
    // RFC 9309 5.2
    let file = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
    assert!(!allowed(file, "foobot", "http://example.com/example/page/disallowed.gif"));
    assert!(allowed(file, "foobot", "http://example.com/example/page/x"));
}

#[test]
fn octets_beyond_ascii_count_as_they_are_encoded() {
    // RFC 9309 2.2.2: ten octets either way, against nine.
    for rule in ["/\u{30c4}", "/%E3%83%84"] {
        for url in ["/\u{30c4}", "/%e3%83%84"] {
            assert!(
                !allowed(&format!("user-agent: *\nallow: /********\ndisallow: {rule}\n"), "foo", url),
                "{rule} {url}"
            );
            assert!(
                allowed(&format!("user-agent: *\nallow: /*********\ndisallow: {rule}\n"), "foo", url),
                "{rule} {url}"
            );
        }
    }
}

#[test]
fn allow_wins_a_tie_and_the_first_line_tells() {
    let robots = Robots::parse(b"user-agent: *\ndisallow: /x\nallow: /x\nallow: /x\n");
    let verdict = robots.check("foo", "/x");
    assert!(verdict.allowed());
    assert_eq!(verdict.rule().map(super::Rule::line), Some(3));
}

#[test]
fn percent_encoding_by_the_table() {
    // RFC 9309 2.2.2: each row's three forms are the same path.
    for row in [
        &["/foo/bar?baz=quz"][..],
        &["/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https%3a%2f%2ffoo.bar"],
        &["/foo/bar/\u{30c4}", "/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84"],
        &["/foo/bar/%62%61%7A", "/foo/bar/baz"],
    ] {
        for rule in row {
            for url in row {
                assert!(matches(rule, url), "{rule} {url}");
            }
        }
    }
    // Reserved characters in the path stay apart from their encodings.
    assert!(!matches("/a/b", "/a%2Fb"));
    assert!(!matches("/a%2Fb", "/a/b"));
    assert!(!matches("/a%3Fb", "/a?b"));
    assert!(matches("/a%2fb", "/a%2Fb"));
    assert!(!matches("/a?b%26c", "/a?b&c"));
    // What only looks like an escape is text.
    assert!(matches("/a%zz", "/a%zz"));
    assert!(matches("/100%", "/100%"));
}

#[test]
fn special_characters() {
    // RFC 9309 2.2.3
    assert!(matches("/this/path/exactly$", "/this/path/exactly"));
    assert!(!matches("/this/path/exactly$", "/this/path/exactly/not"));
    assert!(matches("/this/*/exactly", "/this/or/that/exactly/so"));
    assert!(matches("/path/file-with-a-%2A.html", "https://www.example.com/path/file-with-a-*.html"));
    assert!(!matches("/path/file-with-a-%2A.html", "/path/file-with-a-b.html"));
    assert!(matches("/path/foo-%24", "https://www.example.com/path/foo-$"));
    assert!(!matches("/path/foo-%24", "/path/foo-"));
    // A dollar sign means the end only at the end.
    assert!(matches("/a$b", "/a$b"));
    assert!(matches("/a$$", "/a$"));
    assert!(!matches("/a$$", "/a"));
    for (rule, url, is) in [
        ("*", "/", true),
        ("**", "/x", true),
        ("/**/b*", "/x/b", true),
        ("*$", "/x", true),
        ("/*.php$", "/a.php/b.php", true),
        ("/*.php$", "/a.php?x", false),
        ("/a*a", "/a", false),
        ("/a*aa$", "/aaa", true),
        // Nothing serves twice.
        ("/*a*a", "/a", false),
        ("/*a*a", "/aa", true),
        ("/*ab*ba*", "/aba", false),
        ("/*aa*a$", "/aa", false),
        ("/a*b*c", "/axbycz", true),
        ("/a*b*c", "/acb", false),
        ("x", "/x", false),
        ("", "/x", false),
        ("/fish", "/Fish", false),
        ("/fish*.php", "/fishheads/catfish.php?parameters", true),
    ] {
        assert_eq!(matches(rule, url), is, "{rule} {url}");
    }
}

#[test]
fn no_pattern_takes_long() {
    let pattern = "/*a".repeat(5000);
    let url = format!("/{}", "a/".repeat(50_000));
    assert!(!matches(&format!("{pattern}b$"), &url));
}

#[test]
fn only_rules_end_a_run_of_agents() {
    for between in ["", "\n", "Sitemap: https://x\n", "Crawl-delay: 1\n", "Foo: bar\n", "# comment\n", "\n\n"] {
        let file = format!("user-agent: a\n{between}user-agent: b\ndisallow: /x\nuser-agent: c\nallow: /\n");
        assert!(!allowed(&file, "a", "/x"), "{between:?}");
        assert!(!allowed(&file, "b", "/x"));
        assert!(allowed(&file, "c", "/x"));
    }
    // Nor does anything but an agent begin another group.
    let file = "user-agent: a\ndisallow: /x\nsitemap: y\n\nfoo: bar\ndisallow: /z\n";
    assert!(!allowed(file, "a", "/z"));
}

#[test]
fn rules_before_the_first_agent_are_nobodys() {
    assert!(allowed("disallow: /\nuser-agent: *\nallow: /x\n", "foo", "/y"));
}

#[test]
fn agents_are_product_tokens() {
    let file =
        "User-agent: Foo Bar\nDisallow: /x\nUser-agent: Baz/1.0\nDisallow: /y\nUser-agent: * and all\nDisallow: /z\n";
    assert!(!allowed(file, "Foo", "/x"));
    assert!(!allowed(file, "foo/2.1 (compatible)", "/x"));
    assert!(!allowed(file, "Baz", "/y"));
    assert!(!allowed(file, "other", "/z"));
    assert!(allowed(file, "Foo", "/z"));
    // Not a part of the name.
    assert!(allowed("User-agent: Foo\nDisallow: /\n", "FooBot", "/"));
    assert!(allowed("User-agent: FooBot\nDisallow: /\n", "Foo", "/"));
    // Nobody is called nothing.
    assert!(allowed("User-agent:\nDisallow: /\nUser-agent: 2bots\nDisallow: /\n", "", "/x"));
    assert!(allowed("User-agent: *foo\nDisallow: /\n", "foo", "/x"));
}

#[test]
fn lines_as_they_come() {
    // A missing colon, odd spacing, either case.
    assert!(!allowed("user-agent foo\ndisallow /x\n", "foo", "/x"));
    assert!(!allowed(" \tUSER-AGENT \t:\tfoo \r\n DisAllow:/x\t# why\r\n", "foo", "/x"));
    assert!(allowed("user-agent: foo\ndisallow /x /y\n", "foo", "/x"));
    assert!(allowed("user-agent: foo\n: /x\n", "foo", "/x"));
    // Misspellings, and keys told by how they begin.
    for key in ["dissallow", "dissalow", "disalow", "diasllow", "disallaw", "Disallowed"] {
        assert!(!allowed(&format!("useragent: foo\n{key}: /x\n"), "foo", "/x"), "{key}");
    }
    assert!(!allowed("user agent: foo\ndisallow: /x\n", "foo", "/x"));
    // There are none of Allow.
    assert!(!allowed("user-agent: foo\ndisallow: /\nalow: /x\n", "foo", "/x"));
    // Line ends, and the byte order mark or a part of it.
    let numbers = |file: &[u8]| Robots::parse(file).check("foo", "/x").rule().map(super::Rule::line);
    assert_eq!(numbers(b"user-agent: foo\r\n\r\ndisallow: /x"), Some(3));
    assert_eq!(numbers(b"user-agent: foo\r\rdisallow: /x"), Some(3));
    assert_eq!(numbers(b"user-agent: foo\n\rdisallow: /x"), Some(3));
    for mark in [&b"\xef\xbb\xbf"[..], b"\xef\xbb", b"\xef"] {
        assert_eq!(numbers(&[mark, b"user-agent: foo\ndisallow: /x"].concat()), Some(2));
    }
    assert_eq!(numbers(b"\xbb\xbfuser-agent: foo\ndisallow: /x"), None);
}

#[test]
fn an_index_page_is_its_folder() {
    let file = "User-agent: *\nDisallow: /\nAllow: /allowed/index.html\nAllow: /short/index.htm\n";
    for (path, is) in [
        ("/allowed/index.html", true),
        ("/allowed/", true),
        ("/allowed/x", false),
        ("/allowed/index.htm", false),
        ("/allowed", false),
        ("/short/", true),
        ("/short/index.html", true),
    ] {
        assert_eq!(allowed(file, "foo", path), is, "{path}");
    }
    // Of a disallowed one it is not.
    assert!(allowed("User-agent: *\nDisallow: /x/index.html\n", "foo", "/x/"));
}

#[test]
fn limits() {
    // A line is cut, and not dropped.
    let long = "x".repeat(20_000);
    let file = format!("user-agent: foo\ndisallow: /{long}\n");
    let cut = 2083 * 8 - 1 - "disallow: /".len();
    assert!(!allowed(&file, "foo", &format!("/{}", &long[..cut])));
    assert!(allowed(&file, "foo", &format!("/{}", &long[..cut - 1])));
    // A file is read to the end of the last line that fits.
    let file = b"user-agent: foo\ndisallow: /x\ndisallow: /yes\n";
    let robots = Robots::parse_within(file, Limits::default().size(file.len() - 3));
    assert!(robots.truncated());
    assert!(!robots.check("foo", "/x").allowed());
    assert!(robots.check("foo", "/yes").allowed());
    assert!(!Robots::parse(file).truncated());
    // 500 KiB are read.
    let mut big = vec_of(b"# filler\n", 500 * 1024 - 100);
    big.extend_from_slice(b"user-agent: *\ndisallow: /z\n");
    assert!(!Robots::parse(&big).check("a", "/z").allowed());
}

fn vec_of(line: &[u8], least: usize) -> Vec<u8> {
    line.iter().copied().cycle().take(least / line.len() * line.len()).collect()
}

#[test]
fn robots_txt_itself_is_allowed() {
    let verdict = Robots::parse(b"user-agent: *\ndisallow: /\n");
    assert!(verdict.check("a", "https://x.example/robots.txt").allowed());
    assert!(!verdict.check("a", "https://x.example/robots.txt/x").allowed());
}

#[test]
fn what_else_is_told() {
    let robots = Robots::parse(
        b"Host: first\nSitemap: https://x.example/a.xml\nUser-agent: foo\nCrawl-delay: 2.5\nRequest-rate: 3 / 15\n\
          Visit-time: 0600-0845\nDisallow: /\nsite-map: https://x.example/b.xml\nUser-agent: *\nCrawl-delay: soon\nAllow: /\n",
    );
    assert_eq!(robots.crawl_delay("foo"), Some(Duration::from_millis(2500)));
    assert_eq!(robots.request_rate("foo"), Some(RequestRate { requests: 3, seconds: 15 }));
    assert_eq!((robots.crawl_delay("bar"), robots.request_rate("bar")), (None, None));
    let sitemaps: Vec<_> = robots.sitemaps().map(String::from_utf8_lossy).collect();
    assert_eq!(sitemaps, ["https://x.example/a.xml", "https://x.example/b.xml"]);
    let visit = robots.fields("foo", "visit-time").next().unwrap();
    assert_eq!((visit.number(), visit.value()), (6, &b"0600-0845"[..]));
    assert_eq!(robots.others().map(super::Line::key).collect::<Vec<_>>(), [b"Host"]);
    for (value, millis) in [("1", 1000), ("0.0015", 1), (".5", 500), ("7.", 7000)] {
        let robots = Robots::parse(format!("user-agent: a\ncrawl-delay: {value}").as_bytes());
        assert_eq!(robots.crawl_delay("a"), Some(Duration::from_millis(millis)), "{value}");
    }
    for value in ["", "-1", ".", "1e3", "99999999999999999999"] {
        let robots = Robots::parse(format!("user-agent: a\ncrawl-delay: {value}").as_bytes());
        assert_eq!(robots.crawl_delay("a"), None, "{value}");
    }
}

#[test]
fn paths_of_urls() {
    for (url, path) in [
        ("", "/"),
        ("http://www.example.com", "/"),
        ("http://www.example.com/", "/"),
        ("http://www.example.com/a", "/a"),
        ("http://www.example.com/a/b?c=http://d.e/", "/a/b?c=http://d.e/"),
        ("http://www.example.com/a/b?c=d&e=f#fragment", "/a/b?c=d&e=f"),
        ("example.com", "/"),
        ("example.com/", "/"),
        ("example.com/a", "/a"),
        ("example.com/a/b#c", "/a/b"),
        ("//a/b/c", "/b/c"),
        ("//a", "/"),
        ("http://a.example?b", "/?b"),
        ("http://a.example;b", "/;b"),
        ("example.com?a#b", "/?a"),
        ("example.com#/x", "/"),
        ("/x://y", "/x://y"),
    ] {
        assert_eq!(path_of(url), path, "{url}");
    }
}

#[test]
fn statuses() {
    for (status, access) in [
        (200, Access::Parse),
        (204, Access::Parse),
        (301, Access::Follow),
        (304, Access::Parse),
        (308, Access::Follow),
        (404, Access::AllowAll),
        (401, Access::AllowAll),
        (403, Access::AllowAll),
        (429, Access::DisallowAll),
        (500, Access::DisallowAll),
        (503, Access::DisallowAll),
        (0, Access::DisallowAll),
    ] {
        assert_eq!(Access::of_status(status), access, "{status}");
    }
}
