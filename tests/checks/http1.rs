//! What is asserted about HTTP/1.1, on any bytes.

#[path = "../support/http1.rs"]
mod callers;

use bytes::BytesMut;
use callers::{Asking, Asks, Hears, lines};
use plainwire::http1::chunked::{self, Decoder, Event};
use plainwire::http1::server::{self, Server};
use plainwire::http1::{HeadParser, MessageLimits, Quirks, RequestHead, ResponseHead, Trailers};
use plainwire::laws::{self, Ending};

/// Two cuts, an output mark and a lateness that depend on nothing but the data.
fn plan(data: &[u8]) -> ([usize; 2], usize, usize) {
    let hash = data
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let length = data.len().max(1);
    let [a, b] = [hash as usize % length, (hash >> 20) as usize % length];
    ([a, b], 1 << (hash >> 40 & 15), (hash >> 50 & 3) as usize)
}

/// Small limits now and then: their places are worth as much as any syntax.
fn limits(choice: u8) -> MessageLimits {
    let mut limits = MessageLimits::default();
    match choice >> 4 & 7 {
        1 => limits.head = 64,
        2 => limits.start_line = 20,
        3 => limits.field_line = 20,
        4 => limits.fields = 2,
        5 => (limits.chunk_line, limits.extensions) = (12, 16),
        6 => limits.trailers = 24,
        _ => {}
    }
    limits
}

fn quirks(choice: u8) -> Quirks {
    Quirks { bare_lf: choice & 1 != 0, obs_fold: choice & 2 != 0, chunk_size_space: choice & 4 != 0 }
}

