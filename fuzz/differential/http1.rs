//! Heads beside `httparse`. What we take it takes, with the same parts; where not, the reason is named.

use plainwire::http1::{Fields, parse_request, parse_response};

/// The same octets as a request's head and as a response's.
pub fn heads(data: &[u8]) {
    request(data);
    response(data);
}

fn request(data: &[u8]) {
    let Ok(Some((head, length))) = parse_request(data) else { return };
    let mut fields = [httparse::EMPTY_HEADER; 256];
    let mut request = httparse::Request::new(&mut fields);
    let parsed = request.parse(data);
    // RFC 9110 2.5: a minor version above 1 is processed as 1. httparse refuses it.
    if head.version().minor() > 1 {
        assert_eq!(parsed, Err(httparse::Error::Version));
        return;
    }
    assert_eq!(parsed, Ok(httparse::Status::Complete(length)), "{}", data.escape_ascii());
    assert_eq!(request.method, Some(head.method().as_str()));
    assert_eq!(request.path, Some(head.target().as_str()));
    assert_eq!(request.version, Some(head.version().minor()));
    same(head.fields(), request.headers);
}

fn response(data: &[u8]) {
    let Ok(Some((head, length))) = parse_response(data) else { return };
    let mut fields = [httparse::EMPTY_HEADER; 256];
    let mut response = httparse::Response::new(&mut fields);
    let parsed = response.parse(data);
    if head.version().minor() > 1 {
        assert_eq!(parsed, Err(httparse::Error::Version));
        return;
    }
    assert_eq!(parsed, Ok(httparse::Status::Complete(length)), "{}", data.escape_ascii());
    assert_eq!(response.code, Some(head.status().as_u16()));
    assert_eq!(response.version, Some(head.version().minor()));
    // httparse tells a reason with obs-text as an empty one.
    if head.reason().is_ascii() {
        assert_eq!(response.reason.map(str::as_bytes), Some(head.reason()));
    }
    same(head.fields(), response.headers);
}

fn same(ours: Fields<'_>, theirs: &[httparse::Header<'_>]) {
    assert_eq!(ours.len(), theirs.len());
    for (field, header) in ours.iter().zip(theirs) {
        assert_eq!(field.name.as_str(), header.name);
        assert_eq!(field.value.as_bytes(), header.value);
    }
}
