//! `plainwire get` with every letter it has, by what a server sees of it and by its exit codes, which are curl's.
#![cfg(feature = "cli")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "processes and sockets are what is tested")]

#[path = "support/web.rs"]
mod web;

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use web::{Served, Told, get, get_in, get_with_input, names, plainwire};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/// What the server hears when the tool is called so; the URL is added.
fn heard(arguments: &[&str]) -> String {
    let told = Told::says(OK);
    let url = told.url("/p?q");
    let ran = get(&[arguments, &[&url]].concat());
    assert_eq!((ran.code, ran.text().as_str()), (0, "ok"), "{arguments:?}: {}", ran.errors);
    told.heads().remove(0)
}

#[test]
fn a_plain_get_asks_as_curl_asks() {
    let version = env!("CARGO_PKG_VERSION");
    let told = Told::says(OK);
    assert_eq!(get(&[&told.url("/p?q")]).code, 0);
    assert_eq!(
        told.heads(),
        [format!(
            "GET /p?q HTTP/1.1\r\nHost: {}\r\nUser-Agent: plainwire/{version}\r\nAccept: */*\r\n\r\n",
            told.address
        )]
    );
    // Without a scheme it is http.
    let bare = told.address.to_string();
    assert_eq!(get(&[&bare]).text(), "ok");
    assert!(told.heads()[1].starts_with("GET / HTTP/1.1\r\n"));
}

#[test]
fn letters_become_fields() {
    for (arguments, line) in [
        (&["-X", "PURGE"][..], "PURGE /p?q HTTP/1.1\r\n"),
        (&["--request", "OPTIONS"], "OPTIONS /p?q HTTP/1.1\r\n"),
        (&["-H", "X-A: b c"], "\r\nX-A: b c\r\n"),
        (&["-H", "X-Empty;"], "\r\nX-Empty: \r\n"),
        (&["-H", "Host: other.example"], "\r\nHost: other.example\r\n"),
        (&["-H", "Accept: text/html"], "\r\nAccept: text/html\r\n"),
        (&["-H", "Connection: close"], "\r\nConnection: close\r\n"),
        (&["-A", "someone/1"], "\r\nUser-Agent: someone/1\r\n"),
        (&["-e", "http://from.example/"], "\r\nReferer: http://from.example/\r\n"),
        (&["-b", "a=1; b=2"], "\r\nCookie: a=1; b=2\r\n"),
        (&["-u", "Aladdin:open sesame"], "\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"),
        (&["--oauth2-bearer", "mF_9.B5f-4.1JqM"], "\r\nAuthorization: Bearer mF_9.B5f-4.1JqM\r\n"),
        (&["-r", "0-4,-2"], "\r\nRange: bytes=0-4,-2\r\n"),
        (&["-r", "-5"], "\r\nRange: bytes=-5\r\n"),
        (&["--compressed"], "\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n"),
    ] {
        let head = heard(arguments);
        assert!(head.contains(line), "{arguments:?}: {head:?}");
    }
    assert!(!heard(&[]).contains("Accept-Encoding"), "codings are asked for only where they are wanted");
    assert!(!heard(&["-H", "User-Agent:"]).contains("User-Agent"));
    assert!(!heard(&["-A", ""]).contains("User-Agent"));
    assert!(!heard(&["-H", "Accept:"]).contains("Accept"));
    assert_eq!(heard(&["-H", "Host: one.example"]).matches("Host:").count(), 1);
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("lines");
    fs::write(&lines, "X-One: 1\n\nX-Two: 2\r\n").unwrap();
    let head = heard(&["-H", &format!("@{}", lines.display())]);
    assert!(head.contains("\r\nX-One: 1\r\nX-Two: 2\r\n"), "{head:?}");
}

