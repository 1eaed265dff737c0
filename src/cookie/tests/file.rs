use super::*;
use crate::cookie::file::{Fault, FaultKind, LeftOut, Unwritable, lwp, netscape};

#[test]
fn cookies_txt_of_others_is_read() {
    // As curl 7.88, wget 1.21 and Python 3.11 write it.
    let text = b"# Netscape HTTP Cookie File\n\
        # https://curl.se/docs/http-cookies.html\n\n\
        #HttpOnly_.example.org\tTRUE\t/\tTRUE\t1999999999\tid\t42\n\
        www.example.org\tFALSE\t/p\tFALSE\t0\tsession\t1\n\
        127.0.0.1:8080\tFALSE\t/\tFALSE\t1999999999\tport\t1\n\
        www.example.org\tFALSE\t/\tFALSE\t\tpython\t1\r\n\
        www.example.org\tFALSE\t/\tFALSE\t0\tempty\n\
        [::1]\tFALSE\t/\tfalse\t1999999999.75\t\tlonely\n\
        $ a comment\n";
    let loaded = netscape::read(text);
    assert_eq!(loaded.faults, []);
    let told: Vec<_> = loaded
        .records
        .iter()
        .map(|record| {
            let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
            let expires = record.expires.map(|at| at.0);
            let flags = (record.host_only, record.secure, record.http_only);
            (text(&record.name), text(&record.value), record.domain.clone(), flags, expires)
        })
        .collect();
    let row = |name: &str, value: &str, domain: &str, flags, expires| {
        (name.into(), value.into(), domain.into(), flags, expires)
    };
    assert_eq!(
        told,
        [
            row("id", "42", "example.org", (false, true, true), Some(1_999_999_999)),
            row("session", "1", "www.example.org", (true, false, false), None),
            row("port", "1", "127.0.0.1", (true, false, false), Some(1_999_999_999)),
            row("python", "1", "www.example.org", (true, false, false), None),
            row("empty", "", "www.example.org", (true, false, false), None),
            row("", "lonely", "[::1]", (true, false, false), Some(1_999_999_999)),
        ]
    );
}

#[test]
fn a_broken_line_is_named_and_loses_only_itself() {
    let text = b"a\tTRUE\t/\n\
        example.org\tMAYBE\t/\tTRUE\t1\ta\tb\n\
        exa mple\tTRUE\t/\tTRUE\t1\ta\tb\n\
        example.org\tTRUE\tx\tTRUE\t1\ta\tb\n\
        example.org\tTRUE\t/\tTRUE\tsoon\ta\tb\n\
        example.org\tTRUE\t/\tTRUE\t1\t\t\n\
        example.org\tTRUE\t/\tTRUE\t1\ta\tb\tc\n\
        example.org\tTRUE\t/\tTRUE\t1\ta\tb;c\n\
        example.org\tTRUE\t/\tTRUE\t1\tgood\tb";
    let loaded = netscape::read(text);
    let kinds = [
        FaultKind::Fields(3),
        FaultKind::Flag,
        FaultKind::Domain,
        FaultKind::Path,
        FaultKind::Expiry,
        FaultKind::Pair,
        FaultKind::Fields(8),
        FaultKind::Pair,
    ];
    let faults: Vec<_> = kinds.into_iter().zip(1..).map(|(kind, line)| Fault { line, kind }).collect();
    assert_eq!(loaded.faults, faults);
    assert_eq!(loaded.records.len(), 1);
    assert_eq!(loaded.faults[0].to_string(), "line 1: 3 fields, not 7");

    let text = b"#LWP-Cookies-2.0\nSet-Cookie3: a=\"b; path=/\nSet-Cookie3: =\nSet-Cookie3: a=b; domain=x; expires=\"soon\"; path=/\nSet-Cookie3: a=b; path=/\nSet-Cookie3: a=b; domain=x\nSet-Cookie3: a=b; domain=x; path=/\n";
    let loaded = lwp::read(text);
    let lines: Vec<_> = loaded.faults.iter().map(|fault| (fault.line, fault.kind)).collect();
    assert_eq!(
        lines,
        [
            (2, FaultKind::Form),
            (3, FaultKind::Form),
            (4, FaultKind::Expiry),
            (5, FaultKind::Domain),
            (6, FaultKind::Path)
        ]
    );
    assert_eq!(loaded.records.len(), 1);
}

fn sample() -> Vec<Record> {
    let mut jar = Jar::new();
    let now = Timestamp(1_700_000_000);
    for field in [
        "id=42; Domain=example.org; Max-Age=1000; Secure; HttpOnly; SameSite=Strict",
        "session=1; Path=/p",
        "lonely",
        "quoted=\"a, \\b\"",
        "tab=a\tb",
        "part=1; Secure; Partitioned",
    ] {
        jar.receive(field.as_bytes(), &https("www.example.org"), now).unwrap();
    }
    jar.records(true)
}

