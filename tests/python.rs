//! Python's view, and the query strings by Python's rules, beside Python itself: one process answers for all inputs.
//!
//! CPython 3.13 is followed; an older one answers too, and what is known to differ is then left out.
#![cfg(all(feature = "url", feature = "query"))]

#[path = "support/interpreter.rs"]
mod interpreter;
mod support;

use plainwire::query::{self, Charset, Errors, Options, Serializer, Spelling};
use plainwire::url::python;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SCRIPT: &str = r#"
import json, sys, unicodedata
from urllib.parse import *

def attempt(call):
    try:
        return call()
    except ValueError:
        return {"error": True}

def pieces(split):
    parsed = list(split)
    port = attempt(lambda: split.port)
    return [parsed, split.username, split.password, split.hostname, port, split.geturl()]

def query(text, blank, strict, separator, limit, encoding, errors):
    return attempt(lambda: parse_qsl(text, blank, strict, encoding, errors, limit, separator))

asked = json.load(sys.stdin)
answers = {
    "version": list(sys.version_info[:3]),
    "old": urlunsplit(("ftp", "", "path", "", "")) != "ftp:path",
    "strict_brackets": isinstance(attempt(lambda: urlsplit("//a[::1]b/")), dict),
    "split": [attempt(lambda: pieces(urlsplit(url))) for url in asked["urls"]],
    "parse": [attempt(lambda: pieces(urlparse(url))) for url in asked["urls"]],
    "plain": [attempt(lambda: pieces(urlparse(url, "ftp", False))) for url in asked["urls"]],
    "defrag": [attempt(lambda: list(urldefrag(url))) for url in asked["urls"]],
    "join": [attempt(lambda: urljoin(base, url)) for base, url in asked["joins"]],
    "quote": [[quote(text), quote(text, ""), quote(text, "~:&é "), quote_plus(text), quote_plus(text, "+ /"),
               unquote(text), unquote_plus(text), unquote(text, "latin-1"), list(unquote_to_bytes(text))]
              for text in asked["texts"]],
    "queries": [query(*arguments) for arguments in asked["queries"]],
    "urlencode": [[urlencode(pairs), urlencode(pairs, safe="/:"), urlencode(pairs, quote_via=quote),
                   urlencode(pairs, encoding="latin-1", errors="replace"),
                   urlencode(pairs, encoding="latin-1", errors="xmlcharrefreplace")]
                  for pairs in ([tuple(pair) for pair in pairs] for pairs in asked["pairs"])],
    "nfkc": [code for code in range(128, 0x110000)
             if not 0xD800 <= code < 0xE000 and unicodedata.normalize("NFKC", chr(code)) != chr(code) and isinstance(attempt(lambda: urlsplit("//a" + chr(code)).port), dict)],
}
json.dump(answers, sys.stdout)
"#;

