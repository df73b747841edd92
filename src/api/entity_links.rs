//! The relations of projects, portfolios and goals to each other.

use axum::http::StatusCode;

use super::{
    Answer, ApiError, ApiResult, Caller, Content, FIELDS_OF_LINKED, JsonItems, Kind, NoBody, Operation, Parameter,
    ok_json,
};
use crate::domain::{EntityRef, World};
use crate::wire::{EntityLinkBody, EntityLinkInput, EntityView, OneOrList, find_own};

const OTHER: Parameter = Parameter::new("right", Kind::Text, "The id of the other entity.").required();
const LINKED: &str = "655f328da834c763e69df1ef";

pub(super) const LIST_ENTITY_LINKS: Operation =
    Operation::get("list_entity_links", "/entities/{type}/{id}/links", "List what an entity is to others")
        .list::<EntityLinkBody>()
        .reference("entities/links/get-links")
        .query(&[FIELDS_OF_LINKED])
        .errors(&[422]);

pub(super) async fn list_entity_links(caller: Caller, _: NoBody) -> ApiResult {
    let entity = caller.entity()?;
    let view = caller.query.linked_fields()?;
    caller.read(|world| listed(&entity, world, &view, &caller))
}

/// Differs: the answer has all relations; the page shows none.
pub(super) const ADD_ENTITY_LINKS: Operation =
    Operation::post("add_entity_links", "/entities/{type}/{id}/links", "Relate an entity to others")
        .list::<EntityLinkBody>()
        .reference("entities/links/add-links")
        .json::<OneOrList<EntityLinkInput>>()
        .example(r#"{"relationship": "relates", "entity": "655f8cc523db213200000001"}"#);

pub(super) async fn add_entity_links(caller: Caller, JsonItems(items): JsonItems<EntityLinkInput>) -> ApiResult {
    let entity = caller.entity()?;
    caller.write(|world| {
        let id = world.entity(&entity)?.id;
        let links = find_own(items, world)?;
        world.link_entities(id, &links)?;
        listed(&entity, world, &EntityView::default(), &caller)
    })
}

pub(super) const DELETE_ENTITY_LINK: Operation =
    Operation::delete("delete_entity_link", "/entities/{type}/{id}/links", "Take away what relates two entities")
        .answers(&[Answer::of(200, Content::Nothing)])
        .reference("entities/links/delete-link")
        .query(&[OTHER.example(LINKED)]);

pub(super) async fn delete_entity_link(caller: Caller, _: NoBody) -> ApiResult<StatusCode> {
    let entity = caller.entity()?;
    let other = caller.query.text("right")?.ok_or(ApiError::MissingParameter { name: "right" })?;
    caller.write(|world| {
        world.unlink_entities(&entity, other)?;
        Ok(StatusCode::OK)
    })
}

fn listed(entity: &EntityRef, world: &World, view: &EntityView, caller: &Caller) -> ApiResult {
    let links = world.entity(entity)?.links.iter();
    let bodies: Vec<_> = links.map(|link| EntityLinkBody::new(*link, world, view, &caller.links)).collect();
    ok_json(&bodies)
}
