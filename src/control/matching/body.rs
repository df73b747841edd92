//! The conditions on requests in JSON, as they come and as they are shown. In a query string they have the same names:
//! `query.notify=true`, `json./text=*bug*`.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::status::{SINCE, Since, StatusMatch};
use crate::api::{ApiError, Query};
use crate::wire::{InvalidValue, Json, SinceText, StatusText, text_schema};

/// Which requests are meant: those that meet all conditions. In texts `*` is any number of characters, `\*` a star and
/// `\\` a backslash.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "RequestMatch")]
pub(in crate::control) struct MatchBody {
    /// The operation, or one of several, by the names of this document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::control) operation: Option<OneOrMore>,
    /// The method, or one of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::control) method: Option<OneOrMore>,
    /// The path, decoded: `*` is any part of a segment, `**` any number of segments. It must fit an endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::control) path: Option<String>,
    /// The file's name: `?filename=`, that in the path, or that in the form. Fault rules see that of the file whose id
    /// is in the path too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::control) file: Option<String>,
    /// Parameters of the query by name.
    #[serde(default, skip_serializing_if = "NamedTexts::is_empty")]
    pub(in crate::control) query: NamedTexts,
    /// Headers by name. Secrets are `***` here, unless the server shows them.
    #[serde(default, skip_serializing_if = "NamedTexts::is_empty")]
    pub(in crate::control) header: NamedTexts,
    /// Members of a JSON body of at most 16 KiB, by JSON Pointer, such as `/fields/summary`. A text is a pattern of the
    /// member's text, or of its JSON if it is none; anything else must be equal.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(in crate::control) json: Map<String, Value>,
    /// The user that it acts as, by login or uid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::control) actor: Option<String>,
    /// The name of a part of its form. Fault rules see the parts up to the file's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::control) part: Option<String>,
    /// The type of that part, or of any: as it was sent, or without its parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::control) part_type: Option<String>,
    /// The status of the answer, or their class. Fault rules cannot ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<StatusText>")]
    pub(in crate::control) status: Option<StatusMatch>,
    /// The id of the request, or the time, after which those come that are meant. Fault rules cannot ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<SinceText>")]
    pub(in crate::control) since: Option<Since>,
}

/// The prefixes of conditions on a parameter, a header or a JSON member; its name follows.
pub(in crate::control) const QUERY_PREFIX: &str = "query.";
pub(in crate::control) const HEADER_PREFIX: &str = "header.";
pub(in crate::control) const JSON_PREFIX: &str = "json.";

impl MatchBody {
    /// The conditions in a query string. Fails when one that stands once is given twice, or says no status or time.
    pub(in crate::control) fn of_query(query: &Query) -> Result<Self, ApiError> {
        let text = |name| query.text(name).map(|text| text.map(str::to_owned));
        let names = |name| {
            let given = query.pairs().filter(|(given, _)| *given == name);
            given.fold(None, |texts, (_, text)| Some(OneOrMore::another(texts, text)))
        };
        let status = query.text("status")?.map(|text| {
            let wrong = || InvalidValue::expected("status", "a status such as 404 or 4xx", text);
            StatusMatch::parse(text).ok_or_else(wrong)
        });
        let since = query.text("since")?.map(|text| {
            let wrong = || InvalidValue::expected("since", SINCE, text);
            Since::parse(text).ok_or_else(wrong)
        });
        let mut body = Self {
            operation: names("operation"),
            method: names("method"),
            path: text("path")?,
            file: text("file")?,
            actor: text("actor")?,
            part: text("part")?,
            part_type: text("partType")?,
            status: status.transpose()?,
            since: since.transpose()?,
            ..Self::default()
        };
        for (name, value) in query.pairs() {
            if let Some(name) = name.strip_prefix(QUERY_PREFIX) {
                body.query.add(name, value);
            } else if let Some(name) = name.strip_prefix(HEADER_PREFIX) {
                body.header.add(name, value);
            } else if let Some(pointer) = name.strip_prefix(JSON_PREFIX)
                && body.json.insert(pointer.to_owned(), value.into()).is_some()
            {
                return Err(InvalidValue::new(name, "It may be given only once.").into());
            }
        }
        Ok(body)
    }

