//! How JSON answers are written: compact for programs or with line breaks for people, and what they are charged to.

use std::io::Write;
use std::sync::Arc;

use serde::Serialize;

use crate::domain::Budget;

/// How JSON is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As the real service answers.
    #[default]
    Compact,
    /// On one line, which ends with a line break.
    Line,
    /// Indented, each value on a line of its own.
    Indented,
}

impl Layout {
    /// Writes a value. Fails if `writer` fails.
    pub(crate) fn write(self, mut writer: impl Write, value: &impl Serialize) -> serde_json::Result<()> {
        match self {
            Self::Compact => serde_json::to_writer(writer, value),
            Self::Line => {
                serde_json::to_writer(&mut writer, value)?;
                writer.write_all(b"\n").map_err(serde_json::Error::io)
            }
            Self::Indented => {
                serde_json::to_writer_pretty(&mut writer, value)?;
                writer.write_all(b"\n").map_err(serde_json::Error::io)
            }
        }
    }
}

/// How JSON is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writing {
    pub(crate) layout: Layout,
    /// What long answers are charged to while they are written and sent.
    pub(crate) budget: Option<Arc<Budget>>,
}

tokio::task_local! {
    /// How the answer to the current request is written.
    pub(crate) static WRITING: Writing;
}

impl Writing {
    pub(crate) fn current() -> Self {
        WRITING.try_with(Self::clone).unwrap_or_default()
    }
}
