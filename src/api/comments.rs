//! Comments of entities and of issues, which differ in their path only.

use axum::extract::State;
use axum::http::header::LINK;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use compact_str::CompactString;

use super::entities::entity_type;
use super::error::ApiError;
use super::extract::{Caller, ExpectedVersion, JsonBody, NoBody, Segments};
use super::page::{DEFAULT_PER_PAGE, MAX_PAGE, MAX_PER_PAGE, TOTAL_COUNT, TOTAL_PAGES};
use super::query::Query;
use super::relative::Relative;
use super::reply::json;
use crate::app::AppState;
use crate::domain::comment::{Comment, Comments, EditComment, NewComment, Thread};
use crate::domain::entity::EntityType;
use crate::domain::error::Error;
use crate::domain::world::World;
use crate::wire::comment::{CommentBody, CommentsPart};
use crate::wire::input::{attachment_ids, filled_text, list, optional, required, user};

/// What a path says is commented on.
#[derive(Debug)]
enum Target {
    Entity(EntityType, CompactString),
    Issue(CompactString),
}

impl Target {
    fn entity((kind, id): (&str, CompactString)) -> Result<Self, ApiError> {
        Ok(Self::Entity(entity_type(kind)?, id))
    }

    fn thread(&self, world: &World) -> Result<Thread, Error> {
        match self {
            Self::Entity(kind, id) => world.entity(*kind, id).map(|entity| Thread::Entity(entity.id())),
            Self::Issue(id) => world.issue(id).map(|issue| Thread::Issue(issue.id)),
        }
    }

    /// The path below the version, for links.
    fn path(&self) -> String {
        match self {
            Self::Entity(kind, id) => format!("/entities/{kind}/{id}/comments"),
            Self::Issue(id) => format!("/issues/{id}/comments"),
        }
    }
}

/// `POST /v2/issues/{key}/comments`
///
/// Reference: `issues/add-comment`.
pub(super) async fn add_issue_comment(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue]): Segments<1>,
    query: Query,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    add(&state, &caller, &Target::Issue(issue), &query, &JsonBody(body))
}

/// `POST /v2/entities/{type}/{id}/comments`
///
/// Reference: `entities/comments/add-comment`.
///
/// Differs: nobody is notified, and `isAddToFollowers` has no effect.
pub(super) async fn add_entity_comment(
    State(state): State<AppState>,
    caller: Caller,
    Segments([kind, id]): Segments<2>,
    query: Query,
    body: JsonBody,
) -> Result<Response, ApiError> {
    add(&state, &caller, &Target::entity((&kind, id))?, &query, &body)
}

fn add(
    state: &AppState,
    caller: &Caller,
    target: &Target,
    query: &Query,
    body: &JsonBody,
) -> Result<Response, ApiError> {
    let view = query.comment_view()?;
    query.notify_options()?;
    state.worlds().write(&caller.org, |world| {
        let thread = target.thread(world)?;
        let new = NewComment {
            text: required(&body.0, "text", filled_text)?,
            attachment_ids: attachment_ids(&body.0)?,
            summonees: optional(&body.0, "summonees", |all| list(all, |one| user(one, world)))?.unwrap_or_default(),
        };
        let number = world.add_comment(thread, new, &caller.actor)?;
        let comment = world.comment(thread, &number.to_string())?;
        Ok(json(StatusCode::CREATED, &CommentBody::new(comment, thread, world, view, &caller.links)))
    })
}

/// `GET /v2/issues/{key}/comments`
///
/// Reference: `issues/get-comments`.
pub(super) async fn list_issue_comments(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue]): Segments<1>,
    query: Query,
    _: NoBody,
) -> Result<Response, ApiError> {
    list_comments(&state, &caller, &Target::Issue(issue), &query)
}

/// `GET /v2/entities/{type}/{id}/comments`
///
/// Reference: `entities/comments/get-all-comments`.
pub(super) async fn list_entity_comments(
    State(state): State<AppState>,
    caller: Caller,
    Segments([kind, id]): Segments<2>,
    query: Query,
    _: NoBody,
) -> Result<Response, ApiError> {
    list_comments(&state, &caller, &Target::entity((&kind, id))?, &query)
}

