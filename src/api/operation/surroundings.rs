//! What stands around entities and issues: users, queues, fields, priorities, issue types and statuses.

use super::details::{Answer, Details, PAGES, Shape};
use super::parameter::{Kind, PAGE, PER_PAGE, Parameter};
use crate::api::queues::EXPAND;

const USER: Parameter =
    Parameter::segment("id", "The uid of the user, the login, or `login:` and the login.", "author");
const QUEUE: Parameter = Parameter::segment("key", "The key of the queue, or its id.", "JUNE");
const FIELD: Parameter = Parameter::segment("id", "The key of the field.", "summary");
const CATEGORY: Parameter = Parameter::segment("id", "The id of the category.", "000000000000000000000001");
const PRIORITY: Parameter = Parameter::segment("id", "The id or the key.", "normal");
const ISSUE_TYPE: Parameter = Parameter::segment("id", "The id or the key.", "task");
const STATUS: Parameter = Parameter::segment("id", "The id or the key.", "open");

const EXPAND_QUEUE: Parameter = Parameter::new("expand", Kind::List { known: &EXPAND }, "What else the answer shows.");
const LOCALIZED: Parameter = Parameter::new("localized", Kind::Ignored, "Accepted; names are in English.");
const CATALOG: &[Parameter] = &[PER_PAGE, PAGE, LOCALIZED];

const fn list(shape: Shape) -> [Answer; 1] {
    [Answer::list(shape).with(PAGES)]
}

const fn one(shape: Shape) -> [Answer; 1] {
    [Answer::ok(shape)]
}

pub(super) const ALL: &[Details] = &[
    Details::new("get_myself", "Describe the caller", &one(Shape::User)).reference("get-user-info"),
    Details::new("list_users", "List users", &list(Shape::User)).reference("get-users").query(&[PER_PAGE, PAGE]),
    Details::new("get_user", "Describe a user", &one(Shape::User)).reference("get-user").path(&[USER]).errors(&[404]),
    Details::new("list_queues", "List queues", &list(Shape::Queue)).reference("get-queues").query(&[
        EXPAND_QUEUE,
        PER_PAGE,
        PAGE,
    ]),
    Details::new("get_queue", "Describe a queue", &one(Shape::Queue))
        .reference("get-queue")
        .path(&[QUEUE])
        .query(&[EXPAND_QUEUE])
        .errors(&[404]),
    Details::new("list_fields", "List the fields of issues", &list(Shape::Field))
        .reference("get-global-fields")
        .query(&[PER_PAGE, PAGE]),
    Details::new("get_field", "Describe a field of issues", &one(Shape::Field))
        .reference("get-issue-fields")
        .path(&[FIELD])
        .errors(&[404]),
    Details::new("list_field_categories", "List the categories of fields", &list(Shape::FieldCategory))
        .reference("get-global-fields")
        .query(&[PER_PAGE, PAGE]),
    Details::new("get_field_category", "Describe a category of fields", &one(Shape::FieldCategory))
        .path(&[CATEGORY])
        .errors(&[404]),
    Details::new("list_priorities", "List priorities", &list(Shape::CatalogItem))
        .reference("get-priorities")
        .query(CATALOG),
    Details::new("get_priority", "Describe a priority", &one(Shape::CatalogItem)).path(&[PRIORITY]).errors(&[404]),
    Details::new("list_issue_types", "List issue types", &list(Shape::CatalogItem))
        .reference("get-issue-types")
        .query(CATALOG),
    Details::new("get_issue_type", "Describe an issue type", &one(Shape::CatalogItem))
        .path(&[ISSUE_TYPE])
        .errors(&[404]),
    Details::new("list_statuses", "List statuses", &list(Shape::CatalogItem)).reference("get-statuses").query(CATALOG),
    Details::new("get_status", "Describe a status", &one(Shape::CatalogItem)).path(&[STATUS]).errors(&[404]),
];
