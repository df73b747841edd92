//! Records of the journal in the formats of other tools.

use std::borrow::Cow;
use std::fmt::Write;

use serde_json::{Value, json};

use super::view::RequestRecord;
use crate::api::{PartRecord, decode_extended};

/// Headers that a client writes by itself, or that are about the connection.
const OF_CONNECTION: [&str; 5] = ["host", "content-length", "connection", "transfer-encoding", "accept-encoding"];

impl RequestRecord {
    /// A command line that sends the request again. Secrets are masked as in the record, and each file of a form is one
    /// of the same name in the current folder. What cannot be sent again is said in comments in front.
    pub fn curl(&self) -> String {
        let (mut notes, mut command) = (Vec::new(), "curl".to_owned());
        let form = self.upload.as_ref();
        command += &match self.method.as_str() {
            // With -X, curl would wait for a body.
            "HEAD" => " --head".to_owned(),
            method => format!(" -X {method}"),
        };
        if self.target().contains(['[', ']', '{', '}']) {
            command += " --globoff";
        }
        if self.path.contains("/.") || self.path.to_ascii_lowercase().contains("/%2e") {
            command += " --path-as-is";
        }
        command += &format!(" {}", quoted(&self.url()));
        let is_sent = |name: &str| !(OF_CONNECTION.contains(&name) || form.is_some() && name == "content-type");
        for (name, value) in self.headers.iter().filter(|(name, _)| is_sent(name)) {
            // A header without a value would be left out.
            let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
            command += &format!(" \\\n  -H {}", quoted(&header));
        }
        for part in form.iter().flat_map(|form| &form.parts) {
            if file_name(part).is_none() {
                notes.push(format!("What was in the part {:?} is not kept.", part.name.as_deref().unwrap_or_default()));
            }
            command += &format!(" \\\n  -F {}", quoted(&field(part)));
        }
        if let Some(missing @ 1..) = form.map(|form| form.part_count - form.parts.len()) {
            notes.push(format!("{missing} more parts of the form are not kept."));
        }
        if form.is_none() && !self.kept.is_empty() {
            if !self.headers.contains_key("content-type") {
                command += " \\\n  -H 'content-type:'";
            }
            command += &format!(" \\\n  --data-raw {}", quoted(&self.sent_text()));
            if let Some(all) = self.request_bytes.filter(|all| *all > self.kept.len() as u64) {
                notes.push(format!("Of the {all} bytes of the body, the first {} are kept.", self.kept.len()));
            } else if str::from_utf8(&self.kept).is_err() {
                notes.push("The body is not UTF-8, and is sent with what is not replaced.".to_owned());
            }
        }
        let notes: String = notes.iter().map(|note| format!("# {note}\n")).collect();
        notes + &command + "\n"
    }

