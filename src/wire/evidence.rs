//! The tables of `docs/fidelity.md`, read as data.

use schemars::JsonSchema;
use serde::Serialize;

named! {
    /// How a behaviour is known.
    #[derive(Serialize, JsonSchema)]
    pub(crate) enum Class {
        /// From the two reference pages that the product implements.
        S = "S",
        /// From another page of the public reference, or from its clients.
        P = "P",
        /// From an answer of the real service that somebody recorded.
        C = "C",
        /// It is a decision, because the documents are silent.
        D = "D",
    }
}

/// A row of a table, in Markdown as it is written there.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EvidenceRecord<'a> {
    /// The heading that it stands below.
    pub section: &'a str,
    /// What it is about.
    pub behaviour: &'a str,
    /// What is done.
    pub what_we_do: &'a str,
    /// Why that.
    pub why: &'a str,
    /// How it is known.
    pub class: Class,
    /// The page of the reference, the section of the contract, or `here`.
    pub source: &'a str,
    /// The tests that hold it, as `file.rs::name`.
    pub tests: Vec<&'a str>,
}

impl<'a> EvidenceRecord<'a> {
    /// Every row of a document, in its order. Lines of another form are no rows.
    pub(crate) fn all_of(document: &'a str) -> Vec<Self> {
        let mut section = "";
        let mut rows = Vec::new();
        for line in document.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                section = heading;
            }
            rows.extend(Self::of_line(line, section));
        }
        rows
    }

    fn of_line(line: &'a str, section: &'a str) -> Option<Self> {
        let mut cells = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim);
        let mut cell = || cells.next();
        let (behaviour, what_we_do, why) = (cell()?, cell()?, cell()?);
        let (class, source, tests) = (Class::parse(cell()?)?, cell()?, cell()?);
        let tests = tests.split(", ").map(|name| name.trim_matches('`')).collect();
        Some(Self { section, behaviour, what_we_do, why, class, source, tests })
    }
}
