//! Work on an answer that takes longer than a thread that answers requests should be held up.

use crate::api::error::{ApiError, ApiResult};
use crate::api::layout::Layout;
use crate::api::reply::charged_to_sync;
use crate::control::bench::Bench;

/// Reads the journal off the threads that answer requests, because a record may take long to work out: the files of
/// uploads are hashed then.
pub(super) async fn at_leisure(bench: Bench, read: impl FnOnce(&Bench) -> ApiResult + Send + 'static) -> ApiResult {
    let layout = Layout::current();
    let read = move || charged_to_sync(bench.api.budget(), || layout.scope_sync(|| read(&bench)));
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|error| ApiError::internal(&error))?
}
