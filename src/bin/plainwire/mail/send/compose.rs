//! The message: written from what the command line says, or a file as it is.

use super::super::sysexits::{DATA, NO_INPUT, OS, USAGE};
use super::{Args, address};
use crate::failure::Failure;
use plainwire::mime::{self, Attachment, Builder, DateTime, Draft, IoSink, Message, Offset, WriteError};
use plainwire::smtp::Address;
use plainwire::smtp::client::Envelope;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The message that the command line describes.
pub(super) fn draft(args: &Args) -> Result<Draft, Failure> {
    let from = args.from.as_deref().ok_or_else(|| Failure::new(USAGE, "nobody sends it: name somebody by --from"))?;
    let mut builder = Builder::new();
    for mailbox in mailboxes(from)? {
        builder = builder.from(mailbox);
    }
    for (given, add) in [
        (&args.to, Builder::to as fn(Builder, mime::Mailbox<'static>) -> Builder),
        (&args.cc, Builder::cc),
        (&args.bcc, Builder::bcc),
        (&args.reply_to, Builder::reply_to),
    ] {
        for list in given {
            for mailbox in mailboxes(list)? {
                builder = add(builder, mailbox);
            }
        }
    }
    if let Some(subject) = &args.subject {
        builder = builder.subject(subject);
    }
    for field in &args.header {
        let (name, value) =
            field.split_once(':').ok_or_else(|| Failure::new(USAGE, format!("--header {field:?}: no colon")))?;
        builder = builder.header(name.trim(), value.trim());
    }
    match (&args.text, &args.html) {
        (None, None) => builder = builder.text(text(Path::new("-"))?),
        (plain, html) => {
            if let Some(path) = plain {
                builder = builder.text(text(path)?);
            }
            if let Some(path) = html {
                builder = builder.html(text(path)?);
            }
        }
    }
    for path in &args.attach {
        builder = builder.attach(attachment(path)?);
    }
    for path in &args.inline {
        let id = format!("{}@inline", cid(path)?);
        // A reader of the HTML knows it by its file name; the identifier has to have two sides.
        builder = builder.inline(attachment(path)?.inline().with_content_id(id));
    }
    let mut unique = [0; 8];
    getrandom::fill(&mut unique).map_err(|error| Failure::new(OS, error))?;
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let now = DateTime::from_unix(seconds, Offset::Unknown).map_err(|error| Failure::new(OS, error))?;
    let builder = if non_ascii_address(args) { builder.form(mime::Form::Utf8) } else { builder };
    builder.fill(now, u64::from_ne_bytes(unique)).build().map_err(|why| Failure::new(DATA, why))
}

/// An address beyond ASCII needs the form that has them.
fn non_ascii_address(args: &Args) -> bool {
    let lists = args.from.iter().chain(&args.to).chain(&args.cc).chain(&args.bcc).chain(&args.reply_to);
    lists.flat_map(|list| mailboxes(list).unwrap_or_default()).any(|mailbox| !mailbox.address().is_ascii())
}

/// One address, or several with commas between them.
fn mailboxes(list: &str) -> Result<Vec<mime::Mailbox<'static>>, Failure> {
    let mut found = Vec::new();
    for one in pieces(list) {
        let mailbox = mime::Mailbox::try_from(one.trim());
        found.push(mailbox.map_err(|why| Failure::new(DATA, format!("{:?}: {why}", one.trim())))?);
    }
    Ok(found)
}

/// Cuts at the commas that stand neither in quotes nor in angles.
fn pieces(list: &str) -> Vec<&str> {
    let (mut quoted, mut escaped, mut angle, mut start) = (false, false, false, 0);
    let mut pieces = Vec::new();
    for (at, c) in list.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => angle = true,
            '>' if !quoted => angle = false,
            ',' if !quoted && !angle => {
                pieces.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&list[start..]);
    pieces.retain(|piece| !piece.trim().is_empty() || list.trim().is_empty());
    pieces
}

fn octets(path: &Path) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") {
        let mut octets = Vec::new();
        io::stdin().lock().read_to_end(&mut octets)?;
        return Ok(octets);
    }
    fs::read(path).map_err(|error| Failure::at(NO_INPUT, path, error))
}

fn text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(octets(path)?)
        .map_err(|_| Failure::new(DATA, format!("{}: the text is not UTF-8", path.display())))
}

fn attachment(path: &Path) -> Result<Attachment, Failure> {
    let file = File::open(path).map_err(|error| Failure::at(NO_INPUT, path, error))?;
    let metadata = file.metadata().map_err(|error| Failure::at(NO_INPUT, path, error))?;
    if metadata.is_dir() {
        return Err(Failure::new(NO_INPUT, format!("{} is a folder", path.display())));
    }
    // What is no file, a pipe for one, is read once, and goes through memory.
    let name = file_name(path)?;
    if metadata.is_file() {
        return Attachment::from_file(name, file).map_err(|error| Failure::at(NO_INPUT, path, error));
    }
    Ok(Attachment::from_reader(name, file))
}

