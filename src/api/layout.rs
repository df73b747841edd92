//! How the JSON of an answer is laid out: without a byte too many for clients, with line breaks for people.

use std::io::Write;

use serde::Serialize;

tokio::task_local! {
    /// That of the answer to the request.
    static LAYOUT: Layout;
}

/// A layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As the real service answers.
    #[default]
    Compact,
    /// In one line, with its line break.
    Line,
    /// Each value on a line.
    Indented,
}

impl Layout {
    /// That of the answer that is written now.
    pub(crate) fn current() -> Self {
        LAYOUT.try_with(|layout| *layout).unwrap_or_default()
    }

    /// Has `answering` write in this layout.
    pub(crate) async fn scope<F: Future>(self, answering: F) -> F::Output {
        LAYOUT.scope(self, answering).await
    }

    /// The same, on a thread of its own.
    pub(crate) fn scope_sync<R>(self, answer: impl FnOnce() -> R) -> R {
        LAYOUT.sync_scope(self, answer)
    }

    /// Writes a value. Fails as `writer`.
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
