//! The differences that are known: each has its row in `docs/fidelity.md`.

use super::compare::{Drifted, What};
use super::exchange::{AnswerShape, BodyShape};

/// A difference, and the row that tells of it.
struct KnownDrift {
    row: &'static str,
    fits: fn(&Drifted, &AnswerShape) -> bool,
}

/// Each by what differs and by the answer of the real service.
const KNOWN: [KnownDrift; 9] = [
    KnownDrift {
        row: "Always JSON",
        fits: |drifted, theirs| {
            let is_text = matches!(theirs.body, BodyShape::Other { .. });
            theirs.status == Some(401)
                && is_text
                && (drifted.what == What::Body || drifted.what == What::Header && drifted.at == "content-type")
        },
    },
    KnownDrift { row: "Meaning of a token", fits: |drifted, _| is_refused_there_alone(drifted, "401") },
    KnownDrift { row: "Permissions", fits: |drifted, _| is_refused_there_alone(drifted, "403") },
    KnownDrift { row: "Presets", fits: |drifted, _| drifted.what == What::Status && drifted.theirs == "429" },
    KnownDrift {
        row: "Shape",
        fits: |drifted, _| {
            drifted.what == What::Missing && ["$.errorsData", "$.errorCode"].contains(&drifted.at.as_str())
        },
    },
    KnownDrift {
        row: "Pages of the history",
        fits: |drifted, _| drifted.what == What::Extra && drifted.at == "$.hasPrev",
    },
    KnownDrift {
        row: "Switches of a queue",
        fits: |drifted, _| drifted.what == What::Missing && drifted.at.ends_with(".issueTypesConfig"),
    },
    KnownDrift {
        row: "No mime type",
        fits: |drifted, _| {
            let is_none = drifted.theirs.starts_with("text ");
            drifted.what == What::Type && drifted.at.ends_with(".mimetype") && is_none
        },
    },
    KnownDrift {
        row: "What an image is",
        fits: |drifted, theirs| {
            let is_extra = drifted.what == What::Extra && ["$.thumbnail", "$.metadata"].contains(&drifted.at.as_str());
            is_extra && !is_declared_as_image(theirs)
        },
    },
];

/// The row of `docs/fidelity.md` that tells of a difference.
pub(crate) fn row_of(drifted: &Drifted, theirs: &AnswerShape) -> Option<&'static str> {
    KNOWN.iter().find(|known| (known.fits)(drifted, theirs)).map(|known| known.row)
}

/// Whether the service refuses, with this status, what succeeds here.
fn is_refused_there_alone(drifted: &Drifted, status: &str) -> bool {
    drifted.what == What::Status && drifted.theirs == status && drifted.ours.starts_with('2')
}

fn is_declared_as_image(answer: &AnswerShape) -> bool {
    let BodyShape::Json { paths } = &answer.body else { return false };
    let mut types = paths.iter().filter(|path| path.path == "$.mimetype").flat_map(|path| &path.types);
    types.any(|kind| kind.starts_with("image/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_row() {
        let document = include_str!("../../docs/fidelity.md");
        for KnownDrift { row, .. } in &KNOWN {
            assert!(document.contains(&format!("\n| {row} | ")), "no row {row}");
        }
    }
}
