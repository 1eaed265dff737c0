//! CPython's own tests of `urllib.parse`, with us beside it: every call that they make is noted with its result, and made
//! here again. The tests themselves come with Python; without its package `test` there is nothing to compare with.
#![cfg(all(feature = "url", feature = "query"))]

#[path = "support/interpreter.rs"]
mod interpreter;

use plainwire::query::{self, Charset, Errors, Options, Serializer, Spelling};
use plainwire::url::python;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;

const SCRIPT: &str = r#"
import functools, inspect, io, json, sys, unittest, warnings
import urllib.parse as module

URLS = ["urlsplit", "urlparse", "urljoin", "urldefrag", "urlunsplit", "urlunparse"]
TEXTS = ["quote", "quote_plus", "quote_from_bytes", "unquote", "unquote_plus", "unquote_to_bytes"]
QUERIES = ["parse_qsl", "parse_qs", "urlencode"]
calls, depth = {}, 0

def attempt(call):
    try:
        return call()
    except ValueError:
        return {"error": True}

def portable(value, ascii):
    if isinstance(value, (bytes, bytearray)):
        # Of octets the URL functions take ASCII only, and give the same as for text.
        return value.decode("ascii") if ascii else {"octets": list(value)}
    if isinstance(value, (tuple, list)):
        return [portable(item, ascii) for item in value]
    if isinstance(value, dict):
        return [[portable(key, ascii), portable(item, ascii)] for key, item in value.items()]
    if callable(value):
        return value.__name__
    if isinstance(value, str):
        value.encode()
    elif value is not None and not isinstance(value, (bool, int)):
        raise TypeError(value)
    return value

def values(pairs, doseq):
    # What `urlencode` makes text of, it makes text of here.
    def text(item):
        return item if isinstance(item, (str, bytes)) else str(item)
    for name, value in pairs.items() if hasattr(pairs, "items") else pairs:
        many = doseq and not isinstance(value, (str, bytes)) and hasattr(value, "__len__")
        for item in value if many else [value]:
            yield text(name), text(item)

def noted(name):
    original = getattr(module, name)
    signature = inspect.signature(original)

    @functools.wraps(original)
    def wrapper(*positional, **named):
        global depth
        if depth:
            return original(*positional, **named)
        depth += 1
        try:
            error = None
            try:
                result = original(*positional, **named)
            except ValueError as caught:
                error = caught
            try:
                bound = signature.bind(*positional, **named)
                bound.apply_defaults()
                arguments = dict(bound.arguments)
                if name == "urlencode":
                    arguments["query"] = list(values(arguments["query"], arguments["doseq"]))
                arguments = {key: portable(value, name in URLS) for key, value in arguments.items()}
                if error is not None:
                    answer = {"error": True}
                elif name in ("urlsplit", "urlparse"):
                    parts = [list(result), result.username, result.password, result.hostname, result.geturl()]
                    answer = [portable(part, True) for part in parts]
                    answer.insert(4, attempt(lambda: result.port))
                else:
                    answer = portable(result, name in URLS)
                calls[json.dumps([name, arguments])] = [name, arguments, answer]
            except (TypeError, ValueError):
                pass
            if error is not None:
                raise error
            return result
        finally:
            depth -= 1
    return wrapper

for name in URLS + TEXTS + QUERIES:
    setattr(module, name, noted(name))
warnings.simplefilter("ignore")
try:
    from test import test_urllib, test_urlparse
except ImportError:
    json.dump({"version": list(sys.version_info[:3]), "calls": []}, sys.stdout)
    sys.exit()
loader = unittest.defaultTestLoader
suite = unittest.TestSuite([loader.loadTestsFromModule(test_urlparse)])
for case in ("QuotingTests", "UnquotingTests", "urlencode_Tests"):
    suite.addTests(loader.loadTestsFromTestCase(getattr(test_urllib, case)))
unittest.TextTestRunner(stream=io.StringIO()).run(suite)
json.dump({"version": list(sys.version_info[:3]), "calls": list(calls.values())}, sys.stdout)
"#;

fn error() -> Value {
    json!({ "error": true })
}

/// `None`: it has no place here, for the reason given.
type Outcome = Result<Value, &'static str>;

fn text<'v>(arguments: &'v Value, name: &str) -> Result<&'v str, &'static str> {
    match &arguments[name] {
        Value::Null => Ok(""),
        value => value.as_str().ok_or("an argument that is no text"),
    }
}

fn charset(arguments: &Value) -> Result<Charset, &'static str> {
    let label = arguments["encoding"].as_str().map(str::to_ascii_lowercase);
    Ok(match label.as_deref() {
        None | Some("utf-8" | "utf8") => Charset::UTF_8,
        Some("latin-1" | "latin1" | "iso-8859-1") => Charset::LATIN_1,
        Some("ascii") => Charset::ASCII,
        Some(label) => Charset::for_label(label).ok_or("an encoding that we don't have")?,
    })
}

