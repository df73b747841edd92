//! A request as it is sent again: the recorded one, with the ids of our world. Where a recording has no values, some are
//! made up.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::made_up::{BOUNDARY, absent_id, content_like, form, query_value, text_like};
use super::needs::{NeededFile, Needs, QUEUE, USER, text_of};
use super::sources::Source;
use crate::drift::{Body, BodyShape, ExchangeShape, FullExchange, JsonPath, ROOT, SeenIds, header, is_free, parent};

/// Headers that are sent again as they were recorded. Of the first two, a shape is a value.
const PASSED_ON: [&str; 5] = ["accept-language", "content-type", "if-modified-since", "if-unmodified-since", "range"];

/// What is known of the world that requests go to.
pub(super) struct Known<'a> {
    pub(super) needs: Needs<'a>,
    /// The numbers of the ids that the file has.
    ids: &'a SeenIds,
    /// What the recorded ids are in our world, by their numbers.
    pub(super) own_ids: HashMap<u32, String>,
    /// The files that somebody asks the thumbnail of, by the numbers of their ids.
    pictures: HashSet<u32>,
    /// The last `ETag` of each path.
    pub(super) tags: HashMap<String, String>,
    /// Whether requests of the file have these headers. Those who keep recordings often remove them from all.
    has_authorization: bool,
    has_organisation: bool,
}

impl<'a> Known<'a> {
    pub(super) fn new(needs: Needs<'a>, source: &'a Source) -> Self {
        let has = |name: &str| source.exchanges.iter().any(|one| header(&one.request_headers, name).is_some());
        Self {
            needs,
            ids: &source.ids,
            own_ids: HashMap::new(),
            pictures: source
                .exchanges
                .iter()
                .filter_map(|one| number_in(one.path.split("/thumbnails/").nth(1)?))
                .collect(),
            tags: HashMap::new(),
            has_authorization: has("authorization"),
            has_organisation: has("x-org-id") || has("x-cloud-org-id"),
        }
    }

    /// What a file with this id must be.
    fn file(&self, number: Option<u32>) -> NeededFile {
        let is_picture = number.is_some_and(|number| self.pictures.contains(&number));
        if is_picture { NeededFile::Picture } else { NeededFile::Text }
    }
}

/// A request that can be sent.
pub(super) struct Draft {
    pub(super) full: FullExchange,
    /// Whether values were made up that may decide about the answer.
    pub(super) is_made_up: bool,
}

/// What a member is given whose value names something, or one of a few.
fn named(member: &str) -> Option<&'static str> {
    Some(match member {
        "queue" => QUEUE,
        "assignee" | "author" | "lead" | "createdBy" | "updatedBy" | "followers" | "clients" | "teamUsers"
        | "summonees" => USER,
        "type" => "task",
        "priority" => "normal",
        "status" => "open",
        "resolution" => "fixed",
        "relationship" => "relates",
        _ => return None,
    })
}

impl Draft {
    /// The error says why the request cannot be sent again.
    pub(super) async fn new(known: &mut Known<'_>, recorded: &ExchangeShape) -> Result<Self, String> {
        let mut draft = Self { full: FullExchange::default(), is_made_up: false };
        draft.full.method.clone_from(&recorded.method);
        let path = draft.path(known, recorded).await?;
        let query = draft.query(known, recorded, &path).await?;
        draft.full.target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        draft.headers(known, recorded, &path).await;
        draft.body(known, recorded).await?;
        Ok(draft)
    }

    async fn path(&mut self, known: &mut Known<'_>, recorded: &ExchangeShape) -> Result<String, String> {
        let given = recorded.values.as_ref().map(|full| full.target.split('?').next().unwrap_or_default());
        let mut given = given.into_iter().flat_map(|path| path.split('/').filter(|segment| !segment.is_empty()));
        let segments: Vec<&str> = recorded.path.split('/').filter(|segment| !segment.is_empty()).collect();
        let last = segments.iter().rposition(|segment| segment.contains('#'));
        let mut path = String::new();
        for (index, segment) in segments.iter().enumerate() {
            let literal = given.next();
            let value = match number_in(segment) {
                // The name of a file, which may be any.
                None if segment.starts_with('{') => literal.unwrap_or("recorded").to_owned(),
                None => (*segment).to_owned(),
                Some(number) => {
                    // What is not there must not be made.
                    let is_absent = recorded.answer.status == Some(404) && Some(index) == last;
                    self.id(known, number, &path, literal, is_absent, recorded).await?
                }
            };
            path = format!("{path}/{value}");
        }
        Ok(path)
    }

