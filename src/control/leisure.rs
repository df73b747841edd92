//! Work that takes longer than a thread that answers requests should be held up.

use crate::api::{ApiError, ApiResult, WRITING, Writing};
use crate::control::bench::Bench;

/// Works off the threads that answer requests: a record of the journal may take long to work out, because the files of
/// uploads are hashed then, and so may the document of a world.
pub(super) async fn at_leisure<R: Send + 'static>(
    bench: Bench,
    work: impl FnOnce(&Bench) -> ApiResult<R> + Send + 'static,
) -> ApiResult<R> {
    let writing = Writing::current();
    let work = tokio::task::spawn_blocking(move || WRITING.sync_scope(writing, || work(&bench)));
    work.await.map_err(|error| ApiError::internal(&error))?
}
