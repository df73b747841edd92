//! The table of the emulated API's endpoints, and the router made of it.

use std::sync::LazyLock;

use axum::http::{Method, Uri};

use super::{
    Api, ApiError, Endpoint, Operation, Table, VERSIONS, catalog, changelog, checklists, comments, downloads, endpoint,
    entities, entity_attachments, entity_links, fields, issue_attachments, issue_links, issues, queues, reactions,
    temp_files, transitions, users, version_of,
};
use crate::domain::Catalog;

/// Every endpoint of the emulated API: its operation and its handler.
#[rustfmt::skip]
pub(crate) fn endpoints() -> Vec<Endpoint<Api>> {
    vec![
        endpoint(&temp_files::UPLOAD_TEMP_FILE, temp_files::upload_temp_file),
        endpoint(&temp_files::GET_ATTACHMENT, temp_files::get_attachment),
        endpoint(&downloads::DOWNLOAD_FILE, downloads::download_file),
        endpoint(&downloads::DOWNLOAD_THUMBNAIL, downloads::download_thumbnail),

        endpoint(&entities::CREATE_ENTITY, entities::create_entity),
        endpoint(&entities::SEARCH_ENTITIES, entities::search_entities),
        endpoint(&entities::GET_ENTITY, entities::get_entity),
        endpoint(&entities::UPDATE_ENTITY, entities::update_entity),
        endpoint(&entities::DELETE_ENTITY, entities::delete_entity),
        endpoint(&entities::LIST_EVENTS, entities::list_events),
        endpoint(&entity_attachments::LIST_ENTITY_FILES, entity_attachments::list_entity_files),
        endpoint(&entity_attachments::ATTACH_FILE, entity_attachments::attach_file),
        endpoint(&entity_attachments::GET_ENTITY_FILE, entity_attachments::get_entity_file),
        endpoint(&entity_attachments::DELETE_ENTITY_FILE, entity_attachments::delete_entity_file),
        endpoint(&entity_links::LIST_ENTITY_LINKS, entity_links::list_entity_links),
        endpoint(&entity_links::ADD_ENTITY_LINKS, entity_links::add_entity_links),
        endpoint(&entity_links::DELETE_ENTITY_LINK, entity_links::delete_entity_link),
        endpoint(&checklists::ADD_ENTITY_CHECKLIST_ITEMS, checklists::add_entity_checklist_items),
        endpoint(&checklists::EDIT_ENTITY_CHECKLIST, checklists::edit_entity_checklist),
        endpoint(&checklists::DELETE_ENTITY_CHECKLIST, checklists::delete_entity_checklist),
        endpoint(&checklists::EDIT_ENTITY_CHECKLIST_ITEM, checklists::edit_entity_checklist_item),
        endpoint(&checklists::DELETE_ENTITY_CHECKLIST_ITEM, checklists::delete_entity_checklist_item),
        endpoint(&checklists::MOVE_ENTITY_CHECKLIST_ITEM, checklists::move_entity_checklist_item),
        endpoint(&comments::ADD_ENTITY_COMMENT, comments::add_comment),
        endpoint(&comments::LIST_ENTITY_COMMENTS, comments::list_comments),
        endpoint(&comments::LIST_ENTITY_COMMENTS_RELATIVE, comments::list_comments_relative),
        endpoint(&comments::GET_ENTITY_COMMENT, comments::get_comment),
        endpoint(&comments::EDIT_ENTITY_COMMENT, comments::edit_comment),
        endpoint(&comments::DELETE_ENTITY_COMMENT, comments::delete_comment),

        endpoint(&issues::CREATE_ISSUE, issues::create_issue),
        endpoint(&issues::IMPORT_ISSUE, issues::import_issue),
        endpoint(&issues::SEARCH_ISSUES, issues::search_issues),
        endpoint(&issues::COUNT_ISSUES, issues::count_issues),
        endpoint(&issues::FIND_BY_UNIQUE, issues::find_by_unique),
        endpoint(&issues::GET_ISSUE, issues::get_issue),
        endpoint(&issues::UPDATE_ISSUE, issues::update_issue),
        endpoint(&transitions::LIST_TRANSITIONS, transitions::list_transitions),
        endpoint(&transitions::GET_TRANSITION, transitions::get_transition),
        endpoint(&transitions::EXECUTE_TRANSITION, transitions::execute_transition),
        endpoint(&changelog::LIST_CHANGELOG, changelog::list_changelog),
        endpoint(&changelog::GET_CHANGE, changelog::get_change),
        endpoint(&issue_links::LIST_ISSUE_LINKS, issue_links::list_issue_links),
        endpoint(&issue_links::ADD_ISSUE_LINK, issue_links::add_issue_link),
        endpoint(&issue_links::GET_ISSUE_LINK, issue_links::get_issue_link),
        endpoint(&issue_links::DELETE_ISSUE_LINK, issue_links::delete_issue_link),
        endpoint(&checklists::LIST_CHECKLIST, checklists::list_checklist),
        endpoint(&checklists::ADD_CHECKLIST_ITEM, checklists::add_checklist_item),
        endpoint(&checklists::DELETE_CHECKLIST, checklists::delete_checklist),
        endpoint(&checklists::EDIT_CHECKLIST_ITEM, checklists::edit_checklist_item),
        endpoint(&checklists::DELETE_CHECKLIST_ITEM, checklists::delete_checklist_item),
        endpoint(&issue_attachments::UPLOAD_TO_ISSUE, issue_attachments::upload_to_issue),
        endpoint(&issue_attachments::LIST_ISSUE_FILES, issue_attachments::list_issue_files),
        endpoint(&issue_attachments::IMPORT_TO_ISSUE, issue_attachments::import_to_issue),
        endpoint(&issue_attachments::GET_ISSUE_FILE, issue_attachments::get_issue_file),
        endpoint(&issue_attachments::DELETE_ISSUE_FILE, issue_attachments::delete_issue_file),
        endpoint(&issue_attachments::DOWNLOAD_ISSUE_FILE, issue_attachments::download_issue_file),
        endpoint(&issue_attachments::DOWNLOAD_ISSUE_THUMBNAIL, issue_attachments::download_issue_thumbnail),
        endpoint(&comments::ADD_ISSUE_COMMENT, comments::add_comment),
        endpoint(&comments::IMPORT_COMMENT, comments::import_comment),
        endpoint(&comments::LIST_ISSUE_COMMENTS, comments::list_comments),
        endpoint(&comments::LIST_ISSUE_COMMENTS_RELATIVE, comments::list_comments_relative),
        endpoint(&comments::GET_ISSUE_COMMENT, comments::get_comment),
        endpoint(&comments::EDIT_ISSUE_COMMENT, comments::edit_comment),
        endpoint(&comments::DELETE_ISSUE_COMMENT, comments::delete_comment),
        endpoint(&reactions::ADD_REACTION, reactions::add_reaction),
        endpoint(&reactions::DELETE_REACTION, reactions::delete_reaction),
        endpoint(&issue_attachments::IMPORT_TO_COMMENT, issue_attachments::import_to_comment),
        endpoint(&users::GET_MYSELF, users::get_myself),
        endpoint(&users::LIST_USERS, users::list_users),
        endpoint(&users::GET_USER, users::get_user),
        endpoint(&queues::LIST_QUEUES, queues::list_queues),
        endpoint(&queues::GET_QUEUE, queues::get_queue),
        endpoint(&fields::LIST_FIELDS, fields::list_fields),
        endpoint(&fields::GET_FIELD, fields::get_field),
        endpoint(&fields::LIST_FIELD_CATEGORIES, fields::list_field_categories),
        endpoint(&fields::GET_FIELD_CATEGORY, fields::get_field_category),
        endpoint(&catalog::LIST_PRIORITIES, catalog::list(Catalog::Priorities)),
        endpoint(&catalog::GET_PRIORITY, catalog::get(Catalog::Priorities)),
        endpoint(&catalog::LIST_ISSUE_TYPES, catalog::list(Catalog::IssueTypes)),
        endpoint(&catalog::GET_ISSUE_TYPE, catalog::get(Catalog::IssueTypes)),
        endpoint(&catalog::LIST_STATUSES, catalog::list(Catalog::Statuses)),
        endpoint(&catalog::GET_STATUS, catalog::get(Catalog::Statuses)),
        endpoint(&catalog::LIST_RESOLUTIONS, catalog::list(Catalog::Resolutions)),
        endpoint(&catalog::GET_RESOLUTION, catalog::get(Catalog::Resolutions)),
        endpoint(&issue_links::LIST_LINK_TYPES, issue_links::list_link_types),
        endpoint(&issue_links::GET_LINK_TYPE, issue_links::get_link_type),
    ]
}

