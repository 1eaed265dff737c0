//! `plainwire query`: reads and writes query strings.

use crate::failure::{Failure, Outcome, exit_codes};
use clap::{Subcommand, ValueEnum};
use plainwire::query::{Charset, Errors, Options, Serializer, Spelling};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;

/// What both subcommands end with.
const EXIT_CODES: &str = exit_codes! {
    0 "done"
    1 "a query string was refused, or what was to be encoded was, or reading or writing failed"
    2 "the command line is wrong"
};

/// Read and write query strings
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    direction: Direction,
}

#[derive(Subcommand)]
enum Direction {
    /// Print the pairs of query strings, decoded
    Parse(Parse),
    /// Print pairs as a query string
    Encode(Encode),
}

#[derive(clap::Args)]
#[command(after_long_help = EXIT_CODES)]
struct Parse {
    /// Print one JSON array of [name, value] per query string, or an object with error and offset
    #[arg(long)]
    json: bool,
    /// Drop fields with a blank value, as Python's `parse_qsl` does by default
    #[arg(long)]
    drop_blank: bool,
    /// Refuse fields without `=`, as Python's `strict_parsing` does
    #[arg(long)]
    strict: bool,
    /// What stands between fields
    #[arg(long, value_name = "TEXT", default_value = "&")]
    separator: String,
    /// Refuse query strings of more fields than this
    #[arg(long, value_name = "N")]
    max_fields: Option<usize>,
    /// The charset of the escapes, by a label of the Encoding Standard
    #[arg(long, value_name = "LABEL", default_value = "utf-8", value_parser = charset)]
    charset: Charset,
    /// What becomes of what is not in the charset
    #[arg(long, value_enum, default_value_t = Policy::Replace)]
    errors: Policy,
    /// Query strings, without `?`; none or `-` for one per line from standard input
    #[arg(value_name = "QUERY")]
    queries: Vec<OsString>,
}

#[derive(clap::Args)]
#[command(after_long_help = EXIT_CODES)]
struct Encode {
    /// Print the query string as a JSON string, and take standard input for JSON only
    #[arg(long)]
    json: bool,
    /// Which characters stay, and how a space is written
    #[arg(long, value_enum, default_value_t = Style::Form)]
    style: Style,
    /// ASCII characters that stay as they are, besides
    #[arg(long, value_name = "CHARACTERS", default_value = "")]
    safe: String,
    /// The charset to write in, by a label of the Encoding Standard
    #[arg(long, value_name = "LABEL", default_value = "utf-8", value_parser = charset)]
    charset: Charset,
    /// What becomes of characters that the charset does not have
    #[arg(long, value_enum, default_value_t = Policy::Strict)]
    errors: Policy,
    /// Pairs; none or `-` to read them from standard input: JSON (an array of [name, value], or an object, where an array
    /// is several values) or one NAME=VALUE per line
    #[arg(value_name = "NAME=VALUE")]
    pairs: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Policy {
    /// U+FFFD when reading, `?` when writing
    Replace,
    /// An error
    Strict,
    /// Left out
    Ignore,
    /// `&#8364;` when writing, as browsers do
    Reference,
}

#[derive(Clone, Copy, ValueEnum)]
enum Style {
    /// As browsers write forms (WHATWG): `*-._` stay, a space is `+`
    Form,
    /// As Python's urlencode: `-._~` stay, a space is `+`
    Python,
    /// As RFC 3986: `-._~` stay, a space is `%20`
    Percent,
}

impl From<Policy> for Errors {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Replace => Self::Replace,
            Policy::Strict => Self::Strict,
            Policy::Ignore => Self::Ignore,
            Policy::Reference => Self::CharacterReference,
        }
    }
}

fn charset(label: &str) -> Result<Charset, String> {
    Charset::for_label(label).ok_or_else(|| format!("no charset has the label {label:?}"))
}

pub(crate) fn run(args: Args) -> Outcome {
    match args.direction {
        Direction::Parse(args) => parse(&args),
        Direction::Encode(args) => encode(&args),
    }
}

fn parse(args: &Parse) -> Outcome {
    if args.separator.is_empty() {
        return Err(Failure::new(2, "the separator is empty"));
    }
    let options = Options::WHATWG
        .keep_blank(!args.drop_blank)
        .strict(args.strict)
        .separator(&args.separator)
        .max_fields(args.max_fields.unwrap_or(usize::MAX))
        .charset(args.charset)
        .errors(args.errors.into());
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut printer = Printer { options, json: args.json, out: &mut out, count: 0, refused: false };
    let standard_input = [OsString::from("-")];
    let queries = if args.queries.is_empty() { &standard_input } else { &args.queries[..] };
    for query in queries {
        if query == "-" {
            let mut input = io::stdin().lock();
            let mut line = Vec::new();
            while input.read_until(b'\n', &mut line)? > 0 {
                let end = line.strip_suffix(b"\n").unwrap_or(&line);
                printer.print(end.strip_suffix(b"\r").unwrap_or(end))?;
                line.clear();
            }
        } else {
            printer.print(query.as_encoded_bytes())?;
        }
    }
    let refused = printer.refused;
    out.flush()?;
    Ok(ExitCode::from(u8::from(refused)))
}

/// Prints the pairs of each query string.
struct Printer<'o, W: Write> {
    options: Options<'o>,
    json: bool,
    out: &'o mut W,
    count: usize,
    refused: bool,
}

