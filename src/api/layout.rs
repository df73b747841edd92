//! The layout of JSON answers: compact for programs, with line breaks for people.

use std::io::Write;

use serde::Serialize;

tokio::task_local! {
    /// The layout of the answer to the current request.
    static LAYOUT: Layout;
}

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
    /// The layout of the answer that is being written.
    pub(crate) fn current() -> Self {
        LAYOUT.try_with(|layout| *layout).unwrap_or_default()
    }

    /// Runs `answering`, which writes in this layout.
    pub(crate) async fn scope<F: Future>(self, answering: F) -> F::Output {
        LAYOUT.scope(self, answering).await
    }

    /// The same for a closure on another thread.
    pub(crate) fn scope_sync<R>(self, answer: impl FnOnce() -> R) -> R {
        LAYOUT.sync_scope(self, answer)
    }

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
