//! Comments of entities and of issues. Each handler answers for both: the operations differ in their paths only.

use axum::http::header::LINK;
use axum::http::{HeaderValue, StatusCode};

use super::{
    ADD_TO_FOLLOWERS, ApiError, ApiResult, COMMENT_EXPAND, Caller, DIRECTION, EXPAND_COMMENT, ExpectedVersion, FROM,
    IF_MATCH, ISSUE_COMMENT, JsonBody, Kind, NOTIFY, NOTIFY_AUTHOR, NoBody, Operation, PAGE, PER_PAGE, Parameter,
    Relative, SELECTED, TOTAL_COUNT, TOTAL_PAGES, VERSION, json, ok_json,
};
use crate::domain::{Comment, CommentRef, Comments, DomainError, EntityRef, IssueRef, Thread, World};
use crate::wire::{CommentBody, CommentImportBody, CommentUpdateBody, CommentsPart, Expand, NewCommentBody};

const AFTER: Parameter = Parameter::new("id", Kind::Text, "The comment after which the list begins.");
const NEW_COMMENTS_ON_TOP: Parameter =
    Parameter::new("newCommentsOnTop", Kind::Boolean { default: false }, "Whether the newest comment comes first.");
const RELATIVE: &[Parameter] = &[EXPAND_COMMENT, PER_PAGE, FROM, SELECTED, NEW_COMMENTS_ON_TOP, DIRECTION];
const ENTITY_COMMENT: Parameter = Parameter::segment("commentId", "The number of the comment, or its longId.", "22");

/// What a path says is commented on.
enum Target {
    Entity(EntityRef),
    Issue(IssueRef),
}

impl Target {
    fn of(caller: &Caller) -> Result<Self, ApiError> {
        match caller.segment("type") {
            Some(_) => caller.entity().map(Self::Entity),
            None => Ok(Self::Issue(caller.issue())),
        }
    }

    fn thread(&self, world: &World) -> Result<Thread, DomainError> {
        match self {
            Self::Entity(entity) => world.entity(entity).map(|entity| Thread::Entity(entity.id)),
            Self::Issue(issue) => world.issue(issue).map(|issue| Thread::Issue(issue.id)),
        }
    }

    /// The path below the version, for links.
    fn path(&self) -> String {
        match self {
            Self::Entity(entity) => format!("/entities/{}/{}/comments", entity.kind, entity.text),
            Self::Issue(issue) => format!("/issues/{issue}/comments"),
        }
    }
}