    /// All that is kept of a body in text; a letter that is cut through is left out.
    fn sent_text(&self) -> Cow<'_, str> {
        let whole = match str::from_utf8(&self.kept) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Ok(_) | Err(_) => self.kept.len(),
        };
        String::from_utf8_lossy(&self.kept[..whole])
    }

    /// The request as HTTP/1.1 writes it, with as much of the body as the record has. Secrets are masked.
    pub fn raw(&self) -> String {
        let mut raw = format!("{} {} HTTP/1.1\r\n", self.method, self.target());
        for (name, value) in &self.headers {
            // Writing to a string cannot fail.
            let _ = write!(raw, "{name}: {value}\r\n");
        }
        raw + "\r\n" + &self.sent_text()
    }

    /// The entry of an HTTP archive.
    fn har_entry(&self) -> Value {
        let pair = |(name, value): (&str, &str)| json!({"name": name, "value": value});
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| pair((name, value))).collect();
        let pairs = self.query.iter().flat_map(|query| query.split('&')).filter(|pair| !pair.is_empty());
        let query: Vec<_> = pairs.map(|text| pair(text.split_once('=').unwrap_or((text, "")))).collect();
        let size = |bytes: Option<u64>| bytes.map_or(json!(-1), |bytes| json!(bytes));
        let version = if self.via.http2 { "HTTP/2" } else { "HTTP/1.1" };
        let mut request = json!({
            "method": self.method, "url": self.url(), "httpVersion": version, "cookies": [], "headers": headers,
            "queryString": query, "headersSize": -1, "bodySize": size(self.request_bytes),
        });
        if let Some(text) = &self.request_text {
            let kind = self.headers.get("content-type").map_or("", String::as_str);
            request["postData"] = json!({"mimeType": kind, "text": text});
        }
        // Of a form, an archive names the parts. What was in them is not kept.
        if let Some(form) = &self.upload {
            let param = |part: &PartRecord| {
                let name = part.name.as_deref().unwrap_or_default();
                let file = part.file_name.as_ref().or(part.extended_file_name.as_ref());
                json!({"name": name, "fileName": file, "contentType": part.content_type})
            };
            let params: Vec<_> = form.parts.iter().map(param).collect();
            request["postData"] = json!({"mimeType": form.content_type, "params": params});
        }
        let millis = self.duration.as_micros() as f64 / 1000.0;
        let mut content = json!({"size": self.response_bytes.unwrap_or_default(), "mimeType": ""});
        if let Some(text) = &self.response_text {
            content["mimeType"] = json!("application/json");
            content["text"] = json!(text);
        }
        json!({
            "startedDateTime": self.time.to_string().replace("+0000", "Z"),
            "time": millis,
            "request": request,
            "response": {
                // 0 is what archives say where there was no answer.
                "status": self.status.unwrap_or_default(), "statusText": "", "httpVersion": version, "cookies": [],
                "headers": [], "content": content, "redirectURL": "", "headersSize": -1,
                "bodySize": size(self.response_bytes),
            },
            "cache": {},
            "timings": {"send": 0, "wait": millis, "receive": 0},
        })
    }

    fn url(&self) -> String {
        let host = self.headers.get("host").map_or("localhost", String::as_str);
        let scheme = if self.via.tls { "https" } else { "http" };
        format!("{scheme}://{host}{}", self.target())
    }

    /// Path and query, as sent.
    fn target(&self) -> String {
        let query = self.query.as_ref().map_or_else(String::new, |query| format!("?{query}"));
        self.path.clone() + &query
    }
}

/// An HTTP archive (HAR 1.2) of these requests. Bodies are those of the records: their first KiB, if that was text.
pub(crate) fn har(records: impl Iterator<Item = RequestRecord>) -> String {
    let entries: Vec<Value> = records.map(|record| record.har_entry()).collect();
    let creator = json!({"name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")});
    json!({"log": {"version": "1.2", "creator": creator, "entries": entries}}).to_string() + "\n"
}

/// A line of JSON for each request.
pub(crate) fn ndjson(records: impl Iterator<Item = RequestRecord>) -> String {
    records.filter_map(|record| serde_json::to_string(&record).ok()).map(|line| line + "\n").collect()
}

/// A word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn last_segment(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The name of the file that a part is, decoded as far as curl writes it otherwise.
fn file_name(part: &PartRecord) -> Option<String> {
    let extended = part.extended_file_name.as_ref();
    let decoded = extended.and_then(|name| decode_extended(name.as_bytes()));
    decoded.or_else(|| part.file_name.clone()).or_else(|| extended.cloned())
}

/// A part of a form as an argument of curl.
fn field(part: &PartRecord) -> String {
    let mut field = format!("{}=", part.name.as_deref().unwrap_or_default());
    if let Some(file) = file_name(part) {
        // Never a file from outside the current folder, whatever a client called it.
        field += &format!("@{};filename={}", in_form(last_segment(&file)), in_form(&file));
    }
    // A comma would begin another file.
    if let Some(kind) = part.content_type.as_ref().filter(|kind| kind.contains('/') && !kind.contains(',')) {
        field += &format!(";type={kind}");
    }
    field
}

/// A name as curl reads it in a form.
fn in_form(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', r"\\").replace('"', r#"\""#))
}
