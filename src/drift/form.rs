//! The shape of a form: how its parts are written, without what they say.

use serde::{Deserialize, Serialize};
use tracker_mock::testing::{FormEvent, PartHeaders, Reader};

use super::shaper::Shaper;
use super::text::{length_of, media_type};

/// The largest headers of a part that are read, in bytes.
const MAX_PART_HEADERS: usize = 16 * 1024;

/// A part of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartShape {
    /// Its name, if that is documented.
    pub(crate) name: Option<String>,
    /// How the name of its file is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) filename: Option<String>,
    /// The same of `filename*`.
    #[serde(rename = "filename*", default, skip_serializing_if = "Option::is_none")]
    pub(crate) extended_filename: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
    pub(crate) content: String,
}

impl Shaper<'_> {
    /// The parts of a form, and whether it ends as it should. `None` if it has no boundary.
    pub(crate) fn form(&self, content_type: &str, body: &[u8]) -> Option<(Vec<PartShape>, bool)> {
        let kind: mime::Mime = content_type.parse().ok()?;
        let boundary = kind.get_param(mime::BOUNDARY)?;
        let mut reader = Reader::new(boundary.as_str(), MAX_PART_HEADERS);
        let mut rest = body;
        let mut parts: Vec<PartShape> = Vec::new();
        let mut content = Vec::new();
        while let Ok(Some(event)) = reader.next(&mut rest) {
            match event {
                FormEvent::Headers { block, .. } => {
                    parts.push(self.part(block));
                    content.clear();
                }
                FormEvent::Content(piece) => content.extend_from_slice(piece),
                FormEvent::LastContent(piece) => {
                    content.extend_from_slice(piece);
                    if let Some(part) = parts.last_mut() {
                        part.content = content_of(&content);
                    }
                }
            }
        }
        Some((parts, reader.is_closed()))
    }

    fn part(&self, block: &[u8]) -> PartShape {
        let block = PartHeaders::unfold(block);
        let Ok(headers) = PartHeaders::parse(&block) else { return PartShape::default() };
        let [name, filename, extended] = headers.names();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        PartShape {
            name: name.map(|name| self.word(&text(&name)).to_owned()),
            filename: filename.map(|name| spelling_of(&name)),
            extended_filename: extended.map(|name| spelling_of(&name)),
            content_type: headers.content_type.map(|kind| media_type(&text(kind))),
            content: "cut off".to_owned(),
        }
    }
}

/// How a name is written, and the class of its length.
fn spelling_of(name: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(name) else { return "not UTF-8".to_owned() };
    let spelling = if text.starts_with("=?") && text.ends_with("?=") {
        "encoded word"
    } else if !text.is_ascii() {
        "UTF-8"
    } else if text.contains('%') {
        "percent"
    } else {
        "ASCII"
    };
    format!("{spelling}, {}", length_of(text))
}

/// What the bytes of a file are, and how many, roughly.
pub(crate) fn content_of(bytes: &[u8]) -> String {
    let kind = match infer::get(bytes) {
        Some(kind) => kind.mime_type(),
        None if std::str::from_utf8(bytes).is_ok() => "text",
        None => "bytes",
    };
    match bytes.len() {
        0 => "empty".to_owned(),
        1..1024 => format!("{kind}, below 1 KiB"),
        1024..1_048_576 => format!("{kind}, below 1 MiB"),
        _ => format!("{kind}, 1 MiB or more"),
    }
}
