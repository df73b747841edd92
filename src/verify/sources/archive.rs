//! HTTP archives (HAR 1.2), as browsers, proxies and tracker-mock itself write them.

use axum::http::Uri;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::Value;

use crate::drift::{Body, FullExchange, header};
use crate::verify::needs::PICTURE;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArchiveEntry {
    request: AskedFor,
    response: Answered,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedFor {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<NameAndValue>,
    #[serde(default)]
    post_data: Option<PostData>,
    /// -1 where it is not known.
    #[serde(default = "unknown")]
    body_size: i64,
}

#[derive(Deserialize)]
struct NameAndValue {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default)]
    mime_type: String,
    /// The parts of a form, without what is in its files.
    #[serde(default)]
    params: Vec<FormParam>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FormParam {
    name: String,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    file_name: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
}

#[derive(Deserialize)]
struct Answered {
    status: u16,
    #[serde(default)]
    headers: Vec<NameAndValue>,
    #[serde(default)]
    content: KeptContent,
}

#[derive(Default, Deserialize)]
struct KeptContent {
    #[serde(default)]
    size: Option<i64>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
}

fn unknown() -> i64 {
    -1
}

/// The exchanges of an archive. Fails if it is none.
pub(super) fn exchanges(document: &Value) -> Result<Vec<FullExchange>, String> {
    let entries = Vec::<ArchiveEntry>::deserialize(&document["log"]["entries"]);
    let entries = entries.map_err(|error| format!("it looks like an HTTP archive, but {error}"))?;
    entries.into_iter().map(exchange).collect()
}

fn exchange(ArchiveEntry { request, response }: ArchiveEntry) -> Result<FullExchange, String> {
    let uri: Uri = request.url.parse().map_err(|_| format!("{} is no URL", request.url))?;
    let mut request_headers = headers(request.headers);
    // Some archives have the type of a body there alone.
    let kind = request.post_data.as_ref().map(|data| data.mime_type.clone()).filter(|kind| !kind.is_empty());
    if let Some(kind) = kind.filter(|_| header(&request_headers, "content-type").is_none()) {
        request_headers.push(("Content-Type".to_owned(), kind));
    }
    let is_cut = is_left_out(&request.method, &request_headers, request.body_size);
    let cut = Body { bytes: Vec::new(), is_cut };
    let request_body = match request.post_data {
        Some(PostData { text: Some(text), encoding, .. }) if !text.is_empty() => {
            body(text, encoding.as_deref(), request.body_size)?
        }
        Some(PostData { mime_type, params, .. }) if !params.is_empty() => form(&mime_type, &params).unwrap_or(cut),
        Some(_) | None => cut,
    };
    let KeptContent { size, text, encoding } = response.content;
    let has_no_body = request.method == "HEAD" || matches!(response.status, 0 | 204 | 304);
    let answer = match text {
        Some(text) => beginning(body(text, encoding.as_deref(), size.unwrap_or_default())?),
        // Browsers leave out what they have not kept.
        None => Body { bytes: Vec::new(), is_cut: size != Some(0) && !has_no_body },
    };
    Ok(FullExchange {
        method: request.method,
        target: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        request_headers,
        request_body,
        // 0 is what archives say where there was no answer.
        status: Some(response.status).filter(|status| *status > 0),
        headers: headers(response.headers),
        body: answer,
    })
}

/// A form of these parts, with something in place of what the files had.
fn form(kind: &str, params: &[FormParam]) -> Option<Body> {
    let boundary = kind.parse::<mime::Mime>().ok()?.get_param(mime::BOUNDARY)?.to_string();
    let mut bytes = Vec::new();
    for FormParam { name, value, file_name, content_type } in params {
        let file_name = file_name.as_ref().map(|name| format!("; filename=\"{name}\"")).unwrap_or_default();
        let kind = content_type.as_ref().map(|kind| format!("\r\nContent-Type: {kind}")).unwrap_or_default();
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}{kind}\r\n\r\n");
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(match (value, content_type) {
            (Some(value), _) => value.as_bytes(),
            (None, Some(kind)) if kind.starts_with("image/") => PICTURE,
            (None, _) => b"recorded",
        });
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Some(Body { bytes, is_cut: false })
}

/// A body of which an archive may have the beginning alone.
fn body(text: String, encoding: Option<&str>, size: i64) -> Result<Body, String> {
    let bytes = match encoding {
        Some("base64") => BASE64.decode(text).map_err(|error| format!("a body is no base64: {error}"))?,
        // A letter that was cut through stands at the end as another one, which is longer.
        Some(_) | None => text.trim_end_matches(char::REPLACEMENT_CHARACTER).as_bytes().to_vec(),
    };
    let is_cut = usize::try_from(size).is_ok_and(|size| size > bytes.len());
    Ok(Body { bytes, is_cut })
}

/// Whether a request without a body in the archive had one.
fn is_left_out(method: &str, headers: &[(String, String)], size: i64) -> bool {
    let given = |name: &str| header(headers, name).filter(|value| !value.is_empty());
    let kind = given("content-type");
    match given("content-length").and_then(|length| length.parse().ok()).unwrap_or(size) {
        // No form is empty, whatever an archive says of the size of files.
        0 => kind.is_some_and(|kind| kind.starts_with("multipart/")),
        1.. => true,
        _ => !["GET", "HEAD"].contains(&method) && (kind.is_some() || given("transfer-encoding").is_some()),
    }
}

/// The same. Of JSON that is cut, what was open is closed, and what may be incomplete is left out.
fn beginning(Body { mut bytes, is_cut }: Body) -> Body {
    let (mut closing, mut end, mut in_text, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in bytes.iter().enumerate().take_while(|_| is_cut) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b',' => end = at,
            b'{' | b'[' => {
                // In ASCII, a bracket and the one that closes it are two apart.
                closing.push(byte + 2);
                end = at + 1;
            }
            b'}' | b']' => {
                closing.pop();
                end = at + 1;
            }
            _ => {}
        }
    }
    if !closing.is_empty() {
        bytes.truncate(end);
        bytes.extend(closing.iter().rev());
    }
    Body { bytes, is_cut }
}

/// Those of HTTP/2 that begin with a colon are the first line of HTTP/1.
fn headers(headers: Vec<NameAndValue>) -> Vec<(String, String)> {
    let headers = headers.into_iter().filter(|header| !header.name.starts_with(':'));
    headers.map(|header| (header.name, header.value)).collect()
}