/// `perPage` comments after the one that `?id=` names; `Link` leads to the rest by the same cursor.
fn list_comments(state: &AppState, caller: &Caller, target: &Target, query: &Query) -> Result<Response, ApiError> {
    let view = query.comment_view()?;
    let per_page = query.positive("perPage", MAX_PER_PAGE)?.unwrap_or(DEFAULT_PER_PAGE);
    let page = query.positive("page", MAX_PAGE)?.unwrap_or(1);
    let after = query.text("id")?.filter(|id| !id.is_empty());
    state.worlds().read(&caller.org, |world| {
        let thread = target.thread(world)?;
        // Numbers rise, so the one of a comment that was deleted since still says where to go on.
        let after = match (after, after.and_then(|id| id.parse().ok())) {
            (None, _) => 0,
            (Some(_), Some(number)) => number,
            (Some(long_id), None) => world.comment(thread, long_id)?.number,
        };
        let comments = world.comments(thread).into_iter().flat_map(|comments| comments.iter());
        let total = world.comments(thread).map_or(0, Comments::len);
        let mut shown: Vec<&Comment> = comments
            .filter(|comment| comment.number > after)
            .skip((page - 1).saturating_mul(per_page))
            .take(per_page + 1)
            .collect();
        let more = shown.len() > per_page;
        shown.truncate(per_page);
        let bodies: Vec<_> =
            shown.iter().map(|comment| CommentBody::new(comment, thread, world, view, &caller.links)).collect();
        let mut response = json(StatusCode::OK, &bodies);
        let headers = response.headers_mut();
        headers.insert(TOTAL_COUNT, HeaderValue::from(total));
        headers.insert(TOTAL_PAGES, HeaderValue::from(total.div_ceil(per_page)));
        if let Some(last) = shown.last().filter(|_| more) {
            let expand: String = query.list("expand").map(|member| format!("expand={member}&")).collect();
            let next = format!("{}?{expand}perPage={per_page}&id={}", target.path(), last.number);
            let link = format!("<{}>; rel=\"next\"", caller.links.below(&next));
            headers.insert(LINK, HeaderValue::try_from(link).map_err(|error| ApiError::internal(&error))?);
        }
        Ok(response)
    })
}

/// `GET /v2/issues/{key}/comments/_relative`
///
/// Reference: none; as the same of entities.
pub(super) async fn list_issue_comments_relative(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue]): Segments<1>,
    query: Query,
    _: NoBody,
) -> Result<Response, ApiError> {
    list_relative(&state, &caller, &Target::Issue(issue), &query)
}

/// `GET /v2/entities/{type}/{id}/comments/_relative`
///
/// Reference: `entities/comments/get-comments-relative`.
pub(super) async fn list_entity_comments_relative(
    State(state): State<AppState>,
    caller: Caller,
    Segments([kind, id]): Segments<2>,
    query: Query,
    _: NoBody,
) -> Result<Response, ApiError> {
    list_relative(&state, &caller, &Target::entity((&kind, id))?, &query)
}

fn list_relative(state: &AppState, caller: &Caller, target: &Target, query: &Query) -> Result<Response, ApiError> {
    let view = query.comment_view()?;
    let relative = Relative::new(query, "newCommentsOnTop")?;
    state.worlds().read(&caller.org, |world| {
        let thread = target.thread(world)?;
        let comments = world.comments(thread).into_iter().flat_map(|comments| comments.iter());
        let is = |comment: &&Comment, id: &str| comment.number.to_string() == id || comment.long_id.to_string() == id;
        let part = relative.select(comments, is)?;
        let shown = part.items.into_iter();
        let comments = shown.map(|comment| CommentBody::new(comment, thread, world, view, &caller.links)).collect();
        Ok(json(StatusCode::OK, &CommentsPart { comments, has_next: part.has_next, has_prev: part.has_prev }))
    })
}

