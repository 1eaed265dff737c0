//! `plainwire mail extract`: attachments become files.
//!
//! A name that a sender chose never leaves the folder, never replaces a file and never hides; the line printed for each
//! file is its path.

use super::json;
use super::show::find;
use super::source::Source;
use super::sysexits::CANT_CREATE;
use crate::failure::{Failure, Outcome, exit_codes};
use plainwire::mime::{Message, Part, safe_file_name};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
#[command(after_long_help = exit_codes! {
    0 "saved, also where there was nothing to save"
    2 "the command line is wrong"
    65 "a part asked for is not in the message"
    66 "the message can't be read"
    73 "a file can't be made"
})]
pub(crate) struct Args {
    /// Where to put the files; made if it is not there
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Save this part, whatever it is; may be given again
    #[arg(long, value_name = "PATH")]
    part: Vec<String>,
    /// Save every part, the texts too
    #[arg(long, conflicts_with = "part")]
    all: bool,
    #[command(flatten)]
    source: Source,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let octets = args.source.read()?;
    let message = Message::parse(&octets);
    let parts = if args.all {
        message.parts().filter(json::is_listed).collect()
    } else if args.part.is_empty() {
        message.attachments().into_iter().filter(json::is_listed).collect()
    } else {
        args.part.iter().map(|path| find(&message, path)).collect::<Result<Vec<_>, _>>()?
    };
    std::fs::create_dir_all(&args.dir).map_err(|error| Failure::at(CANT_CREATE, &args.dir, error))?;
    let mut told = Ok(());
    for part in parts {
        let wanted = args.dir.join(name(&part));
        let path = save(&wanted, &json::decoded(&part)).map_err(|error| Failure::at(CANT_CREATE, &wanted, error))?;
        // A reader that goes away keeps no file from being saved.
        told = told.and_then(|()| writeln!(io::stdout(), "{}", json::printable(&path.to_string_lossy())));
    }
    told?;
    Ok(ExitCode::SUCCESS)
}

/// The name that the sender gave, made safe; or one by number and type.
fn name(part: &Part<'_, '_>) -> String {
    if let Some(name) = part.file_name().filter(|name| !name.is_empty()) {
        return safe_file_name(&name);
    }
    let kind = part.content_type();
    let extension = match kind.essence() {
        "text/plain" => "txt",
        "message/rfc822" | "message/global" => "eml",
        essence => {
            mime_guess::get_mime_extensions_str(essence).and_then(|known| known.first()).copied().unwrap_or("bin")
        }
    };
    format!("part-{}.{extension}", part.path())
}

/// Writes a file that was not there; a number goes before the extension until that is so.
fn save(wanted: &Path, octets: &[u8]) -> io::Result<PathBuf> {
    let (stem, extension) = (wanted.file_stem().unwrap_or_default(), wanted.extension());
    for number in 0..10_000 {
        let mut path = wanted.to_path_buf();
        if number > 0 {
            let mut name = stem.to_os_string();
            name.push(format!(" ({number})"));
            if let Some(extension) = extension {
                name.push(".");
                name.push(extension);
            }
            path.set_file_name(name);
        }
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(octets)?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