#[test]
fn what_would_forge_a_line_is_refused_before_anything_is_sent() {
    let told = Told::says(OK);
    for arguments in [
        &["-H", "X-A: b\r\nX-B: c"][..],
        &["-H", "X A: b"],
        &["-H", "Content-Length: 5"],
        &["-H", "Transfer-Encoding: gzip, chunked"],
        &["-X", "GET / HTTP/1.1\r\nX: y"],
        &["-A", "a\nb"],
        &["-e", "a\r\nb"],
        &["-b", "a=b\r\nX: y"],
        &["--oauth2-bearer", "a b"],
    ] {
        let ran = get(&[arguments, &[&told.url("/")]].concat());
        assert!(matches!(ran.code, 2 | 3), "{arguments:?}: {} {}", ran.code, ran.errors);
        assert_eq!(ran.errors.lines().count(), 1, "{}", ran.errors);
    }
    assert!(told.heads().is_empty());
}

#[test]
fn bodies_are_sent_as_they_are_given() {
    let server = Served::echo();
    let url = server.url("/anywhere");
    let sent = |arguments: &[&str]| {
        let ran = get(&[arguments, &[&url]].concat());
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.errors);
        ran.text()
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    fs::write(&file, "{\"a\":\n1}\r\n").unwrap();
    let at = format!("@{}", file.display());
    assert_eq!(sent(&["-d", "a=b", "-d", "c=d e"]), "a=b&c=d e");
    assert_eq!(sent(&["-d", &at]), "{\"a\":1}");
    assert_eq!(sent(&["--data-binary", &at]), "{\"a\":\n1}\r\n");
    assert_eq!(sent(&["--data-raw", "@x"]), "@x");
    assert_eq!(sent(&["--json", "{\"x\":1}"]), "{\"x\":1}");
    assert_eq!(sent(&["-T", &file.display().to_string()]), "{\"a\":\n1}\r\n");
    assert_eq!(sent(&["-H", "Transfer-Encoding: chunked", "-d", "in chunks"]), "in chunks");
    assert_eq!(get_with_input(b"from a pipe", &["-T", "-", &url]).text(), "from a pipe");
    assert_eq!(get_with_input(b"line\n", &["--data-binary", "@-", &url]).text(), "line\n");

    let large = folder.path().join("large");
    fs::write(&large, vec![b'l'; 3 << 20]).unwrap();
    assert_eq!(get(&["-T", &large.display().to_string(), &url]).out.len(), 3 << 20);

    let form = sent(&["-F", "a=1", "-F", &format!("f={at};type=text/x-a;filename=other.txt")]);
    let boundary = form.lines().next().unwrap().to_string();
    assert!(boundary.len() > 10 && form.ends_with(&format!("\r\n{boundary}--\r\n")), "{form:?}");
    assert!(form.contains("Content-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"), "{form:?}");
    assert!(
        form.contains("Content-Disposition: form-data; name=\"f\"; filename=\"other.txt\"\r\nContent-Type: text/x-a\r\n\r\n{\"a\":\n1}\r\n"),
        "{form:?}"
    );
}