    /// How many conditions there are.
    pub(in crate::control) fn count_conditions(&self) -> usize {
        let lists = [&self.operation, &self.method].into_iter().flatten().map(|names| names.as_slice().len());
        let texts = [&self.path, &self.file, &self.actor, &self.part, &self.part_type];
        let named = self.query.pairs().count() + self.header.pairs().count() + self.json.len();
        lists.sum::<usize>() + texts.into_iter().flatten().count() + named
    }
}

/// A text, or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(in crate::control) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(in crate::control) fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::More(texts) => texts,
        }
    }

    /// The end of the path in JSON of the text with this index.
    pub(in crate::control) fn step(&self, index: usize) -> String {
        match self {
            Self::One(_) => String::new(),
            Self::More(_) => format!("[{index}]"),
        }
    }

    /// `texts` with one more.
    pub(in crate::control) fn another(texts: Option<Self>, text: &str) -> Self {
        let mut all = match texts {
            None => return Self::One(text.to_owned()),
            Some(Self::One(first)) => vec![first],
            Some(Self::More(all)) => all,
        };
        all.push(text.to_owned());
        Self::More(all)
    }
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMoreVisitor)
    }
}

struct OneOrMoreVisitor;

impl<'de> Visitor<'de> for OneOrMoreVisitor {
    type Value = OneOrMore;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, or a list of strings")
    }

    fn visit_str<E>(self, text: &str) -> Result<OneOrMore, E> {
        Ok(OneOrMore::One(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<OneOrMore, E> {
        Ok(OneOrMore::One(number.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, texts: A) -> Result<OneOrMore, A::Error> {
        let texts: Vec<TextOrNumber> = Deserialize::deserialize(SeqAccessDeserializer::new(texts))?;
        Ok(OneOrMore::More(texts.into_iter().map(|TextOrNumber(text)| text).collect()))
    }
}

/// A text, which may be written as a whole number.
struct TextOrNumber(String);

impl<'de> Deserialize<'de> for TextOrNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Text(text) => Ok(Self(text.into_owned())),
            Json::Number(number) if number.is_u64() => Ok(Self(number.to_string())),
            other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::List(_) | Json::Object(_)) => {
                Err(other.is_not("a string or a whole number"))
            }
        }
    }
}

/// Texts by name, in their order; a name may have several. They may be written as whole numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::control) struct NamedTexts(pub(in crate::control) Vec<(String, OneOrMore)>);

text_schema!(NamedTexts, {
    "type": "object",
    "additionalProperties": { "type": ["string", "integer", "array"], "items": { "type": ["string", "integer"] } }
});

impl NamedTexts {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a text to those of a name.
    pub(in crate::control) fn add(&mut self, name: &str, text: &str) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, texts)) => *texts = OneOrMore::another(Some(texts.clone()), text),
            None => self.0.push((name.to_owned(), OneOrMore::another(None, text))),
        }
    }

    /// Each name with each of its texts, and the path of that in JSON.
    pub(in crate::control) fn pairs(&self) -> impl Iterator<Item = (&str, &str, String)> {
        self.0.iter().flat_map(|(name, texts)| {
            let place = move |index| format!("{name}{}", texts.step(index));
            texts.as_slice().iter().enumerate().map(move |(index, text)| (name.as_str(), text.as_str(), place(index)))
        })
    }
}

impl Serialize for NamedTexts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, texts)| (name, texts)))
    }
}

impl<'de> Deserialize<'de> for NamedTexts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamedTextsVisitor)
    }
}

struct NamedTextsVisitor;

impl<'de> Visitor<'de> for NamedTextsVisitor {
    type Value = NamedTexts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<NamedTexts, A::Error> {
        let mut texts = Vec::new();
        while let Some(one) = members.next_entry()? {
            texts.push(one);
        }
        Ok(NamedTexts(texts))
    }
}