impl<W: Write> Printer<'_, W> {
    fn print(&mut self, query: &[u8]) -> io::Result<()> {
        self.count += 1;
        // A text's own characters stand for themselves, whatever the charset of its escapes.
        let pairs = match str::from_utf8(query) {
            Ok(text) => self.options.pairs(text),
            Err(_) => self.options.octet_pairs(query),
        };
        match pairs.collect::<Result<Vec<_>, _>>() {
            Ok(pairs) if self.json => {
                let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| json!([name, value])).collect();
                writeln!(self.out, "{}", Value::Array(pairs))
            }
            Ok(pairs) => {
                if self.count > 1 {
                    writeln!(self.out)?;
                }
                for (name, value) in pairs {
                    writeln!(self.out, "{}={}", visible(&name), visible(&value))?;
                }
                Ok(())
            }
            Err(error) => {
                self.refused = true;
                if self.json {
                    return writeln!(self.out, "{}", json!({ "error": error.to_string(), "offset": error.offset() }));
                }
                self.out.flush()?;
                eprintln!("plainwire: query string {}: {error}", self.count);
                Ok(())
            }
        }
    }
}

/// A decoded line feed is no line of ours.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

/// What was to be encoded and can't be.
struct Refusal {
    error: String,
    /// In the input, in bytes, where it is known.
    offset: Option<usize>,
}

impl Refusal {
    fn new(error: impl Into<String>) -> Self {
        Self { error: error.into(), offset: None }
    }
}

fn encode(args: &Encode) -> Outcome {
    let base = match args.style {
        Style::Form => Spelling::FORM,
        Style::Python => Spelling::PYTHON,
        Style::Percent => Spelling::PERCENT,
    };
    let spelling = base.with_safe(args.safe.as_bytes());
    let pairs = if args.pairs.is_empty() || args.pairs == ["-"] {
        let mut input = String::new();
        io::stdin().lock().read_to_string(&mut input)?;
        from_input(&input, args.json)
    } else {
        Ok(args.pairs.iter().map(|pair| split(pair)).collect())
    };
    let written = pairs.and_then(|pairs| {
        let mut out = Serializer::spelled(&spelling).in_charset(args.charset, args.errors.into());
        for (name, value) in pairs {
            out.try_append(&name, &value).map_err(|error| {
                Refusal::new(format!("{:?} does not exist in {}", error.character, args.charset.name()))
            })?;
        }
        Ok(out.finish())
    });
    let mut out = io::stdout().lock();
    match written {
        Ok(query) if args.json => writeln!(out, "{}", Value::String(query))?,
        Ok(query) => writeln!(out, "{query}")?,
        Err(Refusal { error, offset }) if args.json => {
            writeln!(out, "{}", json!({ "error": error, "offset": offset }))?;
            return Ok(ExitCode::FAILURE);
        }
        Err(Refusal { error, offset: Some(offset) }) => {
            return Err(Failure::new(1, format_args!("{error} at offset {offset}")));
        }
        Err(Refusal { error, offset: None }) => return Err(Failure::new(1, error)),
    }
    Ok(ExitCode::SUCCESS)
}

fn split(pair: &str) -> (String, String) {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (name.into(), value.into())
}

/// Pairs from JSON, or from lines if it is none and need not be.
fn from_input(input: &str, only_json: bool) -> Result<Vec<(String, String)>, Refusal> {
    match serde_json::from_str::<Value>(input) {
        Ok(value @ (Value::Array(_) | Value::Object(_))) => from_json(value),
        Ok(_) if only_json => Err(Refusal::new("neither an array of pairs nor an object")),
        Err(error) if only_json => {
            let lines = input.split_inclusive('\n').take(error.line().saturating_sub(1));
            let offset = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
            Err(Refusal { error: "the input is not JSON".into(), offset: Some(offset.min(input.len())) })
        }
        _ => Ok(input.lines().filter(|line| !line.is_empty()).map(split).collect()),
    }
}

fn from_json(value: Value) -> Result<Vec<(String, String)>, Refusal> {
    let mut pairs = Vec::new();
    match value {
        Value::Array(items) => {
            for (index, item) in items.into_iter().enumerate() {
                let parts = match item {
                    Value::Array(parts) => <[Value; 2]>::try_from(parts).ok(),
                    _ => None,
                };
                let Some([name, value]) = parts else {
                    return Err(Refusal::new(format!("item {index} is not a pair")));
                };
                let name = scalar(name).ok_or_else(|| Refusal::new(format!("the name of item {index} is no text")))?;
                add(&mut pairs, &name, value)?;
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                add(&mut pairs, &name, value)?;
            }
        }
        _ => return Err(Refusal::new("neither an array of pairs nor an object")),
    }
    Ok(pairs)
}

/// One pair for a value, several for an array of values.
fn add(pairs: &mut Vec<(String, String)>, name: &str, value: Value) -> Result<(), Refusal> {
    let refused = || Refusal::new(format!("the value of {name:?} is no text"));
    let values = match value {
        Value::Array(values) => values,
        value => vec![value],
    };
    for value in values {
        pairs.push((name.into(), scalar(value).ok_or_else(refused)?));
    }
    Ok(())
}

/// Text as it is, numbers, true and false as JSON writes them, null as a blank value.
fn scalar(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Null => Some(String::new()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
