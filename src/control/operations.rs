//! What each operation of the control plane takes and answers, beside its method and path.

use std::sync::LazyLock;

use axum::http::Method;

use crate::api::operation::{
    Answer, Details, Header, Input, Kind, Operation, Parameter, RequestBody, Shape, describe, find_below,
};

const ORG: Parameter =
    Parameter::new("org", Kind::Text, "The organisation whose world is meant.").required().example("test");
const ANY_ORG: Parameter =
    Parameter::new("org", Kind::Text, "The organisation whose world is meant; without it, all worlds.").example("test");

const OPERATION: Parameter = Parameter::new("operation", Kind::Text, "The name of the operation, as upload_temp_file.");
const OPERATIONS: Parameter =
    Parameter::new("operation", Kind::Text, "The names of the operations that are meant, with commas or repeated.");
const FORMAT: Parameter = Parameter::new(
    "format",
    Kind::OneOf { known: &["json", "text", "junit"] },
    "How the table is written; json if absent.",
);
const KEEP: Parameter = Parameter::new(
    "keep",
    Kind::OneOf { known: &["state"] },
    "What to leave as it is: state keeps entities, issues and files.",
);
const CLASS: Parameter = Parameter::new("class", Kind::OneOf { known: &["S", "P", "D"] }, "The class that is meant.");
const METHOD: Parameter = Parameter::new("method", Kind::Text, "The method.").example("POST");
const PATH: Parameter = Parameter::new("path", Kind::Text, "The path, as /v2/attachments/.");
const FILE: Parameter = Parameter::new("file", Kind::Text, "The name of the file that the request is about.");
const STATUS: Parameter =
    Parameter::new("status", Kind::Pattern("^([1-5][0-9][0-9]|[1-5]xx)$"), "The status of the answer, or their class.");
const SINCE: Parameter =
    Parameter::new("since", Kind::Text, "The id of the request, or the time, after which those come that are meant.");
const LIMIT: Parameter =
    Parameter::new("limit", Kind::Positive { max: 1_000_000, default: Some(1000) }, "How many, the newest.");
const COUNT: Parameter =
    Parameter::new("count", Kind::Positive { max: 1_000_000, default: Some(1) }, "How many must have been seen.");
const TIMEOUT: Parameter =
    Parameter::new("timeout", Kind::Text, "How long to wait, at most 5m; 5s if absent.").example("5s");
const REQUESTS: &[Parameter] = &[ANY_ORG, OPERATION, METHOD, PATH, FILE, STATUS, SINCE, LIMIT];
const WAIT: &[Parameter] = &[ANY_ORG, OPERATION, METHOD, PATH, FILE, STATUS, SINCE, COUNT, TIMEOUT];
const REQUEST_ID: Parameter = Parameter::segment("id", "The id of the request.", "1");

/// One for each line of the table.
const ALL: &[Details] = &[
    Details::new("get_health", "Whether the server answers", &[Answer::ok(Shape::Health)]),
    Details::new("get_openapi", "This document", &[Answer::ok(Shape::Anything)]),
    Details::new("reset_worlds", "Start afresh", &[Answer::no_content()]).query(&[ANY_ORG, KEEP]).errors(&[400, 507]),
    Details::new("get_clock", "The clock of a world", &[Answer::ok(Shape::Clock)]).query(&[ANY_ORG]).errors(&[400]),
    Details::new("set_clock", "Set the clock of a world, or of all", &[Answer::ok(Shape::Clock)])
        .query(&[ANY_ORG])
        .body(RequestBody::Json(Input::Clock))
        .errors(&[400, 507]),
    Details::new("get_ids", "The seed and the counters of a world's ids", &[Answer::ok(Shape::Ids)])
        .query(&[ANY_ORG])
        .errors(&[400]),
    Details::new("set_ids", "Seed the ids of a world, or of all", &[Answer::ok(Shape::Ids)])
        .query(&[ANY_ORG])
        .body(RequestBody::Json(Input::Ids))
        .errors(&[400, 507]),
    Details::new("list_evidence", "The table of docs/fidelity.md", &[Answer::list(Shape::Evidence)])
        .query(&[CLASS])
        .errors(&[400]),
    Details::new("list_notifications", "The notifications of a world", &[Answer::list(Shape::Notification)])
        .query(&[ORG])
        .errors(&[400]),
    Details::new(
        "list_requests",
        "What the journal keeps",
        &[Answer::list(Shape::Request).with(&[Header::TotalCount, Header::DroppedCount])],
    )
    .query(REQUESTS)
    .errors(&[400]),
    Details::new("clear_requests", "Forget requests", &[Answer::no_content()]).query(&[ANY_ORG]).errors(&[400]),
    Details::new(
        "wait_for_requests",
        "Wait until requests were seen",
        &[Answer::list(Shape::Request), Answer::json(408, Shape::TooFew)],
    )
    .query(WAIT)
    .errors(&[400]),
    Details::new("get_request", "One request", &[Answer::ok(Shape::Request)]).path(&[REQUEST_ID]).errors(&[404]),
    Details::new("verify", "Check what a client did", &[Answer::ok(Shape::Verdict)])
        .query(&[ANY_ORG])
        .body(RequestBody::Json(Input::Check))
        .errors(&[400]),
    Details::new("get_coverage", "What a client reached", &[Answer::report(Shape::Coverage)])
        .query(&[ANY_ORG, OPERATIONS, FORMAT])
        .errors(&[400]),
    Details::new("arm_faults", "Arm faults in place of those that were armed", &[Answer::ok(Shape::ArmedFaults)])
        .query(&[ORG])
        .body(RequestBody::Json(Input::FaultRules))
        .errors(&[400]),
    Details::new("list_faults", "What is armed and what it came to", &[Answer::ok(Shape::ArmedFaults)])
        .query(&[ANY_ORG])
        .errors(&[400]),
    Details::new("disarm_faults", "Disarm faults", &[Answer::no_content()]).query(&[ANY_ORG]).errors(&[400]),
    Details::new("list_presets", "The usual faults by name", &[Answer::ok(Shape::FaultPresets)]),
    Details::new("export_world", "A world as a document", &[Answer::ok(Shape::World)]).query(&[ORG]).errors(&[400]),
    Details::new("import_world", "Load a world", &[Answer::no_content()])
        .query(&[ORG])
        .body(RequestBody::Json(Input::World))
        .errors(&[400, 507]),
];

/// Every operation of the control plane, in the order of its table.
pub(crate) fn operations() -> &'static [Operation] {
    static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| describe(super::endpoints(), &[ALL], &[]));
    &OPERATIONS
}

/// The operation of the control plane that a request is.
pub(crate) fn find(method: &Method, path: &str) -> Option<&'static Operation> {
    find_below(operations(), method, path.strip_prefix("/_mock/").or_else(|| path.strip_prefix('/'))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_described_and_nothing_else() {
        let names: Vec<_> = super::super::endpoints().into_iter().map(|line| line.into_parts().0).collect();
        assert_eq!(operations().iter().map(|operation| operation.name).collect::<Vec<_>>(), names);
        assert_eq!(ALL.len(), names.len());
    }
}
