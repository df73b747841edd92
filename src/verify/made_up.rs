//! Values that stand in where a recording has none.

use super::needs::PICTURE;
use crate::drift::PartShape;

/// The boundary of forms that are made up.
pub(super) const BOUNDARY: &str = "recorded";

/// An id that nothing has, for what stands below this path.
pub(super) fn absent_id(before: &str) -> &'static str {
    let kind = before.split('/').nth(2).unwrap_or_default();
    match (kind, before.split('/').count()) {
        ("issues", 3) => "JUNE-999999",
        ("entities", 4) => "ffffffffffffffffffffffff",
        _ => "999999999",
    }
}

/// A value for a parameter, and whether any would do.
pub(super) fn query_value(name: &str, format: &str) -> (String, bool) {
    match name {
        "filename" => (text_like(format), true),
        "perPage" => ("50".to_owned(), true),
        "page" => ("1".to_owned(), true),
        _ => (text_like(format), false),
    }
}

/// A text of this format.
pub(super) fn text_like(format: &str) -> String {
    let words: Vec<&str> = format.split(' ').collect();
    match *words.as_slice() {
        ["text", "empty", ..] => String::new(),
        ["text", lengths, ..] => {
            let shortest = lengths.split(['-', '+']).next().and_then(|length| length.parse().ok()).unwrap_or(1);
            "a".repeat(shortest)
        }
        ["time", ..] => "2024-01-13T14:06:29.747+0000".to_owned(),
        ["date", ..] => "2024-01-13".to_owned(),
        ["hex-24", ..] => "ffffffffffffffffffffffff".to_owned(),
        ["uuid", ..] => "00000000-0000-4000-8000-000000000000".to_owned(),
        ["issue-key", ..] => "JUNE-2".to_owned(),
        ["decimal", ..] => "1".to_owned(),
        _ => format.to_owned(),
    }
}

/// A form with parts like these.
pub(super) fn form(parts: &[PartShape], closed: bool) -> Vec<u8> {
    let mut form = Vec::new();
    for part in parts {
        form.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Disposition: form-data").as_bytes());
        if let Some(name) = &part.name {
            form.extend_from_slice(format!("; name=\"{name}\"").as_bytes());
        }
        if let Some(spelling) = &part.filename {
            form.extend_from_slice(b"; filename=\"");
            form.extend_from_slice(&file_name(spelling));
            form.push(b'"');
        }
        if part.extended_filename.is_some() {
            form.extend_from_slice("; filename*=UTF-8''%D1%84.txt".as_bytes());
        }
        if let Some(kind) = &part.content_type {
            form.extend_from_slice(format!("\r\nContent-Type: {kind}").as_bytes());
        }
        form.extend_from_slice(b"\r\n\r\n");
        form.extend_from_slice(&content_like(&part.content));
        form.extend_from_slice(b"\r\n");
    }
    if closed {
        form.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    }
    form
}

/// The name of a file that is written like this.
fn file_name(spelling: &str) -> Vec<u8> {
    let text = match spelling.split(',').next().unwrap_or_default() {
        "UTF-8" => "ф.txt",
        "percent" => "%D1%84.txt",
        "encoded word" => "=?UTF-8?B?0YQudHh0?=",
        "not UTF-8" => return b"\xff.txt".to_vec(),
        _ if spelling.ends_with("empty") => "",
        _ => "a.txt",
    };
    text.as_bytes().to_vec()
}

/// Bytes of the same kind and about the same size.
pub(super) fn content_like(content: &str) -> Vec<u8> {
    let (kind, size) = content.split_once(", ").unwrap_or((content, ""));
    let mut bytes = match kind {
        "empty" => return Vec::new(),
        "text" | "cut off" => b"recorded".to_vec(),
        kind if kind.starts_with("image/") => PICTURE.to_vec(),
        _ => vec![0, 0xff, 0xfe],
    };
    let least = match size {
        "below 1 MiB" => 1024,
        "1 MiB or more" => 1024 * 1024,
        _ => 0,
    };
    if bytes.len() < least {
        bytes.resize(least, b'a');
    }
    bytes
}
