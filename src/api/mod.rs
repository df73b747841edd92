//! The emulated API: the table of its endpoints. One file per resource holds the handlers; the other files are what
//! they share.

mod base_url;
pub(crate) mod call;
pub(crate) mod disposition;
pub(crate) mod endpoint;
pub(crate) mod error;
pub(crate) mod exchange;
pub(crate) mod extract;
pub(crate) mod file_response;
pub(crate) mod injected;
pub(crate) mod interrupted;
pub(crate) mod language;
pub(crate) mod multipart;
pub(crate) mod operation;
pub(crate) mod page;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request_id;
pub(crate) mod routes;

mod catalog;
mod comments;
mod downloads;
mod entities;
mod entity_attachments;
mod error_texts;
mod fields;
mod issue_attachments;
mod issues;
mod queues;
mod relative;
mod temp_files;
mod users;

use axum::http::{Method, Uri};

use self::endpoint::{Endpoint, closest, delete, get, patch, post};
use self::error::ApiError;

/// Every endpoint, below `/v2` and `/v3` alike. A slash at the end is optional on each.
#[rustfmt::skip]
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/attachments/", temp_files::upload_temp_file),
        get("/attachments/{fileId}", temp_files::get_attachment),
        get("/attachments/{fileId}/{name}", downloads::download_file),
        get("/thumbnails/{fileId}", downloads::download_thumbnail),

        post("/entities/{type}", entities::create_entity),
        post("/entities/{type}/_search", entities::search_entities),
        get("/entities/{type}/{id}", entities::get_entity),
        patch("/entities/{type}/{id}", entities::update_entity),
        delete("/entities/{type}/{id}", entities::delete_entity),
        get("/entities/{type}/{id}/events/_relative", entities::list_events),
        get("/entities/{type}/{id}/attachments", entity_attachments::list_entity_files),
        post("/entities/{type}/{id}/attachments/{fileId}", entity_attachments::attach_file),
        get("/entities/{type}/{id}/attachments/{fileId}", entity_attachments::get_entity_file),
        delete("/entities/{type}/{id}/attachments/{fileId}", entity_attachments::delete_entity_file),
        post("/entities/{type}/{id}/comments", comments::add_entity_comment),
        get("/entities/{type}/{id}/comments", comments::list_entity_comments),
        get("/entities/{type}/{id}/comments/_relative", comments::list_entity_comments_relative),
        get("/entities/{type}/{id}/comments/{commentId}", comments::get_entity_comment),
        patch("/entities/{type}/{id}/comments/{commentId}", comments::edit_entity_comment),
        delete("/entities/{type}/{id}/comments/{commentId}", comments::delete_entity_comment),

        post("/issues/", issues::create_issue),
        post("/issues/_search", issues::search_issues),
        post("/issues/_count", issues::count_issues),
        post("/issues/_findByUnique", issues::find_by_unique),
        get("/issues/{key}", issues::get_issue),
        patch("/issues/{key}", issues::update_issue),
        post("/issues/{key}/attachments/", issue_attachments::upload_to_issue),
        get("/issues/{key}/attachments", issue_attachments::list_issue_files),
        post("/issues/{key}/attachments/_import", issue_attachments::import_to_issue),
        get("/issues/{key}/attachments/{fileId}", issue_attachments::get_issue_file),
        delete("/issues/{key}/attachments/{fileId}/", issue_attachments::delete_issue_file),
        get("/issues/{key}/attachments/{fileId}/{name}", issue_attachments::download_issue_file),
        get("/issues/{key}/thumbnails/{fileId}", issue_attachments::download_issue_thumbnail),
        post("/issues/{key}/comments", comments::add_issue_comment),
        get("/issues/{key}/comments", comments::list_issue_comments),
        get("/issues/{key}/comments/_relative", comments::list_issue_comments_relative),
        get("/issues/{key}/comments/{id}", comments::get_issue_comment),
        patch("/issues/{key}/comments/{id}", comments::edit_issue_comment),
        delete("/issues/{key}/comments/{id}", comments::delete_issue_comment),
        post("/issues/{key}/comments/{id}/attachments/_import", issue_attachments::import_to_comment),
        get("/myself", users::get_myself),
        get("/users", users::list_users),
        get("/users/{id}", users::get_user),
        get("/queues", queues::list_queues),
        get("/queues/{key}", queues::get_queue),
        get("/fields", fields::list_fields),
        get("/fields/{id}", fields::get_field),
        get("/fields/categories", fields::list_field_categories),
        get("/fields/categories/{id}", fields::get_field_category),
        get("/priorities", catalog::list_priorities),
        get("/priorities/{id}", catalog::get_priority),
        get("/issuetypes", catalog::list_issue_types),
        get("/issuetypes/{id}", catalog::get_issue_type),
        get("/statuses", catalog::list_statuses),
        get("/statuses/{id}", catalog::get_status),
    ]
}

/// Whatever is no route of any kind.
pub(crate) fn unknown_path(method: &Method, uri: &Uri) -> ApiError {
    let prefix = format!("/{}", base_url::version_of(uri.path()));
    let closest = closest(&prefix, &endpoints(), method, uri.path());
    // CONNECT asks for a host and not for a path.
    let path = if uri.path().is_empty() { uri.to_string() } else { uri.path().to_owned() };
    ApiError::UnknownPath { method: method.clone(), path, closest }
}