/// The table, with every path under each version.
pub(crate) static TABLE: LazyLock<Table<Api>> = LazyLock::new(|| Table::new(&VERSIONS, endpoints()));

/// Every operation of the emulated API, in the order of the table.
pub(crate) fn operations() -> &'static [&'static Operation] {
    &TABLE.operations
}

/// The operation of this name.
pub(crate) fn by_name(name: &str) -> Option<&'static Operation> {
    operations().iter().copied().find(|operation| operation.name == name)
}

/// What people look for where servers usually have it, and where it is here.
const ELSEWHERE: [(&str, &str); 5] = [
    ("/", "/_mock/"),
    ("/health", "/_mock/health"),
    ("/healthz", "/_mock/health"),
    ("/metrics", "/_mock/metrics"),
    ("/openapi.json", "/_mock/openapi.json"),
];

/// The error for a path that no endpoint has.
pub(crate) fn unknown_path(method: Method, uri: &Uri) -> ApiError {
    if let Some((path, elsewhere)) = ELSEWHERE.into_iter().find(|(path, _)| uri.path() == *path) {
        return ApiError::UnknownPath { method, path: path.to_owned(), closest: format!("GET {elsewhere}") };
    }
    TABLE.unknown_path(&format!("/{}", version_of(uri.path()).as_str()), method, uri)
}

/// The path of every endpoint, under each version, with `{placeholders}` for its variable parts.
pub(crate) fn documented_paths() -> impl Iterator<Item = String> {
    let below = |version| operations().iter().map(move |operation| format!("{version}{}", operation.path));
    VERSIONS.into_iter().flat_map(below)
}

/// The path of the endpoint that a pattern most likely means, for error messages.
pub(crate) fn closest_path(pattern: &str) -> String {
    let below = pattern.strip_prefix("/*").filter(|rest| rest.starts_with('/')).unwrap_or(pattern);
    let closest = TABLE.closest(&format!("/{}", version_of(pattern).as_str()), &Method::GET, below);
    closest.map_or_else(String::new, |(_, path)| path)
}

#[cfg(test)]
mod tests;
