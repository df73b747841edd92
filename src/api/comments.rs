//! Comments of entities and of issues. Each handler answers for both: the operations differ in their paths only.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header::LINK;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};

use super::error::{ApiError, ApiResult};
use super::extract::{Caller, EntityPath, ExpectedVersion, JsonBody, NoBody, segment};
use super::operation::parameter::{
    ADD_TO_FOLLOWERS, DIRECTION, ENTITY_ID, ENTITY_TYPE, EXPAND_COMMENT, FROM, IF_MATCH, ISSUE_KEY, Kind, NOTIFY,
    NOTIFY_AUTHOR, PAGE, PER_PAGE, Parameter, SELECTED, VERSION,
};
use super::operation::{Answer, Input, Operation, PAGES, RequestBody, Shape};
use super::page::{DEFAULT_PER_PAGE, MAX_PAGE, MAX_PER_PAGE, TOTAL_COUNT, TOTAL_PAGES};
use super::query::Query;
use super::relative::Relative;
use super::reply::{json, ok_json};
use crate::domain::{Comment, CommentRef, Comments, DomainError, EntityRef, IssueRef, Thread, World};
use crate::wire::bodies::{CommentImportBody, CommentUpdateBody, NewCommentBody};
use crate::wire::comment::{CommentBody, CommentView, CommentsPart};

const ADDED: &[Answer] = &[Answer::created(Shape::Comment)];
const LISTED: &[Answer] = &[Answer::list(Shape::Comment).with(PAGES)];
const AFTER: Parameter = Parameter::new("id", Kind::Text, "The comment after which the list begins.");
const PART: &[Answer] = &[Answer::ok(Shape::CommentsPart)];
const NEW_COMMENTS_ON_TOP: Parameter =
    Parameter::new("newCommentsOnTop", Kind::Boolean { default: false }, "Whether the newest comment comes first.");
const RELATIVE: &[Parameter] = &[EXPAND_COMMENT, PER_PAGE, FROM, SELECTED, NEW_COMMENTS_ON_TOP, DIRECTION];
const ONE: &[Answer] = &[Answer::ok(Shape::Comment)];
const ENTITY_COMMENT: Parameter = Parameter::segment("commentId", "The number of the comment, or its longId.", "22");
const DELETED: &[Answer] = &[Answer::no_content()];
pub(super) const ISSUE_COMMENT: Parameter = Parameter::segment("id", "The number of the comment, or its longId.", "1");

/// What a path says is commented on.
#[derive(Debug)]
pub(super) enum Target {
    Entity(EntityRef),
    Issue(IssueRef),
}

/// The target of the path. Handlers look at it first: a wrong type is an error after that of a wrong body.
#[derive(Debug)]
pub(super) struct Commented(Result<Target, ApiError>);

impl<S: Send + Sync> FromRequestParts<S> for Commented {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let is_entity = parts.extensions.get::<MatchedPath>().is_some_and(|path| path.as_str().contains("{type}"));
        if is_entity {
            let EntityPath(entity) = EntityPath::from_request_parts(parts, state).await?;
            Ok(Self(entity.map(Target::Entity)))
        } else {
            Ok(Self(Ok(Target::Issue(segment(&["key"], parts, state).await?.as_str().into()))))
        }
    }
}

impl Target {
    fn thread(&self, world: &World) -> Result<Thread, DomainError> {
        match self {
            Self::Entity(entity) => world.entity(entity).map(|entity| Thread::Entity(entity.id)),
            Self::Issue(issue) => world.issue(issue).map(|issue| Thread::Issue(issue.id)),
        }
    }

    /// The path below the version, for links.
    fn path(&self) -> String {
        match self {
            Self::Entity(entity) => format!("/entities/{}/{entity}/comments", entity.kind),
            Self::Issue(issue) => format!("/issues/{issue}/comments"),
        }
    }
}

