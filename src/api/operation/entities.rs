//! Projects, portfolios and goals, and their files.

use super::details::{Answer, Details, Input, PAGES, RequestBody, Shape};
use super::parameter::{
    DIRECTION, ENTITY_ID, ENTITY_TYPE, EXPAND_ENTITY, FIELDS, FILE_NAME, FROM, IF_MATCH, Kind, NOTIFY, NOTIFY_AUTHOR,
    PAGE, PER_PAGE, Parameter, SELECTED, VERSION,
};

const TEMP_FILE_ID: Parameter = Parameter::segment("fileId", "The id of a temporary file.", "30");
const ID_WITH_FILES: Parameter = ENTITY_ID.example("655f8cc523db213200000001");
const FILE_ID: Parameter = Parameter::segment("fileId", "The id of the file.", "4");
const NEW_EVENTS_ON_TOP: Parameter =
    Parameter::new("newEventsOnTop", Kind::Boolean { default: false }, "Whether the newest event comes first.");
const WITH_BOARD: Parameter =
    Parameter::new("withBoard", Kind::Boolean { default: false }, "Without effect, for there are no boards.");

pub(super) const ALL: &[Details] = &[
    Details::new("create_entity", "Create a project, portfolio or goal", &[Answer::created(Shape::Entity)])
        .reference("entities/create-entity")
        .path(&[ENTITY_TYPE])
        .query(&[FIELDS, EXPAND_ENTITY])
        .body(RequestBody::Json(Input::NewEntity))
        .errors(&[422]),
    Details::new("search_entities", "Search entities of a type", &[Answer::ok(Shape::EntitySearchResult).with(PAGES)])
        .reference("entities/search-entities")
        .path(&[ENTITY_TYPE])
        .query(&[FIELDS, EXPAND_ENTITY, PER_PAGE, PAGE])
        .body(RequestBody::OptionalJson(Input::EntitySearch))
        .errors(&[422]),
    Details::new("get_entity", "Describe an entity", &[Answer::ok(Shape::Entity)])
        .reference("entities/get-entity")
        .path(&[ENTITY_TYPE, ENTITY_ID])
        .query(&[FIELDS, EXPAND_ENTITY])
        .errors(&[404, 422]),
    Details::new("update_entity", "Change an entity", &[Answer::ok(Shape::Entity)])
        .reference("entities/update-entity")
        .path(&[ENTITY_TYPE, ENTITY_ID])
        .query(&[FIELDS, EXPAND_ENTITY, VERSION])
        .headers(&[IF_MATCH])
        .body(RequestBody::OptionalJson(Input::EntityUpdate))
        .errors(&[404, 412, 422]),
    Details::new("delete_entity", "Delete an entity and its files", &[Answer::no_content()])
        .reference("entities/delete-entity")
        .path(&[ENTITY_TYPE, ENTITY_ID])
        .query(&[WITH_BOARD])
        .errors(&[404]),
    Details::new("list_events", "Read the history of an entity", &[Answer::ok(Shape::EventsPart)])
        .reference("entities/get-events-relative")
        .path(&[ENTITY_TYPE, ENTITY_ID])
        .query(&[PER_PAGE, FROM, SELECTED, NEW_EVENTS_ON_TOP, DIRECTION])
        .errors(&[404]),
    Details::new("list_entity_files", "List the files of an entity", &[Answer::list(Shape::Attachment)])
        .reference("entities/attachments/get-all-attachments")
        .path(&[ENTITY_TYPE, ENTITY_ID])
        .errors(&[404]),
    Details::new("attach_file", "Attach a temporary file to an entity", &[Answer::ok(Shape::Entity)])
        .reference("add-attachment")
        .path(&[ENTITY_TYPE, ENTITY_ID, TEMP_FILE_ID])
        .query(&[NOTIFY, NOTIFY_AUTHOR, FIELDS, EXPAND_ENTITY, FILE_NAME])
        .errors(&[404, 422]),
    Details::new("get_entity_file", "Describe a file of an entity", &[Answer::ok(Shape::Attachment)])
        .reference("entities/attachments/get-attachment")
        .path(&[ENTITY_TYPE, ID_WITH_FILES, FILE_ID])
        .errors(&[404]),
    Details::new("delete_entity_file", "Delete a file of an entity", &[Answer::no_content()])
        .reference("entities/attachments/delete-attachment")
        .path(&[ENTITY_TYPE, ID_WITH_FILES, FILE_ID])
        .query(&[NOTIFY, NOTIFY_AUTHOR])
        .errors(&[404]),
];
