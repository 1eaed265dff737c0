//! Laws of values: what is written is what is read, and nothing more.

use super::{Law, Story};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

/// What was written is read back as it was.
///
/// # Errors
///
/// [`Law::RoundTrip`], with what was written as the input.
pub fn round_trip<T, E>(
    value: &T,
    write: impl Fn(&T) -> Vec<u8>,
    read: impl Fn(&[u8]) -> Result<T, E>,
) -> Result<(), Story>
where
    T: PartialEq + fmt::Debug,
    E: fmt::Debug,
{
    let written = write(value);
    match read(&written) {
        Ok(again) if again == *value => Ok(()),
        other => Err(Story::new(
            Law::RoundTrip,
            &written,
            "written, then read",
            format_args!("{value:?}"),
            format_args!("{other:?}"),
        )),
    }
}

/// What was read is written stably: read, write, read, write gives the same octets twice. Input that is refused is
/// nothing to this law.
///
/// # Errors
///
/// [`Law::RoundTrip`].
pub fn stable<T, E>(
    bytes: &[u8],
    read: impl Fn(&[u8]) -> Result<T, E>,
    write: impl Fn(&T) -> Vec<u8>,
) -> Result<(), Story>
where
    E: fmt::Debug,
{
    let Ok(first) = read(bytes) else { return Ok(()) };
    let once = write(&first);
    let twice = match read(&once) {
        Ok(second) => write(&second),
        Err(error) => {
            let found = format_args!("refused: {error:?}");
            return Err(Story::new(Law::RoundTrip, bytes, "read, written, read", once.escape_ascii(), found));
        }
    };
    if once == twice {
        return Ok(());
    }
    Err(Story::new(Law::RoundTrip, bytes, "read, written, read, written", once.escape_ascii(), twice.escape_ascii()))
}

/// Ways to make more of `base` than a value: line ends of every kind, NUL and other controls at its beginning, middle
/// and end, each followed by `payload`.
pub fn forgeries(base: &[u8], payload: &[u8]) -> Vec<Vec<u8>> {
    const BREAKS: &[&[u8]] = &[
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"\r\n\r\n",
        b"\r\n.\r\n",
        b"\n.\n",
        b"\x0b",
        b"\x0c",
        b"\x1b[2J",
        b"\x7f",
        b"\x85",
        "\u{85}".as_bytes(),
        "\u{2028}".as_bytes(),
        b"\t",
        b" ",
        b"\"",
        b"\\",
        b"<",
        b">",
        b",",
        b";",
    ];
    let mut all = vec![Vec::new(), payload.to_vec()];
    for line_break in BREAKS {
        for at in [0, base.len() / 2, base.len()] {
            all.push([&base[..at], line_break, payload, &base[at..]].concat());
            all.push([&base[..at], line_break, &base[at..]].concat());
        }
    }
    all
}

/// However `say` is misused, the peer hears as many things as it does for a `harmless` value, or nothing was said.
///
/// `say` gives what was written, or `None` where the value was refused; `hear` counts the lines, fields, commands or
/// parts that a peer finds in it.
///
/// # Errors
///
/// [`Law::Forgery`], with the value as the input; also where the harmless value is refused, since the law could then not
/// fail.
pub fn no_forgery(
    harmless: &[u8],
    hostile: impl IntoIterator<Item = Vec<u8>>,
    mut say: impl FnMut(&[u8]) -> Option<Vec<u8>>,
    mut hear: impl FnMut(&[u8]) -> usize,
) -> Result<(), Story> {
    let Some(wire) = say(harmless) else {
        return Err(Story::new(Law::Forgery, harmless, "the harmless value", "said", "refused"));
    };
    let expected = hear(&wire);
    for value in hostile {
        if let Some(wire) = say(&value) {
            let heard = hear(&wire);
            if heard != expected {
                return Err(Story::new(
                    Law::Forgery,
                    &value,
                    format_args!("said as \"{}\"", wire.escape_ascii()),
                    format_args!("{expected} heard"),
                    format_args!("{heard} heard"),
                ));
            }
        }
    }
    Ok(())
}