/// `GET /v2/issues/{key}/comments/{id}`
///
/// Reference: `issues/get-comments`.
pub(super) async fn get_issue_comment(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue, comment]): Segments<2>,
    query: Query,
    _: NoBody,
) -> Result<Response, ApiError> {
    get(&state, &caller, &Target::Issue(issue), &comment, &query)
}

/// `GET /v2/entities/{type}/{id}/comments/{commentId}`
///
/// Reference: `entities/comments/get-comment`.
pub(super) async fn get_entity_comment(
    State(state): State<AppState>,
    caller: Caller,
    Segments([kind, id, comment]): Segments<3>,
    query: Query,
    _: NoBody,
) -> Result<Response, ApiError> {
    get(&state, &caller, &Target::entity((&kind, id))?, &comment, &query)
}

fn get(state: &AppState, caller: &Caller, target: &Target, id: &str, query: &Query) -> Result<Response, ApiError> {
    let view = query.comment_view()?;
    state.worlds().read(&caller.org, |world| {
        let thread = target.thread(world)?;
        let comment = world.comment(thread, id)?;
        Ok(json(StatusCode::OK, &CommentBody::new(comment, thread, world, view, &caller.links)))
    })
}

/// `PATCH /v2/issues/{key}/comments/{id}`
///
/// Reference: `issues/edit-comment`.
pub(super) async fn edit_issue_comment(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue, comment]): Segments<2>,
    query: Query,
    version: ExpectedVersion,
    body: JsonBody,
) -> Result<Response, ApiError> {
    edit(&state, &caller, &Target::Issue(issue), &comment, &query, &version, &body)
}

/// `PATCH /v2/entities/{type}/{id}/comments/{commentId}`
///
/// Reference: `entities/comments/patch-comment`.
pub(super) async fn edit_entity_comment(
    State(state): State<AppState>,
    caller: Caller,
    Segments([kind, id, comment]): Segments<3>,
    query: Query,
    version: ExpectedVersion,
    body: JsonBody,
) -> Result<Response, ApiError> {
    edit(&state, &caller, &Target::entity((&kind, id))?, &comment, &query, &version, &body)
}

fn edit(
    state: &AppState,
    caller: &Caller,
    target: &Target,
    id: &str,
    query: &Query,
    version: &ExpectedVersion,
    body: &JsonBody,
) -> Result<Response, ApiError> {
    let view = query.comment_view()?;
    query.notify_options()?;
    state.worlds().write(&caller.org, |world| {
        let thread = target.thread(world)?;
        let edit = EditComment {
            text: optional(&body.0, "text", filled_text)?,
            attachment_ids: attachment_ids(&body.0)?,
            summonees: optional(&body.0, "summonees", |all| list(all, |one| user(one, world)))?,
            expected_version: version.0,
        };
        let number = world.edit_comment(thread, id, edit, &caller.actor)?;
        let comment = world.comment(thread, &number.to_string())?;
        Ok(json(StatusCode::OK, &CommentBody::new(comment, thread, world, view, &caller.links)))
    })
}

/// `DELETE /v2/issues/{key}/comments/{id}`
///
/// Reference: `issues/delete-comment`.
pub(super) async fn delete_issue_comment(
    State(state): State<AppState>,
    caller: Caller,
    Segments([issue, comment]): Segments<2>,
    _: NoBody,
) -> Result<StatusCode, ApiError> {
    delete(&state, &caller, &Target::Issue(issue), &comment)
}

/// `DELETE /v2/entities/{type}/{id}/comments/{commentId}`
///
/// Reference: `entities/comments/delete-comment`.
pub(super) async fn delete_entity_comment(
    State(state): State<AppState>,
    caller: Caller,
    Segments([kind, id, comment]): Segments<3>,
    query: Query,
    _: NoBody,
) -> Result<StatusCode, ApiError> {
    query.notify_options()?;
    delete(&state, &caller, &Target::entity((&kind, id))?, &comment)
}

fn delete(state: &AppState, caller: &Caller, target: &Target, id: &str) -> Result<StatusCode, ApiError> {
    state.worlds().write(&caller.org, |world| {
        let thread = target.thread(world)?;
        world.delete_comment(thread, id)?;
        Ok(StatusCode::NO_CONTENT)
    })
}
