//! What a recorded request needs to be there, made in a fresh world.

use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::drift::{Body, FullExchange, Origin};

/// A file that has a thumbnail.
pub(super) const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9bU\0\0\0\nIDATx\x9cc`\0\0\0\x02\0\x01H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82";

/// The queue of new issues, and the user that is named where one is needed. The embedded fixtures have both.
pub(super) const QUEUE: &str = "JUNE";
pub(super) const USER: &str = "author";

/// What a file that is made has in it.
#[derive(Clone, Copy, Debug)]
pub(super) enum NeededFile {
    Text,
    /// Something that has a thumbnail.
    Picture,
}

/// Makes things in the world of an organisation.
pub(super) struct Needs<'a> {
    pub(super) origin: &'a Origin<Full<Bytes>>,
    pub(super) org: String,
}

impl Needs<'_> {
    /// Every request that we send has these.
    pub(super) fn headers(&self) -> Vec<(String, String)> {
        vec![("Authorization".to_owned(), "OAuth any-token".to_owned()), ("X-Org-ID".to_owned(), self.org.clone())]
    }

    pub(super) async fn issue(&self) -> Result<String, String> {
        let body = json!({"queue": QUEUE, "summary": "Recorded"});
        self.made("/v2/issues/", &body, "key").await
    }

    pub(super) async fn entity(&self, kind: &str) -> Result<String, String> {
        self.made(&format!("/v2/entities/{kind}"), &json!({"fields": {"summary": "Recorded"}}), "id").await
    }

    pub(super) async fn temporary_file(&self, file: NeededFile) -> Result<String, String> {
        self.uploaded("/v2/attachments/", file).await
    }

    /// What a path stands for whose last segment is an id: the path before it, and whether the request takes what is not
    /// used yet. `None` if there is nothing like that.
    pub(super) async fn thing(&self, before: &str, is_new: bool, file: NeededFile) -> Result<Option<String>, String> {
        let segments: Vec<&str> = before.split('/').skip(2).collect();
        let made = match *segments.as_slice() {
            ["issues"] => self.issue().await,
            ["entities", kind] => self.entity(kind).await,
            ["attachments" | "thumbnails"] => self.temporary_file(file).await,
            [.., "attachments"] if is_new => self.temporary_file(file).await,
            ["issues", _, "attachments" | "thumbnails"] => {
                let issue = before.rsplit_once('/').map_or("", |(issue, _)| issue);
                self.uploaded(&format!("{issue}/attachments/"), file).await
            }
            ["entities", .., "attachments"] => {
                let id = self.temporary_file(file).await?;
                self.ask("POST", &format!("{before}/{id}"), None).await?;
                Ok(id)
            }
            [.., "comments"] => self.made(before, &json!({"text": "Recorded"}), "id").await,
            [.., "checklistItems"] => {
                let items = self.ask("POST", before, Some(&json!({"text": "Recorded"}))).await?;
                let items = items.pointer("/checklistItems").or(items.pointer("/fields/checklistItems"));
                Ok(items.and_then(|items| text_of(&items[0]["id"])).unwrap_or_default())
            }
            // Of what cannot be made there is a list, or none.
            _ => {
                let list = self.ask("GET", before, None).await.unwrap_or_default();
                let first = ["id", "key", "uid"].iter().find_map(|name| text_of(&list[0][name]));
                return Ok(first);
            }
        };
        made.map(Some)
    }

    /// The version of the thing at a path, or of what that is in.
    pub(super) async fn version(&self, path: &str) -> Option<String> {
        let thing = self.ask("GET", path, None).await.ok()?;
        text_of(&thing["version"])
    }

    async fn made(&self, path: &str, body: &Value, id: &str) -> Result<String, String> {
        let made = self.ask("POST", path, Some(body)).await?;
        text_of(&made[id]).ok_or_else(|| format!("{path} answers without {id}"))
    }

    async fn uploaded(&self, path: &str, file: NeededFile) -> Result<String, String> {
        let (name, kind, content) = match file {
            NeededFile::Text => ("recorded.txt", "text/plain", &b"recorded"[..]),
            NeededFile::Picture => ("recorded.png", "image/png", PICTURE),
        };
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
        );
        let form = [head.as_bytes(), content, b"\r\n--b--\r\n"].concat();
        let made = self.send("POST", path, "multipart/form-data; boundary=b", form).await?;
        text_of(&made["id"]).ok_or_else(|| format!("{path} answers without id"))
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        self.send(method, path, "application/json", bytes).await
    }

    async fn send(&self, method: &str, path: &str, kind: &str, bytes: Vec<u8>) -> Result<Value, String> {
        let mut request_headers = self.headers();
        request_headers.push(("Content-Type".to_owned(), kind.to_owned()));
        let mut full = FullExchange {
            method: method.to_owned(),
            target: path.to_owned(),
            request_headers,
            request_body: Body { bytes, is_cut: false },
            ..FullExchange::default()
        };
        self.origin.exchange(&mut full).await?;
        match full.status {
            Some(200..300) => Ok(serde_json::from_slice(&full.body.bytes).unwrap_or_default()),
            status => Err(format!(
                "what it needs cannot be made: {method} {path} answers {}: {}",
                status.unwrap_or_default(),
                String::from_utf8_lossy(&full.body.bytes)
            )),
        }
    }
}

/// A text or a number, as text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_number().map(ToString::to_string))
}
