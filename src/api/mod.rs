//! The emulated API: the table of its endpoints. One file per resource holds the handlers; the other files are what
//! they share.

mod disposition;
pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod extract;
pub(crate) mod language;
pub(crate) mod multipart;
pub(crate) mod page;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request_id;

mod entities;
mod entity_attachments;
mod error_texts;
mod temp_files;

use axum::Router;
use axum::extract::OriginalUri;
use axum::http::Method;

use self::endpoint::{Endpoint, closest, get, post};
use self::error::ApiError;
use crate::app::AppState;

/// Every endpoint, below `/v2` and `/v3` alike. A slash at the end is optional on each.
#[rustfmt::skip]
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/attachments/", temp_files::upload_temp_file),
        get("/entities/{type}/{id}", entities::get_entity),
        post("/entities/{type}/{id}/attachments/{fileId}", entity_attachments::attach_file),
    ]
}

/// The routes, without a version in front.
pub(crate) fn router() -> Router<AppState> {
    endpoint::router(endpoints())
}

/// Whatever is no route of any kind.
pub(crate) async fn unknown_path(method: Method, OriginalUri(uri): OriginalUri) -> ApiError {
    let closest = closest("/v2", &endpoints(), &method, uri.path());
    ApiError::UnknownPath { method, path: uri.path().to_owned(), closest }
}
