//! The files that exchanges come from: recordings of ours, HTTP archives, and cassettes of vcrpy.

mod archive;
mod cassette;

use std::path::Path;

use serde_json::Value;
use tracker_mock::testing::mark_bytes;

use crate::drift::{ExchangeShape, FullExchange, SeenIds, Shaper, Vocabulary};

/// The exchanges of a file, in their order.
pub(super) struct Source {
    pub(super) exchanges: Vec<ExchangeShape>,
    /// The numbers of the ids in them, where the file has the ids.
    pub(super) ids: SeenIds,
    /// How many exchanges were with other servers.
    pub(super) others: usize,
}

/// Reads a file of any of the kinds. Fails if it cannot be read, or is of none of them.
pub(super) fn read(file: &Path, vocabulary: &Vocabulary) -> Result<Source, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", file.display()))?;
    let text = &text[mark_bytes(&text)..];
    let of_file = |reason: String| format!("{}: {reason}", file.display());
    let full = match serde_json::from_str::<Value>(text) {
        Ok(document) if document.get("log").is_some() => archive::exchanges(&document).map_err(of_file)?,
        Ok(document) if document.get("format").is_none() => cassette::exchanges(text).map_err(of_file)?,
        Ok(_) => return recording(text, vocabulary).map_err(of_file),
        Err(_) if text.starts_with('{') => return recording(text, vocabulary).map_err(of_file),
        Err(_) => cassette::exchanges(text).map_err(of_file)?,
    };
    Ok(shaped(full, vocabulary))
}

/// A recording, whose lines are exchanges.
fn recording(text: &str, vocabulary: &Vocabulary) -> Result<Source, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(index, line)| ExchangeShape::read(line).map_err(|reason| format!("line {}: {reason}", index + 1));
    let exchanges: Vec<ExchangeShape> = lines.map(read).collect::<Result<_, _>>()?;
    if exchanges.iter().all(|exchange| exchange.values.is_some()) {
        return Ok(shaped(exchanges.into_iter().filter_map(|exchange| exchange.values).collect(), vocabulary));
    }
    Ok(Source { exchanges, ids: SeenIds::default(), others: 0 })
}

fn shaped(full: Vec<FullExchange>, vocabulary: &Vocabulary) -> Source {
    let mut ids = SeenIds::default();
    let is_of_the_api = |full: &FullExchange| ["/v2/", "/v3/"].iter().any(|version| full.target.starts_with(version));
    let (full, others): (Vec<_>, Vec<_>) = full.into_iter().partition(is_of_the_api);
    let exchanges = full.into_iter().map(|full| {
        let mut shape = Shaper::new(vocabulary, &mut ids).exchange(&full);
        shape.values = Some(full);
        shape
    });
    let exchanges = exchanges.collect();
    Source { exchanges, ids, others: others.len() }
}