/// What CPython's own tests are about, with other words.
const URLS: &[&str] = &[
    "",
    "a",
    "/",
    "//",
    "///",
    "////",
    "/////x/y",
    "dir/file",
    "/dir/file",
    "//host/dir",
    "///dir/file",
    "proto:dir/file",
    "proto:/dir",
    "proto://host/dir",
    "proto:///dir",
    "proto:////dir",
    "proto://///dir",
    "file:tmp",
    "file:/tmp/x",
    "file:///tmp/x",
    "file:////tmp",
    "file://///tmp",
    "http:x/y",
    "http:/x",
    "http:///h/x",
    "http:////h/x",
    "https:x",
    "imap://mail.example/box",
    "nfs://s/p",
    "svn+ssh://s/r/",
    "git+ssh://git@h/u/p.git",
    "itms-services://?action=a&url=https://h/x",
    "itms-services:x",
    "+proto:x",
    "pr_oto:x",
    "protö:x",
    "1:x",
    ".:x",
    "a.:x",
    "http://h",
    "http://h#f",
    "http://h?q",
    "http://h/#f",
    "https://a/b/c;p?q#f",
    "http://a/b;x/c;y;z?q;r#f;g",
    ";p",
    "a;",
    ";",
    "x:;p",
    "sip:me@h;m=1;t=2",
    "tel:+1-2;ext=3",
    "tel:1-2",
    "mailto:7@h",
    "rtsp:a;b",
    "foo:a;b",
    "hdl:a;b",
    "ftp:a;b;c",
    "HTTP://H.EXAMPLE/P?Q#F",
    "http://U:P@h:080/d?q=y#f",
    "http://U@e.com:P@h:80/",
    "http://@h",
    "http://:p@h",
    "http://u:@h",
    "http://u:p:q@h",
    "http://h:",
    "http://h:0",
    "http://h:00000000080",
    "http://h:65535",
    "http://h:65536",
    "http://h:x",
    "http://h:1.5",
    "http://h:-1",
    "http://h:+1",
    "http://h:0x1",
    "http://h:1_1",
    "http://h: 1",
    "http://h:1 ",
    "http://h:६",
    "http://h:²",
    "http://h:1:2",
    "http://[::1]",
    "http://[::1]:80/",
    "http://[::1]:/",
    "http://[dead:BEEF::]:5/",
    "http://[::12.34.56.78]/",
    "http://[::ffff:1.2.3.4]:1/",
    "http://[::1.2.3]/",
    "http://[::1.2.3.04]/",
    "http://[1:2:3:4:5:6:7:8]",
    "http://[1:2:3:4:5:6:7::]",
    "http://[::2:3:4:5:6:7:8]",
    "http://[1::2:3:4:5:6:7:8]",
    "http://[::1::]",
    "http://[:::]",
    "http://[:1]",
    "http://[12345::]",
    "http://[FE80::1%Et0]:1",
    "http://[fe80::1%]",
    "http://[fe80::1%a%b]",
    "http://[::1",
    "http://::1]",
    "ftp://[::1/x]/y",
    "http://[]",
    "http://[v6a.ip]/p",
    "http://[V6.x]",
    "http://[v.x]",
    "http://[v1.]",
    "http://[v1x.y]",
    "http://[v]",
    "http://[1.2.3.4]",
    "http://[h.example:8000]",
    "http://]v6.x[",
    "http://][",
    "http://[[::1]]",
    "http://a[::1]b",
    "http://a[::1]b:5",
    "http://[::1]x:5",
    "http://u[@[::1]",
    "http://u]@[::1]:1",
    "/a[b",
    "?[",
    "#]",
    "http://\u{30D5}\u{309A}:80",
    "http://\u{30D5}\u{309A}\u{FE13}80",
    "http://net\u{2100}loc",
    "http://n\u{FF03}u@h",
    "http://É:1/",
    "http://ΑΣ/",
    "http://ΑΣ.x/",
    "http://İ/",
    "http://Straße/",
    "ht\ttp\n://a\r.b\t/c\n?d\te#f\r",
    "\u{0}\u{1F} http://h/ ",
    " \u{A0}x",
    "http:// h/",
    "h.example ",
    "a b:c",
    "http:80",
    "path:80",
    "http:",
    "abc#@f",
    "//abc#@f:80",
    "?a=b#f",
    "#",
    "?",
    "?#",
    "a?b?c#d#e",
    "a#b?c",
    "%41:b",
    "a%3Ab",
    "http://h/%zz?%#%",
    "\\\\h\\x",
    "http:\\\\h",
    "javascript:alert(1)",
    "data:,x;y",
    "http://a/b/../c/./d",
    "x://h",
    "x:/y",
    "x://",
    "x:?q",
    "x:#f",
    "//h?q",
    "//h#f",
    "////h?q",
    "ws:x",
    "wss:/x",
];

const RELATIVES: &[&str] = &[
    "",
    "g:h",
    "g",
    "./g",
    "g/",
    "/g",
    "//g",
    "?y",
    "g?y",
    "#s",
    "g#s",
    "g?y#s",
    ";x",
    "g;x",
    "g;x?y#s",
    ".",
    "./",
    "..",
    "../",
    "../g",
    "../..",
    "../../",
    "../../g",
    "../../../g",
    "../../../../g",
    "/./g",
    "/../g",
    "g.",
    ".g",
    "g..",
    "..g",
    "./../g",
    "./g/.",
    "g/./h",
    "g/../h",
    "g;x=1/./y",
    "g;x=1/../y",
    "g?y/./x",
    "g#s/../x",
    "http:g",
    "http:",
    "http:?y",
    "HTTP:g",
    "https:g",
    "ftp:g",
    "file:g",
    "//",
    "///g",
    "////g",
    "g//h",
    "/g//h",
    "g//",
    "//h:1/x",
    "//[",
    ";",
    "?",
    "#",
    "./;x",
    "..;x",
    "x:../y",
];

const BASES: &[&str] = &[
    "",
    "http://a/b/c/d;p?q#f",
    "http://a/b/c/d",
    "http://a/b/c/d/",
    "http://a",
    "http://a/",
    "http:///",
    "http:",
    "a",
    "a/b",
    "/a/b",
    "//a/b",
    "http://a//b///c",
    "http://a/b/../c",
    "http://a/b;x/c;y",
    "file:a/b",
    "file:///a/b",
    "ftp:a",
    "svn+ssh://h/d",
    "foo://a/b",
    "foo:a",
    "mailto:a@b",
    "sip:a;b",
    "rsync://h/a",
    "ws://a/b",
    "http://[",
    "itms-services://a/b",
    "?q",
    "#f",
];