    /// What an id of a path is here.
    async fn id(
        &mut self,
        known: &mut Known<'_>,
        number: u32,
        before: &str,
        literal: Option<&str>,
        is_absent: bool,
        recorded: &ExchangeShape,
    ) -> Result<String, String> {
        if let Some(own) = known.own_ids.get(&number) {
            return Ok(own.clone());
        }
        if is_absent {
            return Ok(literal.map_or_else(|| absent_id(before).to_owned(), str::to_owned));
        }
        let file = known.file(Some(number));
        let made = known.needs.thing(before, recorded.method == "POST", file).await?;
        let own = made.or_else(|| literal.map(str::to_owned));
        let own = own.ok_or_else(|| format!("there is nothing below {before} that could stand for what was meant"))?;
        known.own_ids.insert(number, own.clone());
        Ok(own)
    }

    async fn query(&mut self, known: &mut Known<'_>, recorded: &ExchangeShape, path: &str) -> Result<String, String> {
        let given = recorded.values.as_ref().and_then(|full| full.target.split_once('?')).map(|(_, query)| query);
        let given: Vec<&str> =
            given.map(|query| query.split('&').filter(|pair| !pair.is_empty()).collect()).unwrap_or_default();
        let mut pairs = Vec::new();
        for (index, (name, shape)) in recorded.query.iter().enumerate() {
            let inner = shape.strip_prefix('<').and_then(|inner| inner.strip_suffix('>'));
            let own = inner.and_then(number_in).and_then(|number| known.own_ids.get(&number).cloned());
            let value = match (inner, own, name.as_str()) {
                (None, ..) => shape.clone(),
                (Some(_), Some(own), _) => own,
                (Some(_), None, "version") => {
                    // A version that was refused is none that is there.
                    let version = known.needs.version(path).await;
                    let is_stale = recorded.answer.status == Some(412);
                    version.filter(|_| !is_stale).unwrap_or_else(|| "999".to_owned())
                }
                (Some(inner), None, _) => {
                    if let Some(pair) = given.get(index) {
                        pairs.push((*pair).to_owned());
                        continue;
                    }
                    let (value, is_free) = query_value(name, inner);
                    self.is_made_up |= !is_free;
                    value
                }
            };
            pairs.push(format!("{name}={value}"));
        }
        Ok(pairs.join("&"))
    }

    async fn headers(&mut self, known: &Known<'_>, recorded: &ExchangeShape, path: &str) {
        let has = |name: &str| header(&recorded.request_headers, name).is_some();
        let is_refused = matches!(recorded.answer.status, Some(400..=403));
        // Where all are without a header, it was removed, unless the answer says that it lacked.
        let is_sent = |name: &str| match name {
            "Authorization" if known.has_authorization => has("authorization") || !is_refused,
            "Authorization" => recorded.answer.status != Some(401),
            _ => has("x-org-id") || has("x-cloud-org-id") || !known.has_organisation || !is_refused,
        };
        let mut headers: Vec<_> = known.needs.headers().into_iter().filter(|(name, _)| is_sent(name)).collect();
        let (given, passed_on) = match &recorded.values {
            Some(full) => (&full.request_headers, &PASSED_ON[..]),
            // A shape of another header is no value of it.
            None => (&recorded.request_headers, &PASSED_ON[..2]),
        };
        headers.extend(given.iter().filter(|(name, _)| passed_on.contains(&name.to_lowercase().as_str())).cloned());
        if has("range") && recorded.values.is_none() {
            headers.push(("range".to_owned(), "bytes=0-3".to_owned()));
        }
        for name in ["if-match", "if-none-match", "if-range"].into_iter().filter(|name| has(name)) {
            let own = match known.tags.get(&recorded.path) {
                // What is changed has a version in place of a tag.
                None if name == "if-match" => known.needs.version(path).await.map(|version| format!("\"{version}\"")),
                tag => tag.cloned(),
            };
            let is_other =
                recorded.answer.status == Some(412) || name == "if-none-match" && recorded.answer.status != Some(304);
            headers.push((name.to_owned(), own.filter(|_| !is_other).unwrap_or_else(|| "\"999\"".to_owned())));
        }
        self.full.request_headers = headers;
    }

    async fn body(&mut self, known: &mut Known<'_>, recorded: &ExchangeShape) -> Result<(), String> {
        let given = recorded.values.as_ref().map(|full| &full.request_body);
        let bytes = match (&recorded.request, given) {
            (BodyShape::Empty, _) => Vec::new(),
            (BodyShape::Unreadable { .. } | BodyShape::Beginning { .. }, given)
                // A refusal may come from what is wrong with it.
                if given.is_some_and(|body| body.is_cut) || given.is_none() && recorded.answer.status < Some(400) =>
            {
                return Err("the recording does not have the whole body of the request".to_owned());
            }
            (BodyShape::Json { .. }, Some(body)) => {
                let mut value: Value = serde_json::from_slice(&body.bytes).map_err(|error| error.to_string())?;
                self.replace(known, "", &mut value).await?;
                value.to_string().into_bytes()
            }
            (_, Some(body)) => body.bytes.clone(),
            (BodyShape::Json { paths } | BodyShape::Beginning { paths }, None) => self.at(known, paths, ROOT).await?.to_string().into_bytes(),
            (BodyShape::Form { parts, closed }, None) => {
                let kind = format!("multipart/form-data; boundary={BOUNDARY}");
                self.full.request_headers.retain(|(name, _)| name != "content-type");
                self.full.request_headers.push(("content-type".to_owned(), kind));
                form(parts, *closed)
            }
            (BodyShape::Other { content } | BodyShape::Unreadable { content }, None) => content_like(content),
        };
        self.full.request_body = Body { bytes, is_cut: false };
        Ok(())
    }

