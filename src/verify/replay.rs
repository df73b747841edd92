//! Sends recorded requests to a fresh world, with the ids that things have there.

use std::collections::HashMap;

use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::Value;

use super::needs::Needs;
use super::request::Draft;
use super::sources::Source;
use crate::drift::exchange::{AnswerShape, BodyShape, ExchangeShape, FullExchange, header};
use crate::drift::json::JsonPath;
use crate::drift::origin::Origin;
use crate::drift::shaper::{SeenIds, Shaper};
use crate::drift::vocabulary::Vocabulary;

/// The world of one file.
pub(super) struct Replay<'a> {
    pub(super) needs: Needs<'a>,
    pub(super) vocabulary: &'a Vocabulary,
    /// The numbers of the ids that the file has.
    pub(super) ids: &'a SeenIds,
    /// What the recorded ids are in our world, by their numbers.
    pub(super) own_ids: HashMap<u32, String>,
    /// Which headers the requests of the file have.
    pub(super) headers: HeadersKept,
    /// The last `ETag` of each path.
    pub(super) tags: HashMap<String, String>,
}

/// Which headers some request of a file has. Those who keep recordings often remove them from all.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeadersKept {
    pub(super) authorization: bool,
    pub(super) organisation: bool,
}

/// Our answer to a recorded request.
pub(super) struct Replayed {
    pub(super) answer: AnswerShape,
    /// Whether the request had to be sent with other values than the recorded one.
    pub(super) is_made_up: bool,
}

impl<'a> Replay<'a> {
    pub(super) fn new(
        origin: &'a Origin<Full<Bytes>>,
        org: String,
        vocabulary: &'a Vocabulary,
        source: &'a Source,
    ) -> Self {
        let has = |name: &str| source.exchanges.iter().any(|one| header(&one.request_headers, name).is_some());
        let organisation = has("x-org-id") || has("x-cloud-org-id");
        let headers = HeadersKept { authorization: has("authorization"), organisation };
        let (own_ids, tags) = (HashMap::new(), HashMap::new());
        Self { needs: Needs { origin, org }, vocabulary, ids: &source.ids, own_ids, headers, tags }
    }

    /// Sends the request of an exchange, and learns from the answer what its ids are here.
    ///
    /// # Errors
    /// Why it cannot be compared.
    pub(super) async fn exchange(&mut self, recorded: &ExchangeShape) -> Result<Replayed, String> {
        if recorded.operation.is_none() {
            return Err("no such operation is emulated".to_owned());
        }
        let Some(status) = recorded.answer.status else { return Err("the recording has no answer".to_owned()) };
        let draft = Draft::new(self, recorded).await?;
        let is_made_up = draft.is_made_up;
        let mut full = draft.full;
        self.needs.origin.exchange(&mut full).await?;
        if full.status == Some(status) {
            self.learn(&recorded.answer.body, &full);
        }
        if let Some(tag) = header(&full.headers, "etag") {
            self.tags.insert(recorded.path.clone(), tag.to_owned());
        }
        let mut ids = SeenIds::default();
        let answer = Shaper::new(self.vocabulary, &mut ids).answer(full.status, &full.headers, &full.body);
        Ok(Replayed { answer, is_made_up })
    }

    /// What stands where a recorded answer has ids that were not seen before.
    fn learn(&mut self, recorded: &BodyShape, full: &FullExchange) {
        let (BodyShape::Json { paths }, Ok(ours)) = (recorded, serde_json::from_slice::<Value>(&full.body.bytes))
        else {
            return;
        };
        for JsonPath { path, ids, .. } in paths {
            for (id, own) in ids.iter().zip(values_at(&ours, path)) {
                self.own_ids.entry(*id).or_insert(own);
            }
        }
    }
}

/// The texts and numbers at a path.
fn values_at(value: &Value, path: &str) -> Vec<String> {
    let mut values = vec![value];
    for step in path.replace("[]", ".[]").split('.').skip(1) {
        values = match step {
            "[]" => values.into_iter().filter_map(Value::as_array).flatten().collect(),
            name => values.into_iter().filter_map(|value| value.get(name)).collect(),
        };
    }
    values.into_iter().filter_map(text_of).collect()
}

/// A text or a number, as text.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_found_by_their_path() {
        let value = json!([{"id": "7", "by": {"id": 1}}, {"id": "8"}]);
        assert_eq!(values_at(&value, "$[].id"), ["7", "8"]);
        assert_eq!(values_at(&value, "$[].by.id"), ["1"]);
        assert_eq!(values_at(&json!("x"), "$"), ["x"]);
        assert_eq!(values_at(&value, "$.id"), Vec::<String>::new());
    }
}
