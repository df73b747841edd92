//! Comments of entities and of issues.

use super::details::{Answer, Details, Input, PAGES, RequestBody, Shape};
use super::parameter::{
    ADD_TO_FOLLOWERS, DIRECTION, ENTITY_ID, ENTITY_TYPE, EXPAND_COMMENT, FROM, IF_MATCH, ISSUE_KEY, Kind, NOTIFY,
    NOTIFY_AUTHOR, PAGE, PER_PAGE, Parameter, SELECTED, VERSION,
};

const ENTITY_COMMENT: Parameter = Parameter::segment("commentId", "The number of the comment, or its longId.", "22");
const ISSUE_COMMENT: Parameter = Parameter::segment("id", "The number of the comment, or its longId.", "1");
const NEW_COMMENTS_ON_TOP: Parameter =
    Parameter::new("newCommentsOnTop", Kind::Boolean { default: false }, "Whether the newest comment comes first.");
const AFTER: Parameter = Parameter::new("id", Kind::Text, "The comment after which the list begins.");

const CHANGE: &[Parameter] = &[EXPAND_COMMENT, NOTIFY, NOTIFY_AUTHOR, ADD_TO_FOLLOWERS];
const EDIT: &[Parameter] = &[EXPAND_COMMENT, NOTIFY, NOTIFY_AUTHOR, ADD_TO_FOLLOWERS, VERSION];
const LIST: &[Parameter] = &[EXPAND_COMMENT, PER_PAGE, PAGE, AFTER];
const RELATIVE: &[Parameter] = &[EXPAND_COMMENT, PER_PAGE, FROM, SELECTED, NEW_COMMENTS_ON_TOP, DIRECTION];

const ADDED: &[Answer] = &[Answer::created(Shape::Comment)];
const LISTED: &[Answer] = &[Answer::list(Shape::Comment).with(PAGES)];
const PART: &[Answer] = &[Answer::ok(Shape::CommentsPart)];
const ONE: &[Answer] = &[Answer::ok(Shape::Comment)];
const DELETED: &[Answer] = &[Answer::no_content()];

pub(super) const ALL: &[Details] = &[
    Details::new("add_entity_comment", "Comment on an entity", ADDED)
        .reference("entities/comments/add-comment")
        .path(&[ENTITY_TYPE, ENTITY_ID])
        .query(CHANGE)
        .body(RequestBody::Json(Input::NewComment))
        .errors(&[404, 422]),
    Details::new("list_entity_comments", "List the comments of an entity", LISTED)
        .reference("entities/comments/get-all-comments")
        .path(&[ENTITY_TYPE, ENTITY_ID])
        .query(LIST)
        .errors(&[404]),
    Details::new("list_entity_comments_relative", "List the comments of an entity from one on", PART)
        .reference("entities/comments/get-comments-relative")
        .path(&[ENTITY_TYPE, ENTITY_ID])
        .query(RELATIVE)
        .errors(&[404]),
    Details::new("get_entity_comment", "Read a comment of an entity", ONE)
        .reference("entities/comments/get-comment")
        .path(&[ENTITY_TYPE, ENTITY_ID, ENTITY_COMMENT])
        .query(&[EXPAND_COMMENT])
        .errors(&[404]),
    Details::new("edit_entity_comment", "Change a comment of an entity", ONE)
        .reference("entities/comments/patch-comment")
        .path(&[ENTITY_TYPE, ENTITY_ID, ENTITY_COMMENT])
        .query(EDIT)
        .headers(&[IF_MATCH])
        .body(RequestBody::OptionalJson(Input::CommentUpdate))
        .errors(&[404, 412, 422]),
    Details::new("delete_entity_comment", "Delete a comment of an entity", DELETED)
        .reference("entities/comments/delete-comment")
        .path(&[ENTITY_TYPE, ENTITY_ID, ENTITY_COMMENT])
        .query(&[NOTIFY, NOTIFY_AUTHOR])
        .errors(&[404]),
    Details::new("add_issue_comment", "Comment on an issue", ADDED)
        .reference("issues/add-comment")
        .path(&[ISSUE_KEY])
        .query(CHANGE)
        .body(RequestBody::Json(Input::NewComment))
        .errors(&[404, 422]),
    Details::new("list_issue_comments", "List the comments of an issue", LISTED)
        .reference("issues/get-comments")
        .path(&[ISSUE_KEY])
        .query(LIST)
        .errors(&[404]),
    Details::new("list_issue_comments_relative", "List the comments of an issue from one on", PART)
        .path(&[ISSUE_KEY])
        .query(RELATIVE)
        .errors(&[404]),
    Details::new("get_issue_comment", "Read a comment of an issue", ONE)
        .reference("issues/get-comments")
        .path(&[ISSUE_KEY, ISSUE_COMMENT])
        .query(&[EXPAND_COMMENT])
        .errors(&[404]),
    Details::new("edit_issue_comment", "Change a comment of an issue", ONE)
        .reference("issues/edit-comment")
        .path(&[ISSUE_KEY, ISSUE_COMMENT])
        .query(EDIT)
        .headers(&[IF_MATCH])
        .body(RequestBody::OptionalJson(Input::CommentUpdate))
        .errors(&[404, 412, 422]),
    Details::new("delete_issue_comment", "Delete a comment of an issue", DELETED)
        .reference("issues/delete-comment")
        .path(&[ISSUE_KEY, ISSUE_COMMENT])
        .errors(&[404]),
];