fn is_error(value: &Value) -> bool {
    value.is_object()
}

fn error() -> Value {
    json!({ "error": true })
}

/// As the script's `pieces`.
macro_rules! pieces {
    ($split:expr, $($field:ident)*) => {
        $split.map_or_else(|_| error(), |split| {
            let port = split.port().map_or_else(|_| error(), |port| json!(port));
            let hostname = split.hostname();
            json!([[$(split.$field),*], split.username(), split.password(), hostname, port, split.to_string()])
        })
    };
}

/// Strings of pieces, the same in every run.
fn made(pieces: &'static [&'static str], most: usize, count: usize) -> Vec<String> {
    let strategy = prop::collection::vec(prop::sample::select(pieces), 0..most).prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn results_are_pythons() {
    let Some(interpreter) = interpreter::newest() else { return };
    const URL_PIECES: &[&str] = &[
        "http:", "https:", "FTP:", "x-y.z:", "file:", "sip:", "//", "/", "..", ".", "?", "#", ";", "@", ":", "[::1]",
        "[v1.x]", "[", "]", "%", "80", "Ab.c", "d", "é", "Σ", "\u{2100}", "\t", "\n", " ", "\u{0}", "\u{1F}", "=", "&",
        "%41",
    ];
    const TEXT_PIECES: &[&str] = &[
        "%41", "%c3%a9", "%C3", "%A9", "%", "%4", "%zz", "%%", "+", " ", "a", "Z9", "_.-~", "/:", "&=", "é", "€", "💩",
        "\u{0}", "\u{7F}",
    ];
    const QUERY_PIECES: &[&str] =
        &["a", "b=", "=", "&", ";", "&&", "+", "%20", "%C3%A9", "%E9", "%", "c=d", "e=f=g", "é", "&amp;", "x"];
    let mut urls: Vec<String> = URLS.iter().chain(RELATIVES).chain(BASES).map(|url| (*url).to_owned()).collect();
    urls.extend(made(URL_PIECES, 9, 3000));
    if let Some(folder) = support::conformance("urls") {
        let text = std::fs::read_to_string(folder.join("kasztp.txt")).unwrap();
        urls.extend(text.lines().step_by(50).map(String::from));
    }
    let mut joins: Vec<(String, String)> = Vec::new();
    for base in BASES {
        joins.extend(RELATIVES.iter().chain(URLS).map(|url| ((*base).to_owned(), (*url).to_owned())));
    }
    joins.extend(made(URL_PIECES, 7, 2000).into_iter().zip(made(URL_PIECES, 6, 2100).split_off(100)));
    let mut texts = made(TEXT_PIECES, 8, 1500);
    texts.extend((0..=0xFF_u32).filter_map(char::from_u32).map(String::from));
    let mut queries = Vec::new();
    for (at, text) in made(QUERY_PIECES, 10, 2000).into_iter().enumerate() {
        let separator = ["&", ";", "&&", "&amp;"][at / 4 % 4];
        let limit = [None, None, Some(0), Some(3)][at / 16 % 4];
        let (encoding, errors) =
            [("utf-8", "replace"), ("latin-1", "replace"), ("utf-8", "strict"), ("ascii", "ignore")][at / 64 % 4];
        queries.push(json!([text, at % 2 == 0, at % 4 > 1, separator, limit, encoding, errors]));
    }
    let pairs: Vec<_> = texts.chunks_exact(4).map(|four| json!([[four[0], four[1]], [four[2], four[3]]])).collect();
    let asked = json!({"urls": urls, "joins": joins, "texts": texts, "queries": queries, "pairs": pairs});
    let answers = interpreter::ask(&interpreter, SCRIPT, &asked);
    let (old, strict_brackets) = (answers["old"] == true, answers["strict_brackets"] == true);
    println!("compared with Python {}", answers["version"]);

    let mut different = Vec::new();
    let mut compare = |what: &str, input: &dyn std::fmt::Debug, ours: Value, theirs: &Value, known: bool| {
        if ours != *theirs && !known {
            different.push(format!("{what} {input:?}\n  ours   {ours}\n  Python {theirs}"));
        }
    };
    for (at, url) in urls.iter().enumerate() {
        let split = python::split(url);
        // Patch releases after 3.13.0 refuse what is not an address and a port behind a bracket.
        let bracket = strict_brackets && url.contains('[');
        // Before 3.12.? an empty netloc was put before every path, and itms-services had none.
        let unsplit = old && split.as_ref().is_ok_and(|split| split.netloc.is_empty());
        let known = |theirs: &Value| bracket && is_error(theirs);
        let mut each = |what: &str, mut ours: Value, theirs: &Value| {
            let mut theirs = theirs.clone();
            if unsplit && ours.is_array() && theirs.is_array() {
                let last = ours.as_array().unwrap().len() - 1;
                (ours[last], theirs[last]) = (Value::Null, Value::Null);
            }
            compare(what, url, ours, &theirs, known(&theirs));
        };
        each("urlsplit", pieces!(split, scheme netloc path query fragment), &answers["split"][at]);
        let parsed = python::parse(url);
        each("urlparse", pieces!(parsed, scheme netloc path params query fragment), &answers["parse"][at]);
        let plain = python::parse_with(url, "ftp", false);
        each(
            "urlparse(…, 'ftp', False)",
            pieces!(plain, scheme netloc path params query fragment),
            &answers["plain"][at],
        );
        let defrag = python::defrag(url).map_or_else(|_| error(), |(url, fragment)| json!([url, fragment]));
        compare("urldefrag", url, defrag, &answers["defrag"][at], unsplit || bracket);
    }
    for ((base, url), theirs) in joins.iter().zip(answers["join"].as_array().unwrap()) {
        let ours = python::join(base, url);
        let bracket = strict_brackets && is_error(theirs) && (base.contains('[') || url.contains('['));
        let unsplit = old && ours.as_ref().is_ok_and(|it| python::split(it).is_ok_and(|it| it.netloc.is_empty()));
        compare("urljoin", &(base, url), ours.map_or_else(|_| error(), Value::from), theirs, bracket || unsplit);
    }
    for (text, theirs) in texts.iter().zip(answers["quote"].as_array().unwrap()) {
        let latin = query::unquote_with(text, Charset::LATIN_1, Errors::Replace);
        let ours = json!([
            query::quote(text, "/"),
            query::quote(text, ""),
            query::quote(text, "~:&é "),
            query::quote_plus(text, ""),
            query::quote_plus(text, "+ /"),
            query::unquote(text),
            query::unquote_plus(text),
            latin,
            query::unquote_octets(text.as_bytes()),
        ]);
        compare("quote and unquote", text, ours, theirs, false);
    }
    for (arguments, theirs) in queries.iter().zip(answers["queries"].as_array().unwrap()) {
        let charset = match arguments[5].as_str().unwrap() {
            "latin-1" => Charset::LATIN_1,
            "ascii" => Charset::ASCII,
            _ => Charset::UTF_8,
        };
        let errors = match arguments[6].as_str().unwrap() {
            "strict" => Errors::Strict,
            "ignore" => Errors::Ignore,
            _ => Errors::Replace,
        };
        let options = Options::PYTHON
            .keep_blank(arguments[1] == true)
            .strict(arguments[2] == true)
            .separator(arguments[3].as_str().unwrap())
            .max_fields(arguments[4].as_u64().map_or(usize::MAX, |limit| limit as usize))
            .charset(charset)
            .errors(errors);
        let ours = options.pairs(arguments[0].as_str().unwrap()).collect::<Result<Vec<_>, _>>();
        compare("parse_qsl", arguments, ours.map_or_else(|_| error(), |pairs| json!(pairs)), theirs, false);
    }
    for (pairs, theirs) in pairs.iter().zip(answers["urlencode"].as_array().unwrap()) {
        let write = |spelling: &Spelling, charset, errors| {
            let mut out = Serializer::spelled(spelling).in_charset(charset, errors);
            for pair in pairs.as_array().unwrap() {
                out.append(pair[0].as_str().unwrap(), pair[1].as_str().unwrap());
            }
            out.finish()
        };
        let utf8 = |spelling: &Spelling| write(spelling, Charset::UTF_8, Errors::Strict);
        let ours = json!([
            utf8(&Spelling::PYTHON),
            utf8(&Spelling::PYTHON.with_safe(b"/:")),
            utf8(&Spelling::PERCENT),
            write(&Spelling::PYTHON, Charset::LATIN_1, Errors::Replace),
            write(&Spelling::PYTHON, Charset::LATIN_1, Errors::CharacterReference),
        ]);
        compare("urlencode", pairs, ours, theirs, false);
    }
    let nfkc: BTreeSet<u32> = (0x80..0x11_0000)
        .filter_map(char::from_u32)
        .filter(|it| python::split(&format!("//a{it}")).is_err())
        .map(u32::from)
        .collect();
    compare("NFKC", &"every character", json!(nfkc), &answers["nfkc"], false);
    let count = different.len();
    assert!(different.is_empty(), "{count} differences, the first:\n{}", different[..count.min(12)].join("\n"));
}