fn errors(arguments: &Value, unless_given: Errors) -> Result<Errors, &'static str> {
    Ok(match arguments["errors"].as_str() {
        None => unless_given,
        Some("strict") => Errors::Strict,
        Some("replace") => Errors::Replace,
        Some("ignore") => Errors::Ignore,
        Some("xmlcharrefreplace") => Errors::CharacterReference,
        Some(_) => return Err("an error policy that we don't have"),
    })
}

/// Octets, of text or as they are; `None` where the charset does not have a character.
fn octets(value: &Value, charset: Charset, errors: Errors) -> Result<Option<Vec<u8>>, &'static str> {
    if let Some(octets) = value["octets"].as_array() {
        return Ok(Some(octets.iter().map(|octet| octet.as_u64().unwrap() as u8).collect()));
    }
    let text = value.as_str().ok_or("an argument that is neither text nor octets")?;
    Ok(charset.encode(text, errors).ok().map(Cow::into_owned))
}

/// As the script's.
macro_rules! pieces {
    ($split:expr, $($field:ident)*) => {
        $split.map_or_else(|_| error(), |split| {
            let port = split.port().map_or_else(|_| error(), |port| json!(port));
            json!([[$(split.$field),*], split.username(), split.password(), split.hostname(), port, split.to_string()])
        })
    };
}

fn answer(name: &str, arguments: &Value) -> Outcome {
    match name {
        "urlsplit" | "urlparse" => {
            let (url, scheme) = (text(arguments, "url")?, text(arguments, "scheme")?);
            let allow = arguments["allow_fragments"] != false;
            Ok(if name == "urlsplit" {
                pieces!(python::split_with(url, scheme, allow), scheme netloc path query fragment)
            } else {
                pieces!(python::parse_with(url, scheme, allow), scheme netloc path params query fragment)
            })
        }
        "urljoin" => {
            let (base, url) = (text(arguments, "base")?, text(arguments, "url")?);
            let joined = python::join_with(base, url, arguments["allow_fragments"] != false);
            Ok(joined.map_or_else(|_| error(), Value::from))
        }
        "urldefrag" => {
            let Ok((url, fragment)) = python::defrag(text(arguments, "url")?) else { return Ok(error()) };
            Ok(json!([url, fragment]))
        }
        "urlunsplit" | "urlunparse" => {
            let parts = arguments["components"].as_array().ok_or("components that are no sequence")?;
            let parts: Vec<_> = parts.iter().map(|part| Cow::from(part.as_str().unwrap_or(""))).collect();
            match <[_; 5]>::try_from(parts) {
                Ok([scheme, netloc, path, query, fragment]) => {
                    Ok(python::Split { scheme, netloc, path, query, fragment }.to_string().into())
                }
                Err(parts) => {
                    let [scheme, netloc, path, params, query, fragment] =
                        <[_; 6]>::try_from(parts).map_err(|_| "components of another number")?;
                    Ok(python::Parsed { scheme, netloc, path, params, query, fragment }.to_string().into())
                }
            }
        }
        "parse_qsl" | "parse_qs" => pairs(name, arguments),
        "urlencode" => urlencode(arguments),
        _ => quoting(name, arguments),
    }
}

fn pairs(name: &str, arguments: &Value) -> Outcome {
    let keep_blank = arguments["keep_blank_values"] == true;
    if !arguments["qs"]["octets"].is_null() {
        if name == "parse_qs" || arguments["strict_parsing"] == true || !arguments["max_num_fields"].is_null() {
            return Err("options for octets");
        }
        let separator = octets(&arguments["separator"], Charset::UTF_8, Errors::Strict)?;
        if separator.as_deref() != Some(b"&") {
            return Err("a separator for octets");
        }
        let query = octets(&arguments["qs"], Charset::UTF_8, Errors::Strict)?.unwrap();
        let pairs: Vec<_> = query::octet_pairs(&query)
            .filter(|(_, value)| keep_blank || !value.is_empty())
            .map(|(name, value)| json!([{ "octets": name }, { "octets": value }]))
            .collect();
        return Ok(json!(pairs));
    }
    let options = Options::PYTHON
        .keep_blank(keep_blank)
        .strict(arguments["strict_parsing"] == true)
        .separator(arguments["separator"].as_str().ok_or("a separator that is no text")?)
        .max_fields(arguments["max_num_fields"].as_u64().map_or(usize::MAX, |limit| limit as usize))
        .charset(charset(arguments)?)
        .errors(errors(arguments, Errors::Replace)?);
    let Ok(params) = options.params(text(arguments, "qs")?) else { return Ok(error()) };
    if name == "parse_qs" {
        let groups = params.grouped();
        return Ok(groups.iter().map(|group| json!([group.name, group.values])).collect());
    }
    Ok(params.iter().map(|pair| json!(pair)).collect())
}

