//! The files that a run has left in its world, and where.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Where a file is that nobody has attached.
pub(crate) const TEMPORARY: &str = "temporary";

/// A file, and the place that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeftFile {
    /// Such as `project 4`, `issue JUNE-2`, `a new comment`, or `temporary`.
    pub(crate) place: String,
    pub(crate) name: String,
    pub(crate) bytes: usize,
    #[serde(rename = "sha-256")]
    pub(crate) sha_256: String,
}

impl LeftFile {
    pub(crate) fn is_temporary(&self) -> bool {
        self.place == TEMPORARY
    }

    /// Where it is, after "on" or the like.
    pub(crate) fn whereabouts(&self) -> String {
        if self.is_temporary() { "as a temporary file".to_owned() } else { format!("on {}", self.place) }
    }
}

/// The files that a saved world has and one that was saved before has not.
pub(crate) fn added(before: &str, after: &str) -> Vec<LeftFile> {
    let known = Walk::over(before, HashSet::new()).containers;
    let earlier = Walk::over(before, known.clone()).files;
    without(&Walk::over(after, known).files, &earlier)
}

/// The files of `files` that `others` lacks, each as often as it lacks it.
pub(crate) fn without(files: &[LeftFile], others: &[LeftFile]) -> Vec<LeftFile> {
    let mut others = others.to_vec();
    let is_missing = |file: &&LeftFile| {
        let found = others.iter().position(|other| other == *file);
        found.map(|place| others.swap_remove(place)).is_none()
    };
    files.iter().filter(is_missing).cloned().collect()
}

/// Collects what a saved world holds.
struct Walk {
    known: HashSet<String>,
    containers: HashSet<String>,
    files: Vec<LeftFile>,
}

impl Walk {
    /// Things that have files are called by their names where these are `known`, and `new` elsewhere: their ids need not
    /// be the same in two runs.
    fn over(state: &str, known: HashSet<String>) -> Self {
        let mut walk = Self { known, containers: HashSet::new(), files: Vec::new() };
        let world: Value = serde_json::from_str(state).unwrap_or_default();
        walk.file_list(&world["temporaryFiles"], TEMPORARY);
        for entity in list(&world["entities"]) {
            walk.container(entity, entity["type"].as_str().unwrap_or("entity"), "shortId", "");
        }
        for issue in list(&world["issues"]) {
            walk.container(issue, "issue", "key", "");
        }
        walk
    }

    fn container(&mut self, thing: &Value, kind: &str, id: &str, within: &str) {
        let id = thing[id].as_str().map_or_else(|| thing[id].to_string(), str::to_owned);
        let name = format!("{kind} {id}{within}");
        let is_new = !self.known.is_empty() && !self.known.contains(&name);
        let shown = if is_new { format!("a new {kind}{within}") } else { name.clone() };
        self.containers.insert(name);
        self.file_list(&thing["attachments"], &shown);
        for comment in list(&thing["comments"]) {
            self.container(comment, "comment", "id", &format!(" of {shown}"));
        }
    }

    fn file_list(&mut self, files: &Value, place: &str) {
        for file in list(files) {
            let content = &file["content"];
            let encoded = content["base64"].as_str().and_then(|text| STANDARD.decode(text).ok());
            let bytes = encoded.unwrap_or_else(|| content["text"].as_str().unwrap_or_default().into());
            self.files.push(LeftFile {
                place: place.to_owned(),
                name: file["name"].as_str().unwrap_or_default().to_owned(),
                bytes: bytes.len(),
                sha_256: Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
            });
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = r#"{"temporaryFiles": [], "issues": [{"key": "A-1", "attachments": [
        {"id": "1", "name": "a", "content": {"text": "x"}}], "comments": [{"id": 1, "attachments": []}]}]}"#;
    const AFTER: &str = r#"{"temporaryFiles": [{"id": "2", "name": "t", "content": {"base64": "AAE="}}],
        "entities": [{"type": "project", "shortId": 4, "attachments": []}],
        "issues": [{"key": "A-1", "attachments": [{"id": "1", "name": "a", "content": {"text": "x"}},
            {"id": "3", "name": "a", "content": {"text": "x"}}],
            "comments": [{"id": 1, "attachments": [{"id": "5", "name": "e", "content": {"text": ""}}]},
                {"id": 2, "attachments": [{"id": "4", "name": "c", "content": {"text": "y"}}]}]}]}"#;

    #[test]
    fn what_is_new_is_found_with_its_place() {
        let added = added(BEFORE, AFTER);
        let shown: Vec<_> = added.iter().map(|file| (file.place.as_str(), file.name.as_str(), file.bytes)).collect();
        let expected = [
            (TEMPORARY, "t", 2),
            ("issue A-1", "a", 1),
            ("comment 1 of issue A-1", "e", 0),
            ("a new comment of issue A-1", "c", 1),
        ];
        assert_eq!(shown, expected);
        assert_eq!(added[1].sha_256, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
        assert_eq!(super::added(AFTER, AFTER), []);
    }

    #[test]
    fn files_are_counted() {
        let files = added(BEFORE, AFTER);
        let twice = [&files[..1], &files[..1]].concat();
        assert_eq!(without(&twice, &files), files[..1]);
        assert_eq!(without(&files, &twice), files[1..]);
    }
}
