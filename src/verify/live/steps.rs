//! The walk, which `steps.json` has: what is asked for, one exchange after the other. The first steps are gates: they make
//! nothing, and say whether the rest can be done.
//!
//! `<name>` in a path, a header or a body stands for a value. `issue`, `project`, `nowhere` (an issue that does not exist)
//! and `mark` (a word in all that this walk makes) are there from the start, and `temporaries` are the ids of all temporary
//! files that there are, with commas; the others come from earlier answers.

use serde::Deserialize;

/// A small picture.
pub(super) const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x03\x08\x02\0\0\0;\x969\x91\0\0\0\x10IDATx\xdacPH8\
\0G\x0c89\0\x1d6\x0f\x01{\ne\x97\0\0\0\0IEND\xaeB`\x82";
pub(super) const TEXT: &[u8] = b"tracker-mock compares two servers.\n";
/// What a form has for its boundary.
pub(super) const BOUNDARY: &str = "tracker-mock-verify";

/// A thing that a step makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Thing {
    TemporaryFile,
    IssueFile,
    Comment,
    ProjectFile,
}

impl Thing {
    pub(super) const ALL: [Self; 4] = [Self::TemporaryFile, Self::IssueFile, Self::Comment, Self::ProjectFile];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TemporaryFile => "temporary file",
            Self::IssueFile => "file of the issue",
            Self::Comment => "comment on the issue",
            Self::ProjectFile => "file of the project",
        }
    }

    /// Where all of them are listed; `None` where nothing lists them, and nothing deletes them.
    pub(super) fn list(self) -> Option<&'static str> {
        match self {
            Self::TemporaryFile => None,
            Self::IssueFile => Some("/issues/<issue>/attachments"),
            Self::Comment => Some("/issues/<issue>/comments"),
            Self::ProjectFile => Some("/entities/project/<project>/attachments"),
        }
    }

    /// Whether it is there only with a project.
    pub(super) fn is_of_project(self) -> bool {
        self == Self::ProjectFile
    }
}

/// What a request carries.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Payload {
    #[default]
    Nothing,
    /// Sent as JSON, whatever it is.
    Json(String),
    /// A form with one part, which is a text: what follows `form-data` in its disposition.
    Text(String),
    /// The same with a picture.
    Picture(String),
    /// The same with no bytes.
    Empty(String),
    /// Bytes of no type.
    Untyped,
}

/// One exchange.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    #[serde(default)]
    pub(super) headers: Vec<(&'static str, &'static str)>,
    /// The header that it goes without.
    pub(super) without: Option<&'static str>,
    #[serde(default)]
    pub(super) content: Payload,
    /// The values that its answer gives, each by its place: a JSON pointer, or the name of a header.
    #[serde(default)]
    pub(super) saves: Vec<(&'static str, &'static str)>,
    /// What it makes, or would, whose id is the first of these values.
    pub(super) makes: Option<Thing>,
    /// The temporary file that it makes another thing of. A comment takes the others too.
    pub(super) uses: Option<&'static str>,
    /// Whether the walk ends if this is refused.
    #[serde(default)]
    pub(super) is_gate: bool,
}

impl Step {
    /// Whether it is meant to make something, and not to be refused.
    pub(super) fn is_making(&self) -> bool {
        self.makes.is_some() && !self.saves.is_empty()
    }

    /// Whether it needs a project.
    fn is_of_project(&self) -> bool {
        self.path.contains("<project") || self.saves.iter().any(|(name, _)| name.starts_with("project"))
    }
}

/// The steps of a walk, in their order.
pub(super) fn steps(with_project: bool) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = serde_json::from_str(include_str!("steps.json")).map_err(|error| error.to_string())?;
    steps.retain(|step| with_project || !step.is_of_project());
    Ok(steps)
}

/// A text with values in its places. The error is the place that has none.
pub(super) fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, place, after)) = rest
        .split_once('<')
        .and_then(|(before, after)| after.split_once('>').map(|(place, after)| (before, place, after)))
    {
        filled += before;
        filled += &value(place).ok_or(place)?;
        rest = after;
    }
    Ok(filled + rest)
}