#[test]
fn the_method_and_the_type_follow_from_the_body() {
    let head = |arguments: &[&str]| {
        let told = Told::by(|_, stream, _| drop(stream.write_all(OK.as_bytes())));
        let ran = get(&[arguments, &[&told.url("/up/")]].concat());
        assert_eq!(ran.code, 0, "{}", ran.errors);
        told.heads().remove(0)
    };
    let posted = head(&["-d", "a=b"]);
    assert!(posted.starts_with("POST /up/ HTTP/1.1\r\n"), "{posted:?}");
    assert!(posted.contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"), "{posted:?}");
    assert!(posted.contains("\r\nContent-Length: 3\r\n"), "{posted:?}");
    let json = head(&["--json", "{}"]);
    assert!(json.contains("\r\nContent-Type: application/json\r\nAccept: application/json\r\n"), "{json:?}");
    let typed = head(&["-d", "x", "-H", "Content-Type: text/plain"]);
    assert!(typed.contains("\r\nContent-Type: text/plain\r\n") && !typed.contains("urlencoded"), "{typed:?}");
    let form = head(&["-F", "a=b"]);
    assert!(form.contains("\r\nContent-Type: multipart/form-data; boundary="), "{form:?}");
    assert!(head(&["-G", "-d", "a=b", "-d", "c=d"]).starts_with("GET /up/?a=b&c=d HTTP/1.1\r\n"));
    assert!(head(&["-X", "PATCH", "-d", "x"]).starts_with("PATCH /up/ "));
    // A folder gets the file under its own name, as curl has it.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a b.txt"), "x").unwrap();
    let put = head(&["-T", &folder.path().join("a b.txt").display().to_string()]);
    assert!(put.starts_with("PUT /up/a%20b.txt HTTP/1.1\r\n"), "{put:?}");
}

#[test]
fn output_goes_where_it_is_wanted() {
    let server = Served::echo();
    let folder = tempfile::tempdir().unwrap();
    let here = |arguments: &[&str]| {
        let ran = get_in(folder.path(), arguments);
        assert_eq!((ran.code, ran.errors.as_str()), (0, ""), "{arguments:?}");
        ran.text()
    };
    assert_eq!(here(&["-o", "x.txt", &server.url("/")]), "");
    assert_eq!(fs::read_to_string(folder.path().join("x.txt")).unwrap(), "hello from plainwire\n");
    here(&["-O", &server.url("/bytes/5?x=y")]);
    assert_eq!(fs::read(folder.path().join("5")).unwrap(), b"xxxxx");
    assert_eq!(here(&["-o", "-", &server.url("/bytes/3")]), "xxx");
    assert_eq!(names(folder.path()), ["5", "x.txt"]);
    // A device is written to, and stays one.
    #[cfg(unix)]
    {
        here(&["-o", "/dev/null", &server.url("/")]);
        use std::os::unix::fs::FileTypeExt as _;
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        assert_eq!(here(&["-o", "/dev/stdout", &server.url("/bytes/2")]), "xx");
    }
    assert_eq!(get_in(folder.path(), &["-O", &server.url("/")]).code, 23, "the URL names no file");
    assert_eq!(get_in(folder.path(), &["-o", "no/such/folder", &server.url("/")]).code, 23);
    assert_eq!(get_in(folder.path(), &["-o", ".", &server.url("/")]).code, 23);

    let named = Told::says(
        "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"../../evil.sh\"\r\nConnection: close\r\n\r\nx",
    );
    here(&["-OJ", &named.url("/z")]);
    assert_eq!(names(folder.path()), ["5", "evil.sh", "x.txt"]);
    // curl(1), -J: a file of that name is not overwritten.
    let again = get_in(folder.path(), &["-OJ", &named.url("/z")]);
    assert_eq!(again.code, 23);
    assert!(again.errors.contains("evil.sh is there already"), "{}", again.errors);
    // A redirect does not choose the name.
    let moved = Told::by(|number, stream, _| {
        let start = if number == 0 { "302 Found\r\nLocation: /x.txt" } else { "200 OK" };
        let answer = format!("HTTP/1.1 {start}\r\nContent-Length: 1\r\nConnection: close\r\n\r\ny");
        stream.write_all(answer.as_bytes()).unwrap();
    });
    here(&["-L", "-O", &moved.url("/asked")]);
    assert_eq!(names(folder.path()), ["5", "asked", "evil.sh", "x.txt"]);
}

#[test]
fn what_a_server_says_moves_no_cursor() {
    let told =
        Told::says("HTTP/1.1 404 \u{9b}2J\r\nX-Title: \u{9b}31mred\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    let ran = get(&["-v", "-f", &told.url("/")]);
    assert_eq!(ran.code, 22);
    assert!(!ran.errors.contains('\u{9b}') && ran.errors.contains("\\u{9b}2J"), "{:?}", ran.errors);
    let shown = get(&["-v", &told.url("/")]);
    assert!(
        !shown.errors.contains('\u{9b}') && shown.errors.contains("< X-Title: \\u{9b}31mred"),
        "{:?}",
        shown.errors
    );
}

#[test]
fn what_came_from_standard_input_is_sent_once() {
    let told = Told::says("HTTP/1.1 503 Later\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    for letters in [&["-T", "-"][..], &["-d", "@-"], &["--json", "@-"]] {
        let before = told.heads().len();
        let ran = get_with_input(b"{}", &[&["-f", "--retry", "2"], letters, &[&told.url("/")]].concat());
        assert_eq!((ran.code, told.heads().len() - before), (22, 1), "{letters:?}");
    }
}

#[test]
fn heads_are_shown_where_they_are_asked_for() {
    let server = Served::echo();
    let with = get(&["-i", &server.url("/")]).text();
    assert!(with.starts_with("HTTP/1.1 200 OK\r\n") && with.ends_with("\r\n\r\nhello from plainwire\n"), "{with:?}");
    let head = get(&["-I", &server.url("/")]).text();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"), "{head:?}");
    assert!(head.contains("Content-Length: 21\r\n"), "{head:?}");
    let told = Told::says("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
    assert_eq!(get(&["-I", &told.url("/")]).code, 0, "HEAD has no body, whatever its length is");
    assert!(told.heads()[0].starts_with("HEAD / "));
    let verbose = get(&["-v", "-u", "me:secret", &server.url("/")]);
    assert_eq!(verbose.text(), "hello from plainwire\n");
    for line in
        ["* connected to ", "> GET / HTTP/1.1", "> Accept: */*", "> Authorization: (not shown)", "< HTTP/1.1 200 OK"]
    {
        assert!(verbose.errors.contains(line), "{line}: {}", verbose.errors);
    }
    assert!(!verbose.errors.contains("bWU6c2VjcmV0"), "{}", verbose.errors);
}

#[test]
fn redirects_are_followed_where_that_is_asked_for() {
    let server = Served::echo();
    assert!(get(&["-i", &server.url("/redirect/3")]).text().starts_with("HTTP/1.1 302 "));
    assert_eq!(get(&["-L", &server.url("/redirect/3")]).text(), "hello from plainwire\n");
    assert_eq!(get(&["-L", "--max-redirs", "2", &server.url("/redirect/3")]).code, 47);
    assert_eq!(get(&["-L", "--max-redirs", "0", &server.url("/redirect/1")]).code, 47);
    assert_eq!(get(&["-L", &server.url("/redirect/60")]).code, 47, "fifty are enough, as for curl");
    let file = Told::says("HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nConnection: close\r\n\r\n");
    let ran = get(&["-L", &file.url("/")]);
    assert_eq!((ran.code, ran.text().as_str()), (47, ""), "{}", ran.errors);

    // Credentials and cookies are for the origin that they were given for.
    let other = Told::says(OK);
    let location = format!("HTTP/1.1 307 Moved\r\nLocation: {}\r\nConnection: close\r\n\r\n", other.url("/else"));
    let first = Told::says(location);
    let ran = get(&[
        "-L",
        "-u",
        "me:secret",
        "-b",
        "a=b",
        "-H",
        "Authorization: Other x",
        "-H",
        "X-Kept: y",
        &first.url("/"),
    ]);
    assert_eq!(ran.text(), "ok", "{}", ran.errors);
    assert!(
        first.heads()[0].contains("\r\nCookie: a=b\r\n") && first.heads()[0].contains("\r\nAuthorization: Other x\r\n")
    );
    let there = &other.heads()[0];
    assert!(there.contains("X-Kept: y") && !there.contains("Cookie") && !there.contains("Authorization"), "{there:?}");
}

#[test]
fn statuses_fail_only_where_that_is_asked_for() {
    let server = Served::echo();
    let plain = get(&[&server.url("/status/404")]);
    assert_eq!((plain.code, plain.text().as_str()), (0, "404 Not Found\n"));
    let failed = get(&["-f", &server.url("/status/404")]);
    assert_eq!((failed.code, failed.text().as_str()), (22, ""));
    assert_eq!(failed.errors, "plainwire: the server answered 404 Not Found\n");
    let silent = get(&["-f", "-s", &server.url("/status/500")]);
    assert_eq!((silent.code, silent.errors.as_str()), (22, ""));
    let shown = get(&["-fsS", &server.url("/status/500")]);
    assert_eq!((shown.code, shown.errors.as_str()), (22, "plainwire: the server answered 500 Internal Server Error\n"));
    assert_eq!(get(&["-f", &server.url("/status/399")]).code, 0);
}

#[test]
fn cookies_are_kept_and_brought_again() {
    let server = Served::echo();
    let folder = tempfile::tempdir().unwrap();
    let ran = get_in(folder.path(), &["-c", "jar", &server.url("/cookie?id=42")]);
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""));
    let jar = fs::read_to_string(folder.path().join("jar")).unwrap();
    assert!(jar.contains("127.0.0.1\tFALSE\t/\tFALSE\t0\tid\t42\n"), "{jar}");
    assert_eq!(get_in(folder.path(), &["-b", "jar", &server.url("/cookie")]).text(), "id=42\n");
    assert_eq!(get_in(folder.path(), &["-b", "jar", "-b", "x=y", &server.url("/cookie")]).text(), "id=42\nx=y\n");
    assert_eq!(get_in(folder.path(), &["-b", "none", &server.url("/cookie")]).text(), "");
    // One run, several URLs, one jar.
    let twice = get_in(folder.path(), &["-c", "new", &server.url("/cookie?a=1"), &server.url("/cookie")]);
    assert_eq!(twice.text(), "a=1\n");
    assert!(get_in(folder.path(), &["-c", "-", &server.url("/cookie?a=1")]).text().contains("\ta\t1\n"));
}

#[test]
fn a_proxy_is_asked_for_the_whole_url() {
    let proxy = Told::says(OK);
    let at = proxy.url("");
    let ran = get(&["-x", &at, "http://www.example.test:8080/a?b"]);
    assert_eq!(ran.text(), "ok", "{}", ran.errors);
    assert!(
        proxy.heads()[0]
            .starts_with("GET http://www.example.test:8080/a?b HTTP/1.1\r\nHost: www.example.test:8080\r\n")
    );
    let with = at.replace("http://", "http://u:p@");
    assert_eq!(get(&["-x", &with, "http://www.example.test/"]).code, 0);
    assert!(proxy.heads()[1].contains("\r\nProxy-Authorization: Basic dTpw\r\n"));
    // The user apart from the URL, as it is; the environment's proxy gets it too.
    assert_eq!(get(&["-x", &with, "-U", "us er:p%41:@", "http://www.example.test/"]).code, 0);
    assert!(proxy.heads()[2].contains("\r\nProxy-Authorization: Basic dXMgZXI6cCU0MTpA\r\n"), "{}", proxy.heads()[2]);
    let ran =
        plainwire().env("http_proxy", &at).args(["get", "-U", "u:p", "http://www.example.test/"]).output().unwrap();
    assert_eq!(ran.stdout, b"ok");
    assert!(proxy.heads()[3].contains("\r\nProxy-Authorization: Basic dTpw\r\n"));
    let unread = get(&["-x", "http://[", "-U", "u:p", "http://www.example.test/"]);
    assert!(
        unread.code == 3 && unread.errors.starts_with("plainwire: the proxy: "),
        "{} {}",
        unread.code,
        unread.errors
    );
    // From the environment, as curl reads it.
    let ran = plainwire().env("http_proxy", &at).args(["get", "http://www.example.test/env"]).output().unwrap();
    assert_eq!(ran.stdout, b"ok");
    let direct = plainwire()
        .env("http_proxy", &at)
        .env("no_proxy", "127.0.0.1")
        .args(["get", &proxy.url("/direct")])
        .output()
        .unwrap();
    assert_eq!(direct.stdout, b"ok");
    assert!(proxy.heads()[5].starts_with("GET /direct HTTP/1.1\r\n"));
    // https goes through CONNECT; a refusal is the proxy's.
    let refuses = Told::says("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    let ran = get(&["-x", &refuses.url(""), "https://www.example.test/"]);
    assert_eq!(ran.code, 56, "{}", ran.errors);
    assert!(refuses.heads()[0].starts_with("CONNECT www.example.test:443 HTTP/1.1\r\nHost: www.example.test:443\r\n"));
    assert_eq!(get(&["-x", "socks5://127.0.0.1:1", "http://www.example.test/"]).code, 7);
}

#[test]
fn digest_answers_a_challenge() {
    // RFC 7616 3.9.1, but for the client's nonce, which is our own.
    let told = Told::by(|_, stream, head| {
        let answer = if head.contains("Authorization: Digest ") {
            OK.to_string()
        } else {
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
             algorithm=SHA-256, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
             opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .to_string()
        };
        stream.write_all(answer.as_bytes()).unwrap();
    });
    for letters in [&["--anyauth"][..], &["--digest"], &[]] {
        let before = told.heads().len();
        let ran = get(&[&["-u", "Mufasa:Circle of Life"], letters, &[&told.url("/dir/index.html")]].concat());
        assert_eq!((ran.code, ran.text().as_str()), (0, "ok"), "{}", ran.errors);
        let heads = told.heads();
        assert_eq!(heads[before].contains("Authorization: Basic"), letters.is_empty());
        let answer = &heads[before + 1];
        for part in ["username=\"Mufasa\"", "uri=\"/dir/index.html\"", "qop=auth,", "nc=00000001", "algorithm=SHA-256"]
        {
            assert!(answer.contains(part), "{part}: {answer}");
        }
    }
    // Whoever is offered Basic in place of Digest is not told the password.
    let weak = Told::says(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(get(&["-f", "--digest", "-u", "a:b", &weak.url("/")]).code, 22);
    assert!(weak.heads().iter().all(|head| !head.contains("Authorization")));
    let wrong = Served::start(&["--echo", "--quiet"]);
    assert_eq!(get(&["-u", "a:b", &wrong.url("/status/401")]).text(), "401 Unauthorized\n");
}

#[test]
fn netrc_gives_logins_for_its_hosts() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".netrc"), "machine 127.0.0.1 login u password p\n").unwrap();
    let told = Told::says(OK);
    let ran = plainwire().env("HOME", folder.path()).args(["get", "-n", &told.url("/")]).output().unwrap();
    assert!(ran.status.success());
    let named = folder.path().join(".netrc").display().to_string();
    assert_eq!(get(&["--netrc-file", &named, &told.url("/")]).code, 0);
    for head in told.heads() {
        assert!(head.contains("\r\nAuthorization: Basic dTpw\r\n"), "{head}");
    }
    assert_eq!(get(&["--netrc-file", "/no/such/file", &told.url("/")]).code, 26);
}

