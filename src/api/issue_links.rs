//! Links between issues, and their types.

use axum::http::StatusCode;

use super::{ApiResult, Caller, JsonBody, NoBody, Operation, Parameter, json, ok_json};
use crate::domain::LinkType;
use crate::wire::{IssueLinkBody, IssueLinkInput, LinkTypeBody};

const LINK: Parameter = Parameter::segment("linkId", "The id of the link.", "1");
const TYPE: Parameter = Parameter::segment("id", "The id.", "relates");

pub(super) const LIST_ISSUE_LINKS: Operation =
    Operation::get("list_issue_links", "/issues/{key}/links", "List the links of an issue to others")
        .list::<IssueLinkBody<'_>>()
        .reference("issues/get-links");

pub(super) async fn list_issue_links(caller: Caller, _: NoBody) -> ApiResult {
    caller.read(|world| ok_json(&IssueLinkBody::all(world.issue(&caller.issue())?, world, &caller.links)))
}

/// Differs: a second link of the same kind is 409, and one to the issue itself or to an epic that is none 422.
pub(super) const ADD_ISSUE_LINK: Operation =
    Operation::post("add_issue_link", "/issues/{key}/links", "Link an issue to another")
        .created::<IssueLinkBody<'_>>()
        .reference("issues/link-issue")
        .json::<IssueLinkInput>()
        .errors(&[409])
        .example(r#"{"relationship": "relates", "issue": "TREK-1"}"#);

pub(super) async fn add_issue_link(caller: Caller, JsonBody(body): JsonBody<IssueLinkInput>) -> ApiResult {
    let issue = caller.issue();
    caller.write(|world| {
        world.issue(&issue)?;
        let number = world.link_issue(&issue, body.read(world)?, &caller.actor)?.to_string();
        let (issue, link) = (world.issue(&issue)?, world.issue_link(&issue, &number)?);
        Ok(json(StatusCode::CREATED, &IssueLinkBody::new(link, issue, world, &caller.links)))
    })
}

/// No page of the reference has it: links name it as `self`.
pub(super) const GET_ISSUE_LINK: Operation =
    Operation::get("get_issue_link", "/issues/{key}/links/{linkId}", "Describe a link of an issue")
        .ok::<IssueLinkBody<'_>>()
        .segments(&[LINK]);

pub(super) async fn get_issue_link(caller: Caller, _: NoBody) -> ApiResult {
    let issue = caller.issue();
    caller.read(|world| {
        let (issue, link) = (world.issue(&issue)?, world.issue_link(&issue, caller.last())?);
        ok_json(&IssueLinkBody::new(link, issue, world, &caller.links))
    })
}

pub(super) const DELETE_ISSUE_LINK: Operation =
    Operation::delete("delete_issue_link", "/issues/{key}/links/{linkId}", "Take a link away from both issues")
        .reference("issues/delete-link-issue")
        .segments(&[LINK]);

pub(super) async fn delete_issue_link(caller: Caller, _: NoBody) -> ApiResult {
    caller.remove(|world| world.unlink_issue(&caller.issue(), caller.last(), &caller.actor))
}

/// No page of the reference has it: public clients ask for it.
pub(super) const LIST_LINK_TYPES: Operation =
    Operation::get("list_link_types", "/linktypes", "List the types of links").list::<LinkTypeBody>();

pub(super) async fn list_link_types(caller: Caller, _: NoBody) -> ApiResult {
    let types: Vec<_> = LinkType::all().iter().map(|one| LinkTypeBody::new(one, &caller.links)).collect();
    ok_json(&types)
}

/// No page of the reference has it: types name it as `self`.
pub(super) const GET_LINK_TYPE: Operation =
    Operation::get("get_link_type", "/linktypes/{id}", "Describe a type of links")
        .ok::<LinkTypeBody>()
        .segments(&[TYPE]);

pub(super) async fn get_link_type(caller: Caller, _: NoBody) -> ApiResult {
    ok_json(&LinkTypeBody::new(LinkType::find(caller.last())?, &caller.links))
}