pub(super) const ADD_ISSUE_COMMENT: Operation =
    Operation::post("add_issue_comment", "/issues/{key}/comments", "Comment on an issue")
        .answers(ADDED)
        .reference("issues/add-comment")
        .segments(&[ISSUE_KEY])
        .query(&[EXPAND_COMMENT, NOTIFY, NOTIFY_AUTHOR, ADD_TO_FOLLOWERS])
        .body(RequestBody::Json(Input::NewComment))
        .errors(&[404, 422])
        .example(r#"{"text": "New"}"#);

/// Differs: 200, as the real service was seen to answer; the page says 201. Nobody is notified, and `isAddToFollowers`
/// has no effect.
pub(super) const ADD_ENTITY_COMMENT: Operation = ADD_ISSUE_COMMENT
    .twin("add_entity_comment", "/entities/{type}/{id}/comments", "Comment on an entity")
    .reference("entities/comments/add-comment")
    .segments(&[ENTITY_TYPE, ENTITY_ID])
    .answers(ONE);

pub(super) async fn add_comment(
    caller: Caller,
    Commented(target): Commented,
    query: Query,
    JsonBody(body): JsonBody<NewCommentBody>,
) -> ApiResult {
    let target = target?;
    let view = query.comment_view()?;
    query.notify_options()?;
    caller.write(|world| {
        let thread = target.thread(world)?;
        let number = world.add_comment(thread, body.read(world)?, &caller.actor)?;
        let comment = world.comment(thread, &CommentRef::Number(number))?;
        let status = match thread {
            Thread::Entity(_) => StatusCode::OK,
            Thread::Issue(_) => StatusCode::CREATED,
        };
        Ok(json(status, &CommentBody::new(comment, thread, world, view, &caller.links)))
    })
}

pub(super) const IMPORT_COMMENT: Operation =
    Operation::post("import_comment", "/issues/{key}/comments/_import", "Import a comment with its history")
        .answers(ADDED)
        .reference("import/import-comments")
        .segments(&[ISSUE_KEY])
        .body(RequestBody::Json(Input::CommentImport))
        .errors(&[404, 422])
        .example(r#"{"text": "Old", "createdAt": "2024-01-03T10:00:00.000+0000", "createdBy": "author"}"#);

pub(super) async fn import_comment(
    caller: Caller,
    issue: IssueRef,
    JsonBody(body): JsonBody<CommentImportBody>,
) -> ApiResult {
    caller.write(|world| {
        let (text, saved) = body.read(world)?;
        let number = world.import_comment(&issue, text, saved)?;
        let thread = Thread::Issue(world.issue(&issue)?.id);
        let comment = world.comment(thread, &CommentRef::Number(number))?;
        let body = CommentBody::new(comment, thread, world, CommentView::default(), &caller.links);
        Ok(json(StatusCode::CREATED, &body))
    })
}

pub(super) const LIST_ISSUE_COMMENTS: Operation =
    Operation::get("list_issue_comments", "/issues/{key}/comments", "List the comments of an issue")
        .answers(LISTED)
        .reference("issues/get-comments")
        .segments(&[ISSUE_KEY])
        .query(&[EXPAND_COMMENT, PER_PAGE, PAGE, AFTER])
        .errors(&[404]);

pub(super) const LIST_ENTITY_COMMENTS: Operation = LIST_ISSUE_COMMENTS
    .twin("list_entity_comments", "/entities/{type}/{id}/comments", "List the comments of an entity")
    .reference("entities/comments/get-all-comments")
    .segments(&[ENTITY_TYPE, ENTITY_ID]);

/// `perPage` comments after the one that `?id=` names; `Link` leads to the first of them, and to the rest by the same cursor.
pub(super) async fn list_comments(caller: Caller, Commented(target): Commented, query: Query, _: NoBody) -> ApiResult {
    let target = target?;
    let view = query.comment_view()?;
    let per_page = query.positive("perPage", MAX_PER_PAGE)?.unwrap_or(DEFAULT_PER_PAGE);
    let page = query.positive("page", MAX_PAGE)?.unwrap_or(1);
    let after = query.text("id")?.filter(|id| !id.is_empty());
    caller.read(|world| {
        let thread = target.thread(world)?;
        // Numbers rise, so the one of a comment that was deleted since still says where to go on.
        let after = match (after, after.and_then(|id| id.parse().ok())) {
            (None, _) => 0,
            (Some(_), Some(number)) => number,
            (Some(other), None) => world.comment(thread, &CommentRef::from(other))?.number,
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
        if total > per_page {
            let expand: String = query.list("expand").map(|member| format!("expand={member}&")).collect();
            let list = caller.links.below(&format!("{}?{expand}perPage={per_page}", target.path()));
            let mut link = format!("<{list}>; rel=\"first\"");
            if let Some(last) = shown.last().filter(|_| more) {
                link += &format!(", <{list}&id={}>; rel=\"next\"", last.number);
            }
            headers.insert(LINK, HeaderValue::try_from(link).map_err(|error| ApiError::internal(&error))?);
        }
        Ok(response)
    })
}

/// No page of the reference has it: as the same of entities.
pub(super) const LIST_ISSUE_COMMENTS_RELATIVE: Operation = Operation::get(
    "list_issue_comments_relative",
    "/issues/{key}/comments/_relative",
    "List the comments of an issue from one on",
)
.answers(PART)
.segments(&[ISSUE_KEY])
.query(RELATIVE)
.errors(&[404])
.decision();

pub(super) const LIST_ENTITY_COMMENTS_RELATIVE: Operation = Operation::get(
    "list_entity_comments_relative",
    "/entities/{type}/{id}/comments/_relative",
    "List the comments of an entity from one on",
)
.answers(PART)
.reference("entities/comments/get-comments-relative")
.segments(&[ENTITY_TYPE, ENTITY_ID])
.query(RELATIVE)
.errors(&[404]);

pub(super) async fn list_comments_relative(
    caller: Caller,
    Commented(target): Commented,
    query: Query,
    _: NoBody,
) -> ApiResult {
    let target = target?;
    let view = query.comment_view()?;
    let relative = Relative::new(&query, "newCommentsOnTop")?;
    caller.read(|world| {
        let thread = target.thread(world)?;
        let comments = world.comments(thread).into_iter().flat_map(|comments| comments.iter());
        let is = |comment: &&Comment, id: &str| CommentRef::from(id).names(comment);
        let part = relative.select(comments, is)?;
        let shown = part.items.into_iter();
        let comments = shown.map(|comment| CommentBody::new(comment, thread, world, view, &caller.links)).collect();
        ok_json(&CommentsPart { comments, has_next: part.has_next, has_prev: part.has_prev })
    })
}

pub(super) const GET_ISSUE_COMMENT: Operation =
    Operation::get("get_issue_comment", "/issues/{key}/comments/{id}", "Read a comment of an issue")
        .answers(ONE)
        .reference("issues/get-comments")
        .segments(&[ISSUE_KEY, ISSUE_COMMENT])
        .query(&[EXPAND_COMMENT])
        .errors(&[404]);

pub(super) const GET_ENTITY_COMMENT: Operation = GET_ISSUE_COMMENT
    .twin("get_entity_comment", "/entities/{type}/{id}/comments/{commentId}", "Read a comment of an entity")
    .reference("entities/comments/get-comment")
    .segments(&[ENTITY_TYPE, ENTITY_ID, ENTITY_COMMENT]);

pub(super) async fn get_comment(
    caller: Caller,
    Commented(target): Commented,
    name: CommentRef,
    query: Query,
    _: NoBody,
) -> ApiResult {
    let target = target?;
    let view = query.comment_view()?;
    caller.read(|world| {
        let thread = target.thread(world)?;
        let comment = world.comment(thread, &name)?;
        ok_json(&CommentBody::new(comment, thread, world, view, &caller.links))
    })
}

pub(super) const EDIT_ISSUE_COMMENT: Operation =
    Operation::patch("edit_issue_comment", "/issues/{key}/comments/{id}", "Change a comment of an issue")
        .answers(ONE)
        .reference("issues/edit-comment")
        .segments(&[ISSUE_KEY, ISSUE_COMMENT])
        .query(&[EXPAND_COMMENT, NOTIFY, NOTIFY_AUTHOR, ADD_TO_FOLLOWERS, VERSION])
        .headers(&[IF_MATCH])
        .body(RequestBody::OptionalJson(Input::CommentUpdate))
        .errors(&[404, 412, 422, 423])
        .example(r#"{"text": "Other"}"#);

pub(super) const EDIT_ENTITY_COMMENT: Operation = EDIT_ISSUE_COMMENT
    .twin("edit_entity_comment", "/entities/{type}/{id}/comments/{commentId}", "Change a comment of an entity")
    .reference("entities/comments/patch-comment")
    .segments(&[ENTITY_TYPE, ENTITY_ID, ENTITY_COMMENT]);

pub(super) async fn edit_comment(
    caller: Caller,
    Commented(target): Commented,
    name: CommentRef,
    query: Query,
    version: ExpectedVersion,
    JsonBody(body): JsonBody<CommentUpdateBody>,
) -> ApiResult {
    let target = target?;
    let view = query.comment_view()?;
    query.notify_options()?;
    caller.write(|world| {
        let thread = target.thread(world)?;
        let edit = body.read(version.0, world)?;
        let number = world.edit_comment(thread, &name, edit, &caller.actor)?;
        let comment = world.comment(thread, &CommentRef::Number(number))?;
        ok_json(&CommentBody::new(comment, thread, world, view, &caller.links))
    })
}

pub(super) const DELETE_ISSUE_COMMENT: Operation =
    Operation::delete("delete_issue_comment", "/issues/{key}/comments/{id}", "Delete a comment of an issue")
        .answers(DELETED)
        .reference("issues/delete-comment")
        .segments(&[ISSUE_KEY, ISSUE_COMMENT])
        .errors(&[404]);

pub(super) const DELETE_ENTITY_COMMENT: Operation = DELETE_ISSUE_COMMENT
    .twin("delete_entity_comment", "/entities/{type}/{id}/comments/{commentId}", "Delete a comment of an entity")
    .reference("entities/comments/delete-comment")
    .segments(&[ENTITY_TYPE, ENTITY_ID, ENTITY_COMMENT])
    .query(&[NOTIFY, NOTIFY_AUTHOR]);

pub(super) async fn delete_comment(
    caller: Caller,
    Commented(target): Commented,
    name: CommentRef,
    query: Query,
    _: NoBody,
) -> ApiResult<StatusCode> {
    let target = target?;
    if matches!(target, Target::Entity(..)) {
        query.notify_options()?;
    }
    caller.write(|world| {
        let thread = target.thread(world)?;
        world.delete_comment(thread, &name, &caller.actor)?;
        Ok(StatusCode::NO_CONTENT)
    })
}