/// The loops for whole heads against the scan that takes them octet by octet; then written and read again.
pub(crate) fn heads(data: &[u8]) {
    let Some((&choice, input)) = data.split_first() else { return };
    let (limits, quirks) = (limits(choice), quirks(choice));
    let whole = HeadParser::request(limits, quirks).parse_request(input);
    let mut slow = HeadParser::request(limits, quirks);
    let dripped = (0..=input.len()).find_map(|end| slow.parse_request(&input[..end]).transpose());
    match (&whole, dripped.as_ref().map(Result::as_ref)) {
        (Ok(Some((head, length))), Some(Ok((other, other_length)))) => {
            assert_eq!(length, other_length);
            assert_eq!(head, other);
            assert_eq!(lines(head.fields()), lines(other.fields()));
            assert_eq!(head.fields().len(), head.fields().iter().count());
            for (name, value) in lines(head.fields()) {
                assert!(!name.is_empty() && !value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
                let found = head.fields().all(&name.to_ascii_uppercase()).any(|found| *found.unfolded() == value[..]);
                assert!(found, "{name} is found by its name");
            }
            again(head);
        }
        (Ok(None), None) => {}
        (Err(error), Some(Err(other))) => assert_eq!(error, other),
        (whole, dripped) => panic!("{whole:?} at once, {dripped:?} octet by octet"),
    }

    let whole = HeadParser::response(limits, quirks).parse_response(input);
    let mut slow = HeadParser::response(limits, quirks);
    let dripped = (0..=input.len()).find_map(|end| slow.parse_response(&input[..end]).transpose());
    match (&whole, dripped.as_ref().map(Result::as_ref)) {
        (Ok(Some((head, length))), Some(Ok((other, other_length)))) => {
            assert_eq!(length, other_length);
            assert_eq!(head, other);
            assert_eq!(lines(head.fields()), lines(other.fields()));
            if !quirks.obs_fold {
                again_response(head);
            }
        }
        (Ok(None), None) => {}
        (Err(error), Some(Err(other))) => assert_eq!(error, other),
        (whole, dripped) => panic!("{whole:?} at once, {dripped:?} octet by octet"),
    }
}

/// What was read can be built again from its values, and says the same.
fn again(head: &RequestHead<&[u8]>) {
    let mut built = RequestHead::new(head.method(), head.target().as_str()).expect("what was read can be said");
    for field in head.fields() {
        built.push(field.name.as_str(), field.value).expect("what was read can be said");
    }
    let copied = head.to_owned_head();
    assert_eq!(copied, built);
    assert_eq!(lines(copied.fields()), lines(head.fields()));
    assert_eq!((built.method(), built.target()), (head.method(), head.target()));
}

fn again_response(head: &ResponseHead<&[u8]>) {
    let copied = head.to_owned_head();
    assert_eq!((copied.status(), copied.reason()), (head.status(), head.reason()));
    assert_eq!(lines(copied.fields()), lines(head.fields()));
    for field in head.fields() {
        let mut built = ResponseHead::new(head.status());
        built.push(field.name.as_str(), field.value).expect("what was read can be said");
    }
}

/// A server under the laws, on a client's stream.
pub(crate) fn request(data: &[u8]) {
    let Some((&choice, stream)) = data.split_first() else { return };
    let ending = if choice & 8 == 0 { Ending::Stays } else { Ending::Eof };
    let limits = server::Limits { message: limits(choice), ..server::Limits::default() };
    let make = || (Server::with_quirks(limits, quirks(choice)), Hears::default());
    let (cuts, mark, late) = plan(data);
    let log = laws::judge_cut(make, stream, ending, &cuts, mark, late).unwrap_or_else(|story| panic!("{story}"));
    // Whatever comes, what is said is a stream of responses.
    let hears = callers::serve_with(make, stream, choice & 8 != 0);
    let methods = hears.messages.iter().map(|message| message.method.clone()).collect();
    let asks = Asks { methods, upgrade: true, ..Asks::default() };
    let heard = callers::ask(&asks, &log.out, false, usize::MAX);
    assert_eq!(heard.error, None, "{}", log.out.escape_ascii());
    assert_eq!(heard.left, b"");
    if stream.len() < 300 {
        laws::judge_expiry(make, stream).unwrap_or_else(|story| panic!("{story}"));
    }
}

/// A client under the laws, on a server's stream.
pub(crate) fn response(data: &[u8]) {
    let [choice, kind, stream @ ..] = data else { return };
    let ending = if choice & 8 == 0 { Ending::Stays } else { Ending::Eof };
    let methods = ["GET", "HEAD", "CONNECT", "POST"];
    let asks = Asks {
        methods: (0..3).map(|at| methods[(kind >> (2 * at) & 3) as usize].into()).collect(),
        upgrade: kind & 64 != 0,
        only: kind & 128 != 0,
        quirks: quirks(*choice),
        messages: Vec::new(),
    };
    let limits = limits(*choice);
    let make = || (Asking::new(&asks, limits), Asks::default());
    let (cuts, mark, late) = plan(data);
    laws::judge_cut(make, stream, ending, &cuts, mark, late).unwrap_or_else(|story| panic!("{story}"));
    if stream.len() < 300 {
        laws::judge_expiry(make, stream).unwrap_or_else(|story| panic!("{story}"));
    }
}

/// The decoder under the laws; what it told is encoded and decoded again.
pub(crate) fn chunks(data: &[u8]) {
    let Some((&choice, stream)) = data.split_first() else { return };
    let ending = if choice & 8 == 0 { Ending::Stays } else { Ending::Eof };
    let make = || Decoder::new(limits(choice), quirks(choice));
    if stream.len() <= 200 {
        laws::judge_decode(make, stream, ending).unwrap_or_else(|story| panic!("{story}"));
    }
    let (content, trailers, whole) = decode(make(), stream);
    if !whole {
        return;
    }
    let mut built = Trailers::new();
    let all = trailers.iter().all(|(name, value)| built.push(name, value).is_ok());
    let mut out = BytesMut::new();
    let piece = 1 + choice as usize;
    for piece in content.chunks(piece) {
        chunked::write_chunk(piece, &mut out);
    }
    chunked::write_end(&built, &mut out);
    let (again, told, whole) = decode(Decoder::default(), &out);
    assert!(whole && again == content);
    assert!(!all || told == trailers);
}

type Lines = Vec<(String, Vec<u8>)>;

fn decode(mut decoder: Decoder, mut input: &[u8]) -> (Vec<u8>, Lines, bool) {
    let mut content = Vec::new();
    loop {
        match decoder.recv(&mut input) {
            Ok(Some(Event::Data(octets))) => content.extend_from_slice(octets),
            Ok(Some(Event::Extensions(extensions))) => assert!(extensions.iter().count() > 0),
            Ok(Some(Event::End(trailers))) => return (content, lines(trailers.fields()), true),
            Ok(None) | Err(_) => return (content, Vec::new(), false),
        }
    }
}