#[test]
fn cookies_txt_is_written() {
    let mut text = Vec::new();
    let left_out = netscape::write(&sample(), netscape::SessionExpiry::Zero, &mut text);
    assert_eq!(
        left_out,
        [LeftOut { index: 4, why: Unwritable::Octet }, LeftOut { index: 5, why: Unwritable::Partitioned }]
    );
    let text = String::from_utf8(text).unwrap();
    let (header, lines) = text.split_once("\n\n").unwrap();
    assert!(header.starts_with("# Netscape HTTP Cookie File\n"));
    assert_eq!(
        lines,
        "#HttpOnly_.example.org\tTRUE\t/\tTRUE\t1700001000\tid\t42\n\
         www.example.org\tFALSE\t/p\tFALSE\t0\tsession\t1\n\
         www.example.org\tFALSE\t/\tFALSE\t0\t\tlonely\n\
         www.example.org\tFALSE\t/\tFALSE\t0\tquoted\t\"a, \\b\"\n"
    );
    // A line that begins with `$` is a comment, to Python and to us.
    let mut jar = Jar::new();
    jar.receive(b"a=b", &https("$x.example"), Timestamp(0)).unwrap();
    jar.receive(b"a=b; HttpOnly; Path=/h", &https("$x.example"), Timestamp(0)).unwrap();
    let (mut text, octet) = (Vec::new(), |index| LeftOut { index, why: Unwritable::Octet });
    assert_eq!(netscape::write(&jar.records(true), netscape::SessionExpiry::Zero, &mut text), [octet(0), octet(1)]);
    assert_eq!(netscape::read(&text).records, []);
    let loaded = netscape::read(b"#HttpOnly_$x\tFALSE\t/\tFALSE\t0\ta\tb\n");
    assert_eq!(loaded.faults, [Fault { line: 1, kind: FaultKind::Domain }]);
    // What no jar gives can't forge a line.
    let forged = Record {
        name: b"a".to_vec(),
        value: b"b\nx".to_vec(),
        domain: "x".into(),
        path: b"/".to_vec(),
        ..Record::default()
    };
    assert_eq!(
        netscape::write([&forged], netscape::SessionExpiry::Zero, &mut Vec::new()),
        [LeftOut { index: 0, why: Unwritable::Malformed }]
    );
    assert_eq!(lwp::write([&forged], &mut Vec::new()), [LeftOut { index: 0, why: Unwritable::Malformed }]);
}

#[test]
fn a_host_that_would_read_as_a_comment_is_no_line() {
    // Python: a line that begins with `$` is a comment. Behind the dot it would be one when it is written again.
    let loaded = netscape::read(b".$a.example\tFALSE\t/\tFALSE\t9\tid\t42\n");
    assert_eq!((loaded.records.len(), loaded.faults.len()), (0, 1));
    let record = Record { domain: "$a.example".into(), ..sample().remove(0) };
    assert_eq!(netscape::write([&record], netscape::SessionExpiry::Zero, &mut Vec::new()).len(), 1);
}

#[test]
fn lwp_is_written() {
    let mut text = Vec::new();
    let left_out = lwp::write(&sample(), &mut text);
    assert_eq!(left_out, [LeftOut { index: 5, why: Unwritable::Partitioned }]);
    assert_eq!(
        String::from_utf8(text.clone()).unwrap(),
        "#LWP-Cookies-2.0\n\
         Set-Cookie3: id=42; path=\"/\"; domain=\".example.org\"; path_spec; domain_dot; secure; expires=\"2023-11-14 22:30:00Z\"; HttpOnly=None; SameSite=Strict; version=0\n\
         Set-Cookie3: session=1; path=\"/p\"; domain=\"www.example.org\"; path_spec; discard; version=0\n\
         Set-Cookie3: lonely; path=\"/\"; domain=\"www.example.org\"; path_spec; discard; version=0\n\
         Set-Cookie3: quoted=\"\\\"a, \\\\b\\\"\"; path=\"/\"; domain=\"www.example.org\"; path_spec; discard; version=0\n\
         Set-Cookie3: tab=\"a\tb\"; path=\"/\"; domain=\"www.example.org\"; path_spec; discard; version=0\n"
    );
    let mut expected = sample();
    expected.truncate(5);
    for record in &mut expected {
        (record.created, record.accessed) = (None, None);
    }
    assert_eq!(lwp::read(&text).records, expected);
}

#[cfg(feature = "serde")]
#[test]
fn json_holds_everything() {
    let mut records = sample();
    records[0].value = vec![0xff, 0xfe];
    let text = serde_json::to_string(&records).unwrap();
    assert!(
        text.contains("\"value\":[255,254]") && text.contains("\"partition\":\"https://www.example.org\""),
        "{text}"
    );
    assert_eq!(serde_json::from_str::<Vec<Record>>(&text).unwrap(), records);
    let least: Record = serde_json::from_str(r#"{"value":"v","domain":"x.example","path":"/"}"#).unwrap();
    assert_eq!((least.host_only, least.expires), (false, None));
}
