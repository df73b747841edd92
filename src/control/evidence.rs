//! `docs/fidelity.md` as data: what is emulated, how, and on what evidence.

use std::sync::LazyLock;

use super::call::*;
use crate::wire::{Class, EvidenceRecord};

const CLASS: Parameter = Parameter::new("class", Kind::OneOf { known: Class::NAMES }, "The class that is meant.");

/// The document of this version.
const DOCUMENT: &str = include_str!("../../docs/fidelity.md");

static ROWS: LazyLock<Vec<EvidenceRecord<'static>>> = LazyLock::new(|| EvidenceRecord::all_of(DOCUMENT));

pub(super) const LIST_EVIDENCE: Operation =
    Operation::get("list_evidence", "/_mock/evidence", "The table of docs/fidelity.md")
        .list::<EvidenceRecord<'_>>()
        .query(&[CLASS]);

pub(super) async fn list_evidence(call: ControlCall, _: EmptyBody) -> ApiResult {
    let class = choice(&call.query, &CLASS)?.and_then(Class::parse);
    let rows: Vec<_> = ROWS.iter().filter(|row| class.is_none_or(|class| row.class == class)).collect();
    ok_json(&rows)
}