fn urlencode(arguments: &Value) -> Outcome {
    let safe = octets(&arguments["safe"], Charset::UTF_8, Errors::Strict)?.unwrap();
    let spelling = match arguments["quote_via"].as_str() {
        Some("quote_plus") => Spelling::PYTHON,
        Some("quote") => Spelling::PERCENT,
        _ => return Err("a function of the caller's"),
    };
    let spelling = spelling.with_safe(&safe);
    let (charset, errors) = (charset(arguments)?, errors(arguments, Errors::Strict)?);
    let mut out = Serializer::spelled(&spelling);
    for pair in arguments["query"].as_array().unwrap() {
        match (octets(&pair[0], charset, errors)?, octets(&pair[1], charset, errors)?) {
            (Some(name), Some(value)) => out.append_octets(&name, &value),
            _ => return Ok(error()),
        };
    }
    Ok(out.finish().into())
}

fn quoting(name: &str, arguments: &Value) -> Outcome {
    let safe = match &arguments["safe"] {
        Value::Null => String::new(),
        // Python passes over what is not ASCII.
        value => {
            let octets = octets(value, Charset::UTF_8, Errors::Strict)?.unwrap();
            octets.into_iter().filter(u8::is_ascii).map(char::from).collect()
        }
    };
    let string = if name == "quote_from_bytes" { &arguments["bs"] } else { &arguments["string"] };
    if name.starts_with("quote") {
        let Some(octets) = octets(string, charset(arguments)?, errors(arguments, Errors::Strict)?)? else {
            return Ok(error());
        };
        // Where it is UTF-8, the function for text has to say the same.
        return match (name, std::str::from_utf8(&octets)) {
            ("quote_plus", Ok(text)) => Ok(query::quote_plus(text, &safe).into()),
            ("quote_plus", Err(_)) => Err("quote_plus of what is no UTF-8"),
            (_, text) => {
                let quoted = query::quote_octets(&octets, &safe);
                assert!(text.is_err() || query::quote(text.unwrap(), &safe) == quoted);
                Ok(quoted.into())
            }
        };
    }
    if name == "unquote_to_bytes" {
        let Some(octets) = octets(string, Charset::UTF_8, Errors::Strict)? else { return Ok(error()) };
        return Ok(json!({ "octets": query::unquote_octets(&octets) }));
    }
    let (charset, errors) = (charset(arguments)?, errors(arguments, Errors::Replace)?);
    if let Some(octets) = string["octets"].as_array() {
        let octets: Vec<u8> = octets.iter().map(|octet| octet.as_u64().unwrap() as u8).collect();
        // Octets are text that is escaped throughout.
        let escaped = query::quote_octets(&query::unquote_octets(&octets), "").into_owned();
        return Ok(query::unquote_with(&escaped, charset, errors).map_or_else(error, Value::from));
    }
    let string = string.as_str().ok_or("an argument that is neither text nor octets")?;
    if name == "unquote_plus" {
        if charset != Charset::UTF_8 || errors != Errors::Replace {
            let spaced = string.replace('+', " ");
            return Ok(query::unquote_with(&spaced, charset, errors).map_or_else(error, Value::from));
        }
        return Ok(query::unquote_plus(string).into());
    }
    if charset == Charset::UTF_8 && errors == Errors::Replace {
        return Ok(query::unquote(string).into());
    }
    Ok(query::unquote_with(string, charset, errors).map_or_else(error, Value::from))
}

#[test]
fn what_pythons_tests_call_gives_the_same() {
    let Some(interpreter) = interpreter::newest() else { return };
    let answers = interpreter::ask(&interpreter, SCRIPT, &Value::Null);
    let version = &answers["version"];
    if version[0] != 3 || version[1] != 13 {
        return eprintln!("SKIPPED: the results of Python {version} differ from those of 3.13");
    }
    let calls = answers["calls"].as_array().unwrap();
    if calls.is_empty() {
        return eprintln!("SKIPPED: this Python came without its tests");
    }
    let (mut same, mut passed_over, mut different) = (0, BTreeMap::new(), Vec::new());
    for call in calls {
        match answer(call[0].as_str().unwrap(), &call[1]) {
            Ok(ours) if ours == call[2] => same += 1,
            Ok(ours) => different.push(format!("{}{}\n  ours   {ours}\n  Python {}", call[0], call[1], call[2])),
            Err(reason) => *passed_over.entry(reason).or_insert(0) += 1,
        }
    }
    println!("Python {version}: {same} calls give the same; passed over {passed_over:?}");
    assert!(different.is_empty(), "{} differences:\n{}", different.len(), different.join("\n"));
    assert!(same > 1_000, "only {same} calls were noted");
}