fn file_name(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_string).ok_or_else(|| Failure::new(USAGE, format!("{}: no name to send it under", path.display())))
}

/// The file's name as far as an identifier may hold it.
fn cid(path: &Path) -> Result<String, Failure> {
    let name = file_name(path)?;
    Ok(name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect())
}

/// What is sent.
pub(super) enum Body {
    /// Octets that are here.
    Octets(Vec<u8>),
    /// What the command line describes. Its attachments are read as it is sent.
    Draft(Box<Draft>),
    /// A file, which is read as it is sent. Where it is `local`, it has no CR at all: its line ends are this system's, and
    /// become those of mail.
    File { file: File, local: bool },
}

impl Body {
    /// Its line ends are to be mended on the way.
    pub(super) const fn is_local(&self) -> bool {
        matches!(self, Self::File { local: true, .. })
    }

    /// Writes it as it is sent.
    pub(super) fn write(self, out: &mut impl Write) -> Result<(), Failure> {
        match self {
            Self::Octets(octets) => Ok(out.write_all(&octets)?),
            Self::Draft(mut draft) => draft.write(&mut IoSink(out)).map_err(|error| match error {
                WriteError::Source(error) => Failure::new(NO_INPUT, error),
                WriteError::Sink(error) => Failure::from(error),
            }),
            Self::File { mut file, local: false } => Ok(io::copy(&mut file, out).map(drop)?),
            Self::File { file, local: true } => {
                let (mut file, mut line) = (BufReader::new(file), Vec::new());
                while file.read_until(b'\n', &mut line)? > 0 {
                    write_mended(&line, out)?;
                    line.clear();
                }
                Ok(())
            }
        }
    }
}

fn write_mended(line: &[u8], out: &mut impl Write) -> io::Result<()> {
    match line.strip_suffix(b"\n") {
        Some(text) => out.write_all(text).and_then(|()| out.write_all(b"\r\n")),
        None => out.write_all(line),
    }
}

/// The most of a file that is looked through for the end of its header.
const HEADER: usize = 1 << 20;

/// A file as it is, and its header. Where it has no CR at all, its line ends are this system's, and become those of mail;
/// a file that has both kinds is left alone, and refused when it is sent.
pub(super) fn as_is(path: &Path) -> Result<(Body, Vec<u8>), Failure> {
    let failed = |error: io::Error| Failure::at(NO_INPUT, path, error);
    // A pipe is opened once and read once.
    if path != Path::new("-") && fs::metadata(path).map_err(failed)?.is_file() {
        let mut file = File::open(path).map_err(failed)?;
        let (mut header, mut local, mut chunk) = (Vec::new(), true, vec![0; 1 << 16]);
        let mut whole = false;
        loop {
            let count = file.read(&mut chunk).map_err(failed)?;
            if count == 0 {
                break;
            }
            local &= !chunk[..count].contains(&b'\r');
            if !whole {
                header.extend_from_slice(&chunk[..count]);
                whole = header.len() >= HEADER || header_ends(&header);
            }
        }
        file.rewind().map_err(failed)?;
        return Ok((Body::File { file, local }, header));
    }
    let octets = octets(path)?;
    if octets.contains(&b'\r') {
        return Ok((Body::Octets(octets.clone()), octets));
    }
    let mut message = Vec::with_capacity(octets.len() + octets.len() / 32);
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        write_mended(line, &mut message)?;
    }
    Ok((Body::Octets(message), octets))
}

/// An empty line is in it.
fn header_ends(text: &[u8]) -> bool {
    text.windows(2).any(|two| two == b"\n\n") || text.windows(3).any(|three| three == b"\n\r\n")
}

/// From whom to whom: as the command line says, else as the header does.
pub(super) fn envelope_of(args: &Args, header: &[u8]) -> Result<Envelope, Failure> {
    let parsed = Message::parse(header);
    let header = parsed.header();
    let given = |list: &str| -> Result<Vec<Address>, Failure> {
        mailboxes(list)?.iter().map(|mailbox| address(mailbox.address())).collect()
    };
    let said = |names: &[&str]| -> Result<Vec<Address>, Failure> {
        let mut found: Vec<Address> = Vec::new();
        for name in names {
            for mailbox in header.addresses(name).mailboxes() {
                let address = address(mailbox.address())?;
                if !found.contains(&address) {
                    found.push(address);
                }
            }
        }
        Ok(found)
    };
    let from = match &args.from {
        Some(from) => given(from)?.into_iter().next(),
        None => said(&["Sender"])?.into_iter().chain(said(&["From"])?).next(),
    };
    if from.is_none() && args.envelope_from.is_none() {
        return Err(Failure::new(USAGE, "nobody sends it: name somebody by --from"));
    }
    let mut recipients = Vec::new();
    for list in args.to.iter().chain(&args.cc).chain(&args.bcc) {
        recipients.extend(given(list)?);
    }
    if recipients.is_empty() {
        recipients = said(&["To", "Cc", "Bcc"])?;
    }
    Ok(Envelope::new(from, recipients))
}