#[test]
fn codings_are_undone_only_with_the_letter_for_it() {
    let server = Served::echo();
    let coded = get(&[&server.url("/gzip")]);
    assert_eq!(coded.out[..2], [0x1f, 0x8b]);
    let plain = get(&["--compressed", &server.url("/gzip")]);
    assert_eq!(plain.text(), "hello from plainwire\n".repeat(3));
    assert_eq!(get(&[&server.url("/chunked")]).text(), "hello from plainwire\n".repeat(3));
}

#[test]
fn time_limits_and_tries() {
    let server = Served::echo();
    let ran = get(&["-m", "0.3", &server.url("/delay/30")]);
    assert_eq!(ran.code, 28, "{}", ran.errors);
    assert_eq!(ran.errors.lines().count(), 1);
    // The second try is answered.
    let told = Told::by(|number, stream, _| {
        let answer =
            if number == 0 { "HTTP/1.1 503 Later\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" } else { OK };
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let ran = get(&["--retry", "2", &told.url("/")]);
    assert_eq!((ran.code, ran.text().as_str(), told.heads().len()), (0, "ok", 2), "{}", ran.errors);
    assert!(ran.errors.contains("trying again in 1 s"), "{}", ran.errors);
    // What no other try can mend is not tried again.
    let told = Told::says("HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert_eq!((get(&["-f", "--retry", "3", &told.url("/")]).code, told.heads().len()), (22, 1));
    // Without -f the last answer counts.
    let told = Told::says("HTTP/1.1 503 Later\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwait");
    let ran = get(&["-s", "--retry", "1", &told.url("/")]);
    assert_eq!((ran.code, ran.text().as_str(), told.heads().len()), (0, "wait", 2));
}

#[test]
fn exit_codes_are_those_of_curl() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let missing = get(&["-o", "/dev/null", "-d", "@/no/such/file", "http://127.0.0.1:1/"]);
    assert_eq!(missing.code, 26, "{}", missing.errors);
    for (arguments, code) in [
        (&["gopher://127.0.0.1/"][..], 1),
        (&["--no-such-letter", "http://x/"], 2),
        (&[], 2),
        (&["http://a b/"], 3),
        (&["http://[::1/"], 3),
        (&["http://no-such-host.invalid/"], 6),
        (&[&format!("http://{closed}/")], 7),
        (&["--cacert", "/no/such/file", "https://127.0.0.1:1/"], 77),
        (&["-E", "/etc/hostname", "https://127.0.0.1:1/"], 58),
        (&["-T", "/no/such/file", "http://127.0.0.1:1/"], 26),
    ] {
        let ran = get(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.errors);
        assert!(!ran.errors.is_empty(), "{arguments:?}");
        assert!(code == 2 || ran.errors.lines().count() == 1, "{arguments:?}: {}", ran.errors);
    }
    // The last failure counts, and all URLs are fetched.
    let server = Served::echo();
    let ran = get(&[&format!("http://{closed}/"), &server.url("/")]);
    assert_eq!((ran.code, ran.text().as_str()), (7, "hello from plainwire\n"));
}

#[test]
fn data_and_file_urls_are_read_here() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a b");
    fs::write(&file, "content").unwrap();
    assert_eq!(get(&["data:,a%20b"]).text(), "a b");
    assert_eq!(get(&["data:text/plain;base64,aGVsbG8="]).text(), "hello");
    assert_eq!(get(&[&format!("file://{}", file.display().to_string().replace(' ', "%20"))]).text(), "content");
    assert_eq!(get(&["file:///no/such/file"]).code, 23);
}

#[test]
fn a_transcript_is_written_without_secrets_and_replays() {
    let server = Served::echo();
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--transcript", "t", "-u", "me:secret", "-b", "token=hidden", &server.url("/redirect/1?set=new")];
    assert_eq!(get_in(folder.path(), &arguments).code, 0);
    let text = fs::read_to_string(folder.path().join("t")).unwrap();
    assert!(text.starts_with("-- engine: http1 client\n"), "{text}");
    assert!(text.contains("GET /redirect/1?set=new HTTP/1.1") && text.contains("HTTP/1.1 302 Found"), "{text}");
    for secret in ["bWU6c2VjcmV0", "hidden", "secret"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let post = ["--transcript", "p", "-d", "a=b", &server.url("/x")];
    assert_eq!(get_in(folder.path(), &post).text(), "a=b");
    let replayed = plainwire().args(["replay", "p"]).current_dir(folder.path()).output().unwrap();
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let server = Served::echo();
    let mut child = plainwire()
        .args(["get", &server.url("/bytes/100000000")])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran: web::Ran = child.wait_with_output().unwrap().into();
    assert_eq!((ran.code, ran.errors.as_str()), (0, ""));
}

#[test]
fn the_scene_of_the_demonstration_goes_as_it_should() {
    let output = plainwire().args(["demo", "http"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    for line in [
        "C: POST /login HTTP/1.1\n",
        "S: HTTP/1.1 401 Unauthorized\n",
        "C: Authorization: {redacted}\n",
        "S: HTTP/1.1 303 See Other\n",
        "S: hello, ada\\n\\\n",
        "S: HTTP/1.1 304 Not Modified\n",
        "C: Range: bytes=22-27\n",
        "S: HTTP/1.1 206 Partial Content\n",
        "S: HTTP/1.1 400 Bad Request\n",
        "1000000 octets came in 4 segments",
    ] {
        assert!(text.contains(line), "{line:?}: {text}");
    }
    assert!(!text.contains("YWRh") && !text.contains("7f3a"), "{text}");
}
