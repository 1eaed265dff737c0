//! What is asked for: the request that the letters describe.

use super::{Args, failure};
use crate::failure::Failure;
use plainwire::net::http::form::Form;
use plainwire::net::http::{Body, Error, Request};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// `@FILE` as what the file holds, anything else as it is.
fn given(value: &str, line_ends: bool) -> Result<Vec<u8>, Failure> {
    let Some(path) = value.strip_prefix('@') else { return Ok(value.as_bytes().to_vec()) };
    let mut octets = Vec::new();
    let read = if path == "-" {
        io::stdin().lock().read_to_end(&mut octets)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut octets))
    };
    read.map_err(|error| Failure::new(26, format!("{path}: {error}")))?;
    if !line_ends {
        octets.retain(|octet| !matches!(octet, b'\r' | b'\n' | 0));
    }
    Ok(octets)
}

/// Some of the request comes from standard input.
pub(super) fn reads_input(args: &Args) -> bool {
    let data = args.data.iter().chain(&args.data_binary).chain(&args.json);
    data.into_iter().any(|value| value == "@-") || args.upload_file.as_deref() == Some(Path::new("-"))
}

/// The request, made anew for each try.
pub(super) fn request(args: &Args, url: &str) -> Result<Request, Failure> {
    let says = |error: Error| failure(&error);
    let mut data: Vec<Vec<u8>> = Vec::new();
    for value in &args.data {
        data.push(given(value, false)?);
    }
    for value in &args.data_binary {
        data.push(given(value, true)?);
    }
    data.extend(args.data_raw.iter().map(|value| value.as_bytes().to_vec()));
    let form = data.join(&b'&');
    let mut url = url.to_string();
    if args.get && !data.is_empty() {
        let text = String::from_utf8(form.clone()).map_err(|_| Failure::new(3, "the data of -G is not text"))?;
        url = format!("{url}{}{text}", if url.contains('?') { '&' } else { '?' });
    }
    if let Some(path) = args.upload_file.as_deref().filter(|_| url.ends_with('/')) {
        // As curl: a folder gets the file under its own name.
        let name = path.file_name().filter(|_| path != Path::new("-")).unwrap_or_default();
        url += &plainwire::query::quote(&name.to_string_lossy(), "");
    }
    let posts = !args.get && (!data.is_empty() || !args.json.is_empty() || !args.form.is_empty());
    let method = match &args.request {
        Some(method) => method.as_str(),
        None if args.head => "HEAD",
        None if args.upload_file.is_some() => "PUT",
        None if posts => "POST",
        None => "GET",
    };
    let (mut request, chunked) = args.letters.fields(Request::new(method, &url).map_err(says)?)?;
    if let Some(referer) = &args.referer {
        request = request.field("Referer", referer).map_err(says)?;
    }
    if let Some(range) = &args.range {
        request = request.field("Range", format!("bytes={range}")).map_err(says)?;
    }
    let cookies: Vec<_> = args.cookie.iter().filter(|given| given.contains('=')).map(String::as_str).collect();
    if !cookies.is_empty() {
        request = request.field("Cookie", cookies.join("; ")).map_err(says)?;
    }
    if let Some(token) = &args.oauth2_bearer {
        request = request.bearer(token).map_err(says)?;
    }
    if let Some(credentials) = args.letters.credentials()? {
        request = request.credentials(credentials);
    }
    if !args.json.is_empty() {
        let mut text = Vec::new();
        for value in &args.json {
            text.extend(given(value, true)?);
        }
        request = typed(request, "Content-Type", "application/json")?;
        request = typed(request, "Accept", "application/json")?;
        request = said(request, text, chunked);
    } else if !args.form.is_empty() {
        request = request.multipart(multipart(&args.form)?);
    } else if posts {
        request = typed(request, "Content-Type", "application/x-www-form-urlencoded")?;
        request = said(request, form, chunked);
    } else if let Some(path) = &args.upload_file {
        request = if path == Path::new("-") {
            request.reader(io::stdin(), None)
        } else {
            let file = File::open(path).map_err(|error| Failure::at(26, path, error))?;
            if chunked { request.reader(file, None) } else { request.body(Body::File(file)) }
        };
    }
    Ok(request)
}

fn said(request: Request, octets: Vec<u8>, chunked: bool) -> Request {
    if chunked { request.reader(io::Cursor::new(octets), None) } else { request.body(octets) }
}

fn typed(request: Request, name: &str, value: &str) -> Result<Request, Failure> {
    if request.names(name) { Ok(request) } else { request.field(name, value).map_err(|error| failure(&error)) }
}

fn multipart(parts: &[String]) -> Result<Form, Failure> {
    let wrong = |error: plainwire::net::http::form::FormError| Failure::new(2, error);
    let mut form = Form::random().map_err(wrong)?;
    for part in parts {
        let (name, value) =
            part.split_once('=').ok_or_else(|| Failure::new(2, format!("{part:?} is no part such as NAME=VALUE")))?;
        let Some(file) = value.strip_prefix('@') else {
            form.text(name, value).map_err(wrong)?;
            continue;
        };
        let mut pieces = file.split(';');
        let path = PathBuf::from(pieces.next().unwrap_or_default());
        let mut media_type = mime_guess::from_path(&path).first_or_octet_stream().to_string();
        let mut file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        for piece in pieces {
            match piece.split_once('=') {
                Some(("type", value)) => media_type = value.to_string(),
                Some(("filename", value)) => file_name = value.trim_matches('"').to_string(),
                _ => return Err(Failure::new(2, format!("{piece:?} means nothing in a part of a form"))),
            }
        }
        let failed = |error: io::Error| Failure::at(26, &path, error);
        let file = File::open(&path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        form.reader(name, &file_name, &media_type, Box::new(file), len).map_err(wrong)?;
    }
    Ok(form)
}
