//! Content codings (RFC 9110 8.4): gzip, deflate, br and zstd, decoded as they stream, with a bound on what they may
//! become.
//!
//! ```
//! use plainwire::net::http::coding::{Expansion, decoded};
//! use std::io::Read;
//!
//! // printf hello | gzip -n | od -An -tx1
//! let gzip = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";
//! let mut text = String::new();
//! decoded(&gzip[..], "gzip", Expansion::default())?.read_to_string(&mut text)?;
//! assert_eq!(text, "hello");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::boxed::Box;
use std::format;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::vec::Vec;

/// What `Accept-Encoding` says when all codings are welcome.
pub const ACCEPTED: &str = "gzip, deflate, br, zstd";

/// How much a coded body may become: a bomb of a few kilobytes must not fill a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// Output that is always allowed, in octets. 64 MiB by default: no bomb worth the name is smaller.
    pub free: u64,
    /// Output beyond that, per octet of input. 250 by default: text that is not made to expand stays under 50; DEFLATE's
    /// own bound is 1032.
    pub ratio: u64,
}

impl Default for Expansion {
    fn default() -> Self {
        Self { free: 64 << 20, ratio: 250 }
    }
}

/// `body` with the codings of `Content-Encoding` undone, last applied first (RFC 9110 8.4).
///
/// # Errors
///
/// `InvalidInput` for a coding that is not known, or more than four of them. Reading fails with `InvalidData` where the
/// coding is broken, ends early, or expands beyond `expansion`.
pub fn decoded<'r>(
    body: impl Read + Send + 'r,
    content_encoding: &str,
    expansion: Expansion,
) -> io::Result<Box<dyn Read + Send + 'r>> {
    let codings: Vec<_> = content_encoding.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if codings.len() > 4 {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "more than four content codings"));
    }
    let read = Arc::new(AtomicU64::new(0));
    let mut reader: Box<dyn Read + Send + 'r> = Box::new(Counted { inner: body, read: Arc::clone(&read) });
    let mut coded = false;
    for coding in codings.iter().rev() {
        reader = match coding.to_ascii_lowercase().as_str() {
            "identity" => continue,
            // RFC 9110 8.4.1.3: x-gzip is gzip.
            "gzip" | "x-gzip" => Box::new(flate2::read::MultiGzDecoder::new(reader)),
            "deflate" => deflate(reader)?,
            "br" => Box::new(brotli::Decompressor::new(reader, 16 * 1024)),
            "zstd" => {
                let mut decoder = zstd::stream::read::Decoder::new(reader)?;
                // RFC 8878 3.1.1.1.2 recommends decoders to take 8 MiB at least; curl and browsers stop there.
                decoder.window_log_max(23)?;
                Box::new(decoder)
            }
            _ => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("content coding {coding:?} is not known"),
                ));
            }
        };
        coded = true;
    }
    if !coded {
        return Ok(reader);
    }
    Ok(Box::new(Bounded { inner: reader, read, given: 0, expansion }))
}

/// "deflate" means the zlib format (RFC 9110 8.4.1.2), but servers are known that send raw DEFLATE: the first two octets
/// tell.
fn deflate<'r>(reader: Box<dyn Read + Send + 'r>) -> io::Result<Box<dyn Read + Send + 'r>> {
    let mut reader = BufReader::new(reader);
    let start = reader.fill_buf()?;
    // RFC 1950 2.2: CM is 8, and CMF * 256 + FLG a multiple of 31.
    let zlib = match start {
        [method, flags, ..] => method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)).is_multiple_of(31),
        [method] => method & 0x0f == 8,
        [] => true,
    };
    Ok(if zlib {
        Box::new(flate2::bufread::ZlibDecoder::new(reader))
    } else {
        Box::new(flate2::bufread::DeflateDecoder::new(reader))
    })
}

/// Counts what the coded side gave.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(buffer)?;
        self.read.fetch_add(len as u64, Ordering::Relaxed);
        Ok(len)
    }
}

struct Bounded<R> {
    inner: R,
    read: Arc<AtomicU64>,
    given: u64,
    expansion: Expansion,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted | io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => error,
            io::ErrorKind::UnexpectedEof => io::Error::new(io::ErrorKind::InvalidData, "the coded body ends early"),
            _ => error,
        })?;
        self.given += len as u64;
        if self.given
            > self.expansion.free.saturating_add(self.expansion.ratio.saturating_mul(self.read.load(Ordering::Relaxed)))
        {
            let message = format!(
                "a coded body of {} octets became more than {}",
                self.read.load(Ordering::Relaxed),
                self.given - len as u64
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::string::ToString;
    use std::vec;

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn all(body: &[u8], codings: &str, expansion: Expansion) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        decoded(body, codings, expansion)?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn every_coding_is_undone() {
        let text = b"the same text, again and again and again".repeat(100);
        let any = Expansion::default();
        assert_eq!(all(&gzip(&text), "X-GZip", any).unwrap(), text);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        zlib.write_all(&text).unwrap();
        assert_eq!(all(&zlib.finish().unwrap(), "deflate", any).unwrap(), text);
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        raw.write_all(&text).unwrap();
        assert_eq!(all(&raw.finish().unwrap(), "deflate", any).unwrap(), text);
        let mut br = Vec::new();
        brotli::CompressorWriter::new(&mut br, 4096, 5, 20).write_all(&text).unwrap();
        assert_eq!(all(&br, "br", any).unwrap(), text);
        let zst = zstd::encode_all(&text[..], 3).unwrap();
        assert_eq!(all(&zst, "zstd", any).unwrap(), text);
        assert_eq!(all(&gzip(&zst), "zstd, gzip", any).unwrap(), text);
        assert_eq!(all(&text, "identity", any).unwrap(), text);
        assert_eq!(all(&[gzip(b"two "), gzip(b"members")].concat(), "gzip", any).unwrap(), b"two members");
    }

    #[test]
    fn a_bomb_goes_off_outside() {
        let bomb = gzip(&vec![0; 4 << 20]);
        let error = all(&bomb, "gzip", Expansion { free: 1 << 16, ratio: 100 }).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(error.to_string().contains("became more than"), "{error}");
        all(&bomb, "gzip", Expansion::default()).unwrap();
    }

    #[test]
    fn what_is_broken_is_an_error() {
        let whole = gzip(b"hello, world");
        for end in 0..whole.len() {
            if end > 0 {
                all(&whole[..end], "gzip", Expansion::default()).unwrap_err();
            }
        }
        assert!(all(b"plain text", "gzip", Expansion::default()).is_err());
        assert_eq!(
            decoded(&b""[..], "snappy", Expansion::default()).err().map(|e| e.kind()),
            Some(io::ErrorKind::InvalidInput)
        );
        assert!(decoded(&b""[..], "gzip,gzip,gzip,gzip,gzip", Expansion::default()).is_err());
    }
}