    /// Puts our ids into recorded JSON, and what exists here in place of queues and users.
    async fn replace(&mut self, known: &mut Known<'_>, member: &str, value: &mut Value) -> Result<(), String> {
        match value {
            Value::Object(members) => {
                for (name, value) in members.iter_mut() {
                    Box::pin(self.replace(known, name, value)).await?;
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    Box::pin(self.replace(known, member, element)).await?;
                }
            }
            Value::String(_) | Value::Number(_) if !is_free(member) => {
                let number = text_of(value).and_then(|text| known.ids.known(&text));
                let own = self.leaf(known, member, number, value.is_string()).await?;
                if let Some(own) = own {
                    *value = own;
                }
            }
            Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
        Ok(())
    }

    /// What stands for a value of this member here; `None` if nothing is known that would be better than the value.
    async fn leaf(
        &mut self,
        known: &mut Known<'_>,
        member: &str,
        number: Option<u32>,
        is_text: bool,
    ) -> Result<Option<Value>, String> {
        let own = number.and_then(|number| known.own_ids.get(&number).cloned());
        let made = match (own, member) {
            (Some(own), _) => Some(own),
            (None, "attachmentIds" | "descriptionAttachmentIds") => {
                Some(known.needs.temporary_file(known.file(number)).await?)
            }
            (None, "parent" | "issue" | "epic" | "issues") => Some(known.needs.issue().await?),
            (None, "entity" | "parentEntity" | "primary") => Some(known.needs.entity("project").await?),
            (None, _) => {
                let named = named(member).filter(|name| [QUEUE, USER].contains(name));
                self.is_made_up |= named.is_some();
                named.map(str::to_owned)
            }
        };
        if let Some((number, made)) = number.zip(made.as_ref()) {
            known.own_ids.entry(number).or_insert_with(|| made.clone());
        }
        let as_number = |text: &String| text.parse::<u64>().ok().filter(|_| !is_text).map(|number| json!(number));
        Ok(made.map(|made| as_number(&made).unwrap_or_else(|| json!(made))))
    }

    /// The JSON at one of these paths, with values that are made up.
    async fn at(&mut self, known: &mut Known<'_>, paths: &[JsonPath], at: &str) -> Result<Value, String> {
        let Some(shape) = paths.iter().find(|path| path.path == at) else { return Ok(Value::Null) };
        if shape.types.contains("object") {
            let mut members = Map::new();
            for path in paths.iter().filter(|path| parent(&path.path) == Some(at)) {
                members.insert(path.leaf().to_owned(), Box::pin(self.at(known, paths, &path.path)).await?);
            }
            return Ok(Value::Object(members));
        }
        if shape.types.contains("array") {
            let element = format!("{at}[]");
            let ids = paths.iter().find(|path| path.path == element).map(|path| path.ids.clone()).unwrap_or_default();
            let mut elements = Vec::new();
            for id in ids {
                elements.push(self.value(known, shape.leaf(), "decimal", Some(id)).await?);
            }
            if elements.is_empty() {
                elements.push(Box::pin(self.at(known, paths, &element)).await?);
            }
            return Ok(Value::Array(elements));
        }
        let kind = shape.types.iter().find(|kind| *kind != "null").map_or("null", String::as_str);
        let member = if shape.leaf() == "[]" { parent(at).map_or("", leaf_of) } else { shape.leaf() };
        self.value(known, member, kind, shape.ids.first().copied()).await
    }

    async fn value(
        &mut self,
        known: &mut Known<'_>,
        member: &str,
        kind: &str,
        number: Option<u32>,
    ) -> Result<Value, String> {
        let is_text = kind != "integer";
        if let Some(own) = self.leaf(known, member, number, is_text).await? {
            return Ok(own);
        }
        if let Some(name) = named(member) {
            self.is_made_up = true;
            return Ok(json!(name));
        }
        self.is_made_up |= !is_free(member) && kind != "null" && kind != "array empty";
        Ok(match kind {
            "array empty" => json!([]),
            "null" => Value::Null,
            "boolean" => json!(true),
            "integer" | "number" => json!(1),
            kind => json!(text_like(kind)),
        })
    }
}

/// The number of the id in a shape such as `{key#1}` or `decimal #1`.
fn number_in(segment: &str) -> Option<u32> {
    segment.split_once('#')?.1.trim_end_matches('}').parse().ok()
}

fn leaf_of(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, leaf)| leaf)
}
