//! An exchange, as it went over the wire and as its shape. A recording has a shape for each line.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::form::{PartShape, content_of};
use super::json::JsonPath;
use super::shaper::Shaper;
use super::text::{format_of, is_id};
use super::vocabulary::{Segment, UNKNOWN};

/// What is written before each line, and read from it.
const FORMAT: u32 = 1;

/// The methods that a shape may have.
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// One request and its answer, with all that they said.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FullExchange {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) request_headers: Vec<(String, String)>,
    pub(crate) request_body: Body,
    /// `None` where there was no answer.
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

/// The bytes of a body, as far as they were kept: its beginning and its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// Whether there was more.
    pub(crate) is_cut: bool,
}

/// A body in a file: text where it is that.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_cut: bool,
}

/// One request and its answer, without what they said: a line of a recording.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExchangeShape {
    format: u32,
    /// The `operationId`; `None` where nothing of that path is emulated.
    pub(crate) operation: Option<String>,
    pub(crate) method: String,
    /// As in `/v2/issues/{key#1}`.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) request_headers: Vec<(String, String)>,
    pub(crate) request: BodyShape,
    #[serde(flatten)]
    pub(crate) answer: AnswerShape,
    /// What it said, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) values: Option<FullExchange>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AnswerShape {
    pub(crate) status: Option<u16>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: BodyShape,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum BodyShape {
    Empty,
    Json {
        paths: Vec<JsonPath>,
    },
    /// The beginning of JSON: all that is known of an answer of which an archive keeps no more.
    Beginning {
        paths: Vec<JsonPath>,
    },
    Form {
        parts: Vec<PartShape>,
        closed: bool,
    },
    Other {
        content: String,
    },
    /// More than was kept, or a form without a boundary.
    Unreadable {
        content: String,
    },
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = std::str::from_utf8(&self.bytes).ok().map(str::to_owned);
        let base64 = text.is_none().then(|| BASE64.encode(&self.bytes));
        WrittenBody { text, base64, is_cut: self.is_cut }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenBody { text, base64, is_cut } = WrittenBody::deserialize(deserializer)?;
        let decoded = base64.map(|base64| BASE64.decode(base64).map_err(serde::de::Error::custom)).transpose()?;
        Ok(Self { bytes: decoded.unwrap_or_else(|| text.unwrap_or_default().into_bytes()), is_cut })
    }
}

/// The first value of a header.
pub(crate) fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

impl ExchangeShape {
    /// A line of a recording. Fails if it is none.
    pub(crate) fn read(line: &str) -> Result<Self, String> {
        let shape: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        if shape.format == FORMAT {
            Ok(shape)
        } else {
            Err(format!("its format is {}, and not {FORMAT}", shape.format))
        }
    }

    pub(crate) fn line(&self) -> String {
        serde_json::to_string(self).map(|line| line + "\n").unwrap_or_default()
    }
}

impl Shaper<'_> {
    pub(crate) fn exchange(&mut self, full: &FullExchange) -> ExchangeShape {
        let (path, query) = full.target.split_once('?').unwrap_or((&full.target, ""));
        let (operation, path) = self.path(&full.method, path);
        let query = self.query(query);
        let request_headers = self.request_headers(pairs(&full.request_headers));
        let request = self.body(&full.request_headers, &full.request_body);
        let answer = self.answer(full.status, &full.headers, &full.body);
        let method = METHODS.into_iter().find(|known| *known == full.method).unwrap_or(UNKNOWN).to_owned();
        ExchangeShape { format: FORMAT, operation, method, path, query, request_headers, request, answer, values: None }
    }

    pub(crate) fn answer(&mut self, status: Option<u16>, headers: &[(String, String)], body: &Body) -> AnswerShape {
        AnswerShape { status, headers: self.answer_headers(pairs(headers)), body: self.body(headers, body) }
    }

    /// The operation of a path, and the path with the numbers of its ids.
    fn path(&mut self, method: &str, path: &str) -> (Option<String>, String) {
        let vocabulary = self.vocabulary;
        let Some((route, values)) = vocabulary.route(Some(method), path) else {
            let segments = path.split('/').filter(|segment| !segment.is_empty());
            let shown = segments.map(|segment| {
                let is_public = vocabulary.knows(segment) || ["v2", "v3"].contains(&segment);
                if is_public { format!("/{segment}") } else { format!("/{{{UNKNOWN}#{}}}", self.number_of(segment)) }
            });
            return (None, shown.collect());
        };
        let version = path.split('/').find(|segment| !segment.is_empty()).unwrap_or_default();
        let mut shown = format!("/{version}");
        let mut values = values.into_iter();
        for segment in &route.segments {
            shown += "/";
            shown += &match segment {
                Segment::Word(word) => word.clone(),
                Segment::Parameter(name) => {
                    let value = values.next().unwrap_or_default();
                    if vocabulary.knows(value) {
                        value.to_owned()
                    } else if name == "name" {
                        format!("{{{name}}}")
                    } else {
                        format!("{{{name}#{}}}", self.number_of(&percent_decode_str(value).decode_utf8_lossy()))
                    }
                }
            };
        }
        (Some(route.operation.clone()), shown)
    }

    fn query(&mut self, query: &str) -> Vec<(String, String)> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let (name, value) = (decoded(name), decoded(value));
                let words: Vec<&str> = value.split(',').collect();
                let is_public = |word: &&str| ["true", "false"].contains(word) || self.vocabulary.knows(word);
                let shape = if words.iter().all(is_public) {
                    value.clone()
                } else {
                    let format = format_of(&name, &value, self.vocabulary);
                    let id = is_id(&format).then(|| format!(" #{}", self.number_of(&value)));
                    format!("<{format}{}>", id.unwrap_or_default())
                };
                (self.word(&name).to_owned(), shape)
            })
            .collect()
    }

    fn body(&mut self, headers: &[(String, String)], body: &Body) -> BodyShape {
        let content = content_of(&body.bytes);
        if body.bytes.is_empty() && !body.is_cut {
            return BodyShape::Empty;
        }
        let kind = header(headers, "content-type").unwrap_or_default();
        if kind.starts_with("multipart/") {
            // One that has its end lacks only bytes of a file.
            let form = self.form(kind, &body.bytes).filter(|(_, closed)| *closed || !body.is_cut);
            return form.map_or(BodyShape::Unreadable { content }, |(parts, closed)| BodyShape::Form { parts, closed });
        }
        match serde_json::from_slice::<Value>(&body.bytes) {
            Ok(value) if kind.is_empty() || kind.contains("json") => match body.is_cut {
                true => {
                    // What an element lacks may be what was cut off.
                    let mut paths = self.json(&value);
                    paths.iter_mut().for_each(|path| path.is_optional = false);
                    BodyShape::Beginning { paths }
                }
                false => BodyShape::Json { paths: self.json(&value) },
            },
            Ok(_) | Err(_) if body.is_cut => BodyShape::Unreadable { content },
            Ok(_) | Err(_) => BodyShape::Other { content },
        }
    }
}

fn pairs(headers: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

/// A text of a query, without what is encoded in it.
fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
