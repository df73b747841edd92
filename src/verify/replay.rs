//! Sends recorded requests to a fresh world, with the ids that things have there.

use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::Value;

use super::needs::{Needs, text_of};
use super::request::{Draft, Known};
use super::sources::Source;
use crate::drift::{
    AnswerShape, BodyShape, ExchangeShape, FullExchange, JsonPath, Origin, SeenIds, Shaper, Vocabulary, header,
};

/// The requests of one file, and the world that they go to.
pub(super) struct Replay<'a> {
    known: Known<'a>,
    vocabulary: &'a Vocabulary,
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
        Self { known: Known::new(Needs { origin, org }, source), vocabulary }
    }

    /// Sends the request of an exchange, and learns from the answer what its ids are here. The error says why it cannot
    /// be compared.
    pub(super) async fn exchange(&mut self, recorded: &ExchangeShape) -> Result<Replayed, String> {
        if recorded.operation.is_none() {
            return Err("no such operation is emulated".to_owned());
        }
        let Some(status) = recorded.answer.status else { return Err("the recording has no answer".to_owned()) };
        let draft = Draft::new(&mut self.known, recorded).await?;
        let is_made_up = draft.is_made_up;
        let mut full = draft.full;
        self.known.needs.origin.exchange(&mut full).await?;
        if full.status == Some(status) {
            self.learn(&recorded.answer.body, &full);
        }
        if let Some(tag) = header(&full.headers, "etag") {
            self.known.tags.insert(recorded.path.clone(), tag.to_owned());
        }
        let mut ids = SeenIds::default();
        let answer = Shaper::new(self.vocabulary, &mut ids).answer(full.status, &full.headers, &full.body);
        Ok(Replayed { answer, is_made_up })
    }

    /// What stands where a recorded answer has ids that were not seen before.
    fn learn(&mut self, recorded: &BodyShape, full: &FullExchange) {
        let (BodyShape::Json { paths } | BodyShape::Beginning { paths }, Ok(ours)) =
            (recorded, serde_json::from_slice::<Value>(&full.body.bytes))
        else {
            return;
        };
        for JsonPath { path, ids, .. } in paths {
            for (id, own) in ids.iter().zip(values_at(&ours, path)) {
                self.known.own_ids.entry(*id).or_insert(own);
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