pub(super) const ADD_ISSUE_COMMENT: Operation =
    Operation::post("add_issue_comment", "/issues/{key}/comments", "Comment on an issue")
        .created::<CommentBody<'_>>()
        .reference("issues/add-comment")
        .query(&[EXPAND_COMMENT, NOTIFY, NOTIFY_AUTHOR, ADD_TO_FOLLOWERS])
        .json::<NewCommentBody>()
        .example(r#"{"text": "New"}"#);

/// Differs: 200, as the real service was seen to answer; the page says 201. Nobody is notified, and `isAddToFollowers`
/// has no effect.
pub(super) const ADD_ENTITY_COMMENT: Operation = ADD_ISSUE_COMMENT
    .twin("add_entity_comment", "/entities/{type}/{id}/comments", "Comment on an entity")
    .reference("entities/comments/add-comment")
    .ok::<CommentBody<'_>>();

pub(super) async fn add_comment(caller: Caller, JsonBody(body): JsonBody<NewCommentBody>) -> ApiResult {
    let target = Target::of(&caller)?;
    let expand = caller.query.expand(&COMMENT_EXPAND)?;
    caller.query.notify_options()?;
    caller.write(|world| {
        let thread = target.thread(world)?;
        let number = world.add_comment(thread, body.read(world)?, &caller.actor)?;
        let comment = world.comment(thread, &CommentRef::new(number))?;
        let status = match thread {
            Thread::Entity(_) => StatusCode::OK,
            Thread::Issue(_) => StatusCode::CREATED,
        };
        Ok(json(status, &CommentBody::new(comment, thread, world, &expand, &caller.links)))
    })
}

pub(super) const IMPORT_COMMENT: Operation =
    Operation::post("import_comment", "/issues/{key}/comments/_import", "Import a comment with its history")
        .created::<CommentBody<'_>>()
        .reference("import/import-comments")
        .json::<CommentImportBody>()
        .example(r#"{"text": "Old", "createdAt": "2024-01-03T10:00:00.000+0000", "createdBy": "author"}"#);

pub(super) async fn import_comment(caller: Caller, JsonBody(body): JsonBody<CommentImportBody>) -> ApiResult {
    let issue = caller.issue();
    caller.write(|world| {
        let (text, saved) = body.read(world)?;
        let number = world.import_comment(&issue, text, saved)?;
        let thread = Thread::Issue(world.issue(&issue)?.id);
        let comment = world.comment(thread, &CommentRef::new(number))?;
        let body = CommentBody::new(comment, thread, world, &Expand::default(), &caller.links);
        Ok(json(StatusCode::CREATED, &body))
    })
}

pub(super) const LIST_ISSUE_COMMENTS: Operation =
    Operation::get("list_issue_comments", "/issues/{key}/comments", "List the comments of an issue")
        .pages::<CommentBody<'_>>()
        .reference("issues/get-comments")
        .query(&[EXPAND_COMMENT, PER_PAGE, PAGE, AFTER]);

pub(super) const LIST_ENTITY_COMMENTS: Operation = LIST_ISSUE_COMMENTS
    .twin("list_entity_comments", "/entities/{type}/{id}/comments", "List the comments of an entity")
    .reference("entities/comments/get-all-comments");

/// `perPage` comments after the one that `?id=` names; `Link` leads to the first of them, and to the rest by the same cursor.
pub(super) async fn list_comments(caller: Caller, _: NoBody) -> ApiResult {
    let target = Target::of(&caller)?;
    let expand = caller.query.expand(&COMMENT_EXPAND)?;
    let (per_page, page) = (caller.query.per_page()?, caller.query.page()?);
    let after = caller.query.text("id")?.filter(|id| !id.is_empty());
    caller.read(|world| {
        let thread = target.thread(world)?;
        // Numbers only rise, so that of a deleted comment still marks where the list continues.
        let after = match (after, after.and_then(|id| id.parse().ok())) {
            (None, _) => 0,
            (Some(_), Some(number)) => number,
            (Some(other), None) => world.comment(thread, &CommentRef::new(other))?.number,
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
            shown.iter().map(|comment| CommentBody::new(comment, thread, world, &expand, &caller.links)).collect();
        let mut response = json(StatusCode::OK, &bodies);
        let headers = response.headers_mut();
        headers.insert(TOTAL_COUNT, HeaderValue::from(total));
        headers.insert(TOTAL_PAGES, HeaderValue::from(total.div_ceil(per_page)));
        if total > per_page {
            let expand: String = caller.query.list("expand").map(|member| format!("expand={member}&")).collect();
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
.ok::<CommentsPart<'_>>()
.query(RELATIVE)
.decision();

pub(super) const LIST_ENTITY_COMMENTS_RELATIVE: Operation = Operation::get(
    "list_entity_comments_relative",
    "/entities/{type}/{id}/comments/_relative",
    "List the comments of an entity from one on",
)
.ok::<CommentsPart<'_>>()
.reference("entities/comments/get-comments-relative")
.query(RELATIVE);

pub(super) async fn list_comments_relative(caller: Caller, _: NoBody) -> ApiResult {
    let target = Target::of(&caller)?;
    let expand = caller.query.expand(&COMMENT_EXPAND)?;
    let relative = Relative::new(&caller.query, "newCommentsOnTop")?;
    caller.read(|world| {
        let thread = target.thread(world)?;
        let comments = world.comments(thread).into_iter().flat_map(|comments| comments.iter());
        let is = |comment: &&Comment, id: &str| CommentRef::new(id).names(comment);
        let part = relative.select(comments, is)?;
        let shown = part.items.into_iter();
        let comments = shown.map(|comment| CommentBody::new(comment, thread, world, &expand, &caller.links)).collect();
        ok_json(&CommentsPart { comments, has_next: part.has_next, has_prev: part.has_prev })
    })
}

pub(super) const GET_ISSUE_COMMENT: Operation =
    Operation::get("get_issue_comment", "/issues/{key}/comments/{id}", "Read a comment of an issue")
        .ok::<CommentBody<'_>>()
        .reference("issues/get-comments")
        .segments(&[ISSUE_COMMENT])
        .query(&[EXPAND_COMMENT]);

pub(super) const GET_ENTITY_COMMENT: Operation = GET_ISSUE_COMMENT
    .twin("get_entity_comment", "/entities/{type}/{id}/comments/{commentId}", "Read a comment of an entity")
    .reference("entities/comments/get-comment")
    .segments(&[ENTITY_COMMENT]);

pub(super) async fn get_comment(caller: Caller, _: NoBody) -> ApiResult {
    let target = Target::of(&caller)?;
    let expand = caller.query.expand(&COMMENT_EXPAND)?;
    caller.read(|world| {
        let thread = target.thread(world)?;
        let comment = world.comment(thread, &caller.comment())?;
        ok_json(&CommentBody::new(comment, thread, world, &expand, &caller.links))
    })
}

pub(super) const EDIT_ISSUE_COMMENT: Operation =
    Operation::patch("edit_issue_comment", "/issues/{key}/comments/{id}", "Change a comment of an issue")
        .ok::<CommentBody<'_>>()
        .reference("issues/edit-comment")
        .segments(&[ISSUE_COMMENT])
        .query(&[EXPAND_COMMENT, NOTIFY, NOTIFY_AUTHOR, ADD_TO_FOLLOWERS, VERSION])
        .headers(&[IF_MATCH])
        .optional_json::<CommentUpdateBody>()
        .errors(&[412, 423])
        .example(r#"{"text": "Other"}"#);

pub(super) const EDIT_ENTITY_COMMENT: Operation = EDIT_ISSUE_COMMENT
    .twin("edit_entity_comment", "/entities/{type}/{id}/comments/{commentId}", "Change a comment of an entity")
    .reference("entities/comments/patch-comment")
    .segments(&[ENTITY_COMMENT]);

pub(super) async fn edit_comment(
    caller: Caller,
    version: ExpectedVersion,
    JsonBody(body): JsonBody<CommentUpdateBody>,
) -> ApiResult {
    let target = Target::of(&caller)?;
    let expand = caller.query.expand(&COMMENT_EXPAND)?;
    caller.query.notify_options()?;
    caller.write(|world| {
        let thread = target.thread(world)?;
        let edit = body.read(version.0, world)?;
        let number = world.edit_comment(thread, &caller.comment(), edit, &caller.actor)?;
        let comment = world.comment(thread, &CommentRef::new(number))?;
        ok_json(&CommentBody::new(comment, thread, world, &expand, &caller.links))
    })
}

pub(super) const DELETE_ISSUE_COMMENT: Operation =
    Operation::delete("delete_issue_comment", "/issues/{key}/comments/{id}", "Delete a comment of an issue")
        .reference("issues/delete-comment")
        .segments(&[ISSUE_COMMENT]);

pub(super) const DELETE_ENTITY_COMMENT: Operation = DELETE_ISSUE_COMMENT
    .twin("delete_entity_comment", "/entities/{type}/{id}/comments/{commentId}", "Delete a comment of an entity")
    .reference("entities/comments/delete-comment")
    .segments(&[ENTITY_COMMENT])
    .query(&[NOTIFY, NOTIFY_AUTHOR]);

pub(super) async fn delete_comment(caller: Caller, _: NoBody) -> ApiResult {
    let target = Target::of(&caller)?;
    if matches!(target, Target::Entity(..)) {
        caller.query.notify_options()?;
    }
    caller.remove(|world| world.delete_comment(target.thread(world)?, &caller.comment(), &caller.actor))
}
