//! The schemas of bodies, from the types that they are written as.

use std::any::TypeId;
use std::collections::BTreeSet;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::control::arming::{ArmedList, PresetList, RuleList};
use crate::control::coverage::report::CoverageReport;
use crate::control::health::Health;
use crate::control::journal::RequestRecord;
use crate::control::requests::TooFew;
use crate::control::snapshots::NamedSnapshot;
use crate::control::stored_files::StoredFile;
use crate::control::verify::{Check, Checked};
use crate::control::worlds::{FreshWorld, NamedWorld};
use crate::wire::{
    AttachmentBody, CatalogItemBody, ChangelogEntryBody, ChecklistItemBody, ChecklistItemChange, ChecklistItemInput,
    ChecklistMoveBody, ClockRecord, ClockRequest, CommentBody, CommentImportBody, CommentUpdateBody, CommentsPart,
    EntityBody, EntityLinkBody, EntityLinkInput, EntitySearchBody, EntitySearchResult, EntityUpdateBody, ErrorBody,
    EventsPart, EvidenceRecord, FieldBody, FieldCategoryBody, Fixture, IdsRecord, IdsRequest, IssueImportBody,
    IssueLinkBody, IssueLinkInput, IssueSearchBody, IssueUpdateBody, LinkTypeBody, NewCommentBody, NewEntityBody,
    NewIssueBody, NotificationRecord, OneOrList, QueueBody, ShownIssue, TransitionBody, TransitionInput, UserBody,
};

/// Says which types the bodies of operations are, and so what `schema` knows. They are known to operations by their ids
/// only: the server has no use for the code that makes schemas, and so it is not in the program.
macro_rules! bodies {
    ($($body:ty,)*) => {
        /// The schema of a body.
        fn schema(body: TypeId, generator: &mut SchemaGenerator) -> Value {
            $(if body == TypeId::of::<$body>() {
                return generator.subschema_for::<$body>().to_value();
            })*
            panic!("an operation has a body that `bodies!` does not name");
        }
    };
}

bodies! {
    // Of answers.
    ArmedList, AttachmentBody<'static>, CatalogItemBody, ChangelogEntryBody<'static>, Checked,
    ChecklistItemBody<'static>, ClockRecord, CommentBody<'static>, CommentsPart<'static>, CoverageReport,
    EntityBody<'static>, EntityLinkBody, EntitySearchResult<'static>, ErrorBody, EventsPart<'static>,
    EvidenceRecord<'static>, FieldBody, FieldCategoryBody, FreshWorld, Health, IdsRecord, IssueLinkBody<'static>,
    LinkTypeBody, Map<String, Value>, NamedSnapshot, NamedWorld, NotificationRecord, PresetList, QueueBody<'static>,
    RequestRecord, ShownIssue<'static>, StoredFile, TooFew, TransitionBody, UserBody<'static>, usize,
    // Of requests.
    Check, ChecklistItemChange, ChecklistItemInput, ChecklistMoveBody, ClockRequest, CommentImportBody,
    CommentUpdateBody, EntitySearchBody, EntityUpdateBody, IdsRequest, IssueImportBody, IssueLinkInput, IssueSearchBody,
    IssueUpdateBody, NewCommentBody, NewEntityBody, NewIssueBody, OneOrList<ChecklistItemChange>,
    OneOrList<ChecklistItemInput>, OneOrList<EntityLinkInput>, RuleList, TransitionInput,
    // Of both.
    Fixture<'static>,
}

/// Where schemas are gathered. What is written and what is read differ: of what is written, each key that is always
/// there is required.
pub(super) struct Schemas {
    written: SchemaGenerator,
    read: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            written: settings().for_serialize().into_generator(),
            read: settings().for_deserialize().into_generator(),
        }
    }
}

impl Schemas {
    /// That of an answer.
    pub(super) fn answer(&mut self, body: TypeId) -> Value {
        schema(body, &mut self.written)
    }

    /// That of an error.
    pub(super) fn error(&mut self) -> Value {
        self.answer(TypeId::of::<ErrorBody>())
    }

    /// That of the body of a request.
    pub(super) fn request(&mut self, body: TypeId) -> Value {
        schema(body, &mut self.read)
    }

    /// All that were asked for, and those that they refer to, by name. One that is written and read in different ways
    /// is there twice, and `paths`, which has the requests, is told the other name.
    pub(super) fn finish(mut self, paths: &mut Map<String, Value>) -> Map<String, Value> {
        let mut all = self.written.take_definitions(true);
        let mut read = self.read.take_definitions(true);
        let twofold = twofold(&all, &read);
        let bodies = paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut);
        let bodies = bodies.filter_map(|operation| operation.get_mut("requestBody"));
        bodies.chain(read.values_mut()).for_each(|schema| refer_to_read(schema, &twofold));
        all.extend(read.into_iter().map(|(name, schema)| match twofold.contains(&name) {
            true => (format!("{name}Input"), schema),
            false => (name, schema),
        }));
        all.sort_keys();
        all
    }
}

/// The names whose schemas differ between requests and answers, themselves or in what they refer to.
fn twofold(written: &Map<String, Value>, read: &Map<String, Value>) -> BTreeSet<String> {
    let both = || read.iter().filter(|(name, _)| written.contains_key(*name));
    let mut found: BTreeSet<String> =
        both().filter(|(name, schema)| written.get(*name) != Some(*schema)).map(|(name, _)| name.clone()).collect();
    loop {
        let refers = |schema: &Value| {
            let mut renamed = schema.clone();
            refer_to_read(&mut renamed, &found);
            renamed != *schema
        };
        let more: Vec<String> = both()
            .filter(|(name, schema)| !found.contains(*name) && refers(schema))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// Changes references to those of `names` into references to what is read.
fn refer_to_read(schema: &mut Value, names: &BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value) {
                    ("$ref", Value::String(target)) => {
                        if target.rsplit('/').next().is_some_and(|name| names.contains(name)) {
                            target.push_str("Input");
                        }
                    }
                    (_, value) => refer_to_read(value, names),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| refer_to_read(item, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
