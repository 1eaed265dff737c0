//! Multi-line text that ends with a dot on a line of its own, as SMTP and POP3 send it.
//!
//! RFC 5321 4.5.2 and RFC 1939 3: a line that begins with a dot is sent with one more, and CRLF `.` CRLF is the end. The
//! CRLF before the dot belongs to the last line of the text. Only CRLF begins a line here: `LF . CRLF`, `CR . CRLF`,
//! `CRLF . LF`, `CRLF . CR CRLF` and whatever else looks alike end nothing, however the octets were cut
//! (CVE-2023-51764 and its kin).
//!
//! [`Stuff`] writes such a text and [`Unstuff`] reads one. Both tell pieces that are borrowed from what they were given.
//!
//! ```
//! use bytes::BytesMut;
//! use plainwire::syntax::dots::{Endings, Piece, Stuff, Unstuff};
//!
//! let mut wire = BytesMut::new();
//! let mut stuff = Stuff::new(Endings::Refuse);
//! stuff.push(b"one\r\n.two\r\n", &mut wire).unwrap();
//! stuff.finish(&mut wire).unwrap();
//! assert_eq!(&wire[..], b"one\r\n..two\r\n.\r\n");
//!
//! let (mut input, mut unstuff) = (&wire[..], Unstuff::new());
//! assert_eq!(unstuff.next(&mut input), Some(Piece::Text(b"one\r\n")));
//! assert_eq!(unstuff.next(&mut input), Some(Piece::Text(b".two\r\n")));
//! assert_eq!(unstuff.next(&mut input), Some(Piece::End));
//! ```

mod scan;
mod stuff;
mod unstuff;

#[cfg(test)]
mod tests;

pub use self::scan::Alone;
pub use self::stuff::{Bare, Endings, Pieces, Stuff};
pub use self::unstuff::{Piece, Texts, Unstuff};

#[cfg(any(feature = "smtp", test))]
pub(crate) use self::scan::{Mark, next_mark};
