//! The schemas of bodies, from the types that they are written as.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::api::{Input, Shape};
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
    pub(super) fn answer(&mut self, shape: Shape) -> Value {
        let written = &mut self.written;
        let schema = match shape {
            Shape::Attachment => of::<AttachmentBody<'_>>(written),
            Shape::CatalogItem => of::<CatalogItemBody>(written),
            Shape::ChangelogEntry => of::<ChangelogEntryBody<'_>>(written),
            Shape::ChecklistItem => of::<ChecklistItemBody<'_>>(written),
            Shape::Comment => of::<CommentBody<'_>>(written),
            Shape::CommentsPart => of::<CommentsPart<'_>>(written),
            Shape::Count => of::<usize>(written),
            Shape::Entity => of::<EntityBody<'_>>(written),
            Shape::EntityLink => of::<EntityLinkBody>(written),
            Shape::EntitySearchResult => of::<EntitySearchResult<'_>>(written),
            Shape::EventsPart => of::<EventsPart<'_>>(written),
            Shape::Field => of::<FieldBody>(written),
            Shape::FieldCategory => of::<FieldCategoryBody>(written),
            Shape::Issue => of::<ShownIssue<'_>>(written),
            Shape::IssueLink => of::<IssueLinkBody<'_>>(written),
            Shape::LinkType => of::<LinkTypeBody>(written),
            Shape::Queue => of::<QueueBody<'_>>(written),
            Shape::Transition => of::<TransitionBody>(written),
            Shape::User => of::<UserBody<'_>>(written),
            Shape::Anything => of::<Map<String, Value>>(written),
            Shape::FreshWorld => of::<FreshWorld>(written),
            Shape::NamedSnapshot => of::<NamedSnapshot>(written),
            Shape::NamedWorld => of::<NamedWorld>(written),
            Shape::Health => of::<Health>(written),
            Shape::Notification => of::<NotificationRecord>(written),
            Shape::ArmedFaults => of::<ArmedList>(written),
            Shape::FaultPresets => of::<PresetList>(written),
            Shape::Clock => of::<ClockRecord>(written),
            Shape::Coverage => of::<CoverageReport>(written),
            Shape::Evidence => of::<EvidenceRecord<'_>>(written),
            Shape::Ids => of::<IdsRecord>(written),
            Shape::Request => of::<RequestRecord>(written),
            Shape::StoredFile => of::<StoredFile>(written),
            Shape::TooFew => of::<TooFew>(written),
            Shape::Verdict => of::<Checked>(written),
            Shape::World => of::<Fixture<'_>>(written),
        };
        schema.to_value()
    }

    /// That of an error.
    pub(super) fn error(&mut self) -> Value {
        of::<ErrorBody>(&mut self.written).to_value()
    }

    /// That of the body of a request.
    pub(super) fn request(&mut self, input: Input) -> Value {
        let read = &mut self.read;
        let schema = match input {
            Input::NewEntity => of::<NewEntityBody>(read),
            Input::EntityUpdate => of::<EntityUpdateBody>(read),
            Input::EntityLinks => of::<OneOrList<EntityLinkInput>>(read),
            Input::EntitySearch => of::<EntitySearchBody>(read),
            Input::NewChecklistItem => of::<ChecklistItemInput>(read),
            Input::NewChecklistItems => of::<OneOrList<ChecklistItemInput>>(read),
            Input::ChecklistItemChange => of::<ChecklistItemChange>(read),
            Input::ChecklistItemChanges => of::<OneOrList<ChecklistItemChange>>(read),
            Input::ChecklistMove => of::<ChecklistMoveBody>(read),
            Input::NewComment => of::<NewCommentBody>(read),
            Input::CommentImport => of::<CommentImportBody>(read),
            Input::CommentUpdate => of::<CommentUpdateBody>(read),
            Input::NewIssue => of::<NewIssueBody>(read),
            Input::IssueLink => of::<IssueLinkInput>(read),
            Input::IssueImport => of::<IssueImportBody>(read),
            Input::IssueUpdate => of::<IssueUpdateBody>(read),
            Input::Transition => of::<TransitionInput>(read),
            Input::Check => of::<Check>(read),
            Input::FaultRules => of::<RuleList>(read),
            Input::World => of::<Fixture<'_>>(read),
            Input::Clock => of::<ClockRequest>(read),
            Input::Ids => of::<IdsRequest>(read),
            Input::IssueSearch => of::<IssueSearchBody>(read),
        };
        schema.to_value()
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

/// The names that mean one thing when written and another when read, by themselves or by what they refer to.
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

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
