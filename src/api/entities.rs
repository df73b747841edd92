//! Projects, portfolios and goals.

use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::{
    Answer, ApiResult, Caller, DIRECTION, EXPAND_ENTITY, ExpectedVersion, FIELDS, FROM, IF_MATCH, JsonBody, Kind,
    NoBody, Operation, PAGE, PAGES, PER_PAGE, Page, Parameter, Relative, SELECTED, SeekLink, VERSION, json, ok_json,
};
use crate::domain::{EntityRef, EventId, NewEntity, UpdateEntity};
use crate::wire::{
    EntityBody, EntitySearchBody, EntitySearchResult, EntityUpdate, EntityUpdateBody, EventBody, EventsPart,
    NewEntityBody, find_links,
};

const WITH_BOARD: Parameter =
    Parameter::new("withBoard", Kind::Boolean { default: false }, "Without effect, for there are no boards.");
const NEW_EVENTS_ON_TOP: Parameter =
    Parameter::new("newEventsOnTop", Kind::Boolean { default: false }, "Whether the newest event comes first.");

/// Differs: 200, as the real service was seen to answer; the page says 201.
pub(super) const CREATE_ENTITY: Operation =
    Operation::post("create_entity", "/entities/{type}", "Create a project, portfolio or goal")
        .ok::<EntityBody<'_>>()
        .reference("entities/create-entity")
        .query(&[FIELDS, EXPAND_ENTITY])
        .json::<NewEntityBody>()
        .example(r#"{"fields": {"summary": "New"}}"#);

pub(super) async fn create_entity(caller: Caller, JsonBody(body): JsonBody<NewEntityBody>) -> ApiResult {
    let kind = caller.kind()?;
    let view = caller.query.entity_view()?;
    let (changes, links) = body.split()?;
    caller.write(|world| {
        let links = find_links(links, world)?;
        let fields = changes.create(kind, &caller.actor, world)?;
        let id = world.create_entity(NewEntity { kind, id: None, short_id: None, fields }, &caller.actor)?;
        world.link_entities(id, &links)?;
        ok_json(&EntityBody::new(world.entity(&EntityRef::new(kind, id))?, world, &view, &caller.links))
    })
}

pub(super) const GET_ENTITY: Operation = Operation::get("get_entity", "/entities/{type}/{id}", "Describe an entity")
    .ok::<EntityBody<'_>>()
    .reference("entities/get-entity")
    .query(&[FIELDS, EXPAND_ENTITY])
    .errors(&[422]);

pub(super) async fn get_entity(caller: Caller, _: NoBody) -> ApiResult {
    let entity = caller.entity()?;
    let view = caller.query.entity_view()?;
    caller.read(|world| ok_json(&EntityBody::new(world.entity(&entity)?, world, &view, &caller.links)))
}

pub(super) const UPDATE_ENTITY: Operation =
    Operation::patch("update_entity", "/entities/{type}/{id}", "Change an entity")
        .ok::<EntityBody<'_>>()
        .reference("entities/update-entity")
        .query(&[FIELDS, EXPAND_ENTITY, VERSION])
        .headers(&[IF_MATCH])
        .optional_json::<EntityUpdateBody>()
        .errors(&[412, 423])
        .example(r#"{"fields": {"tags": ["new"]}}"#);

pub(super) async fn update_entity(
    caller: Caller,
    version: ExpectedVersion,
    JsonBody(body): JsonBody<EntityUpdateBody>,
) -> ApiResult {
    let entity = caller.entity()?;
    let view = caller.query.entity_view()?;
    let EntityUpdate { changes, comment, attachment_ids, links } = body.split()?;
    caller.write(|world| {
        let current = world.entity(&entity)?;
        let links = find_links(links, world)?;
        let fields = changes.apply(entity.kind, &current.fields, world)?;
        let update = UpdateEntity { fields, comment, attachment_ids, links, expected_version: version.0 };
        world.update_entity(&entity, update, &caller.actor)?;
        ok_json(&EntityBody::new(world.entity(&entity)?, world, &view, &caller.links))
    })
}

/// Differs: there are no boards, so `withBoard` has no effect.
pub(super) const DELETE_ENTITY: Operation =
    Operation::delete("delete_entity", "/entities/{type}/{id}", "Delete an entity and its files")
        .reference("entities/delete-entity")
        .query(&[WITH_BOARD]);

pub(super) async fn delete_entity(caller: Caller, _: NoBody) -> ApiResult {
    let entity = caller.entity()?;
    caller.query.boolean("withBoard", false)?;
    caller.remove(|world| world.delete_entity(&entity))
}

pub(super) const SEARCH_ENTITIES: Operation =
    Operation::post("search_entities", "/entities/{type}/_search", "Search entities of a type")
        .answers(&[Answer::ok::<EntitySearchResult<'_>>().with(PAGES)])
        .reference("entities/search-entities")
        .query(&[FIELDS, EXPAND_ENTITY, PER_PAGE, PAGE])
        .optional_json::<EntitySearchBody>()
        .example(r#"{}"#);

pub(super) async fn search_entities(
    caller: Caller,
    page: Page,
    JsonBody(body): JsonBody<EntitySearchBody>,
) -> ApiResult {
    let kind = caller.kind()?;
    let view = caller.query.entity_view()?;
    let (search, order_by) = body.read()?;
    caller.read(|world| {
        let found = search.run(kind, &caller.actor, world);
        let hits = found.len();
        let shown = found[page.slice(hits)].iter();
        let values = shown.map(|entity| EntityBody::new(entity, world, &view, &caller.links)).collect();
        let result = EntitySearchResult { hits, pages: page.pages(hits), values, order_by: order_by.as_deref() };
        Ok((page.headers(hits, &caller.links, SeekLink::NotOffered), json(StatusCode::OK, &result)).into_response())
    })
}

pub(super) const LIST_EVENTS: Operation =
    Operation::get("list_events", "/entities/{type}/{id}/events/_relative", "Read the history of an entity")
        .ok::<EventsPart<'_>>()
        .reference("entities/get-events-relative")
        .query(&[PER_PAGE, FROM, SELECTED, NEW_EVENTS_ON_TOP, DIRECTION]);

pub(super) async fn list_events(caller: Caller, _: NoBody) -> ApiResult {
    let entity = caller.entity()?;
    let relative = Relative::new(&caller.query, "newEventsOnTop")?;
    caller.read(|world| {
        let history = &world.entity(&entity)?.history;
        let part = relative.select(history.iter(), |event, id| EventId::parse(id) == Some(event.id))?;
        let events = part.items.into_iter().map(|event| EventBody::new(event, &caller.links)).collect();
        ok_json(&EventsPart { events, has_next: part.has_next, has_prev: part.has_prev })
    })
}
