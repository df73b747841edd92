//! Searching entities and issues: what can be searched by, and what is found in which order. Reading a search from a
//! request is done in `wire`.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::*;

/// A search for entities. What is not set does not narrow the result.
#[derive(Debug, Default)]
pub(crate) struct EntitySearch {
    /// A part of the summary, in any letter case.
    pub input: Option<String>,
    /// For each key the texts, one of which its value must have.
    pub filter: Vec<(EntityKey, Vec<String>)>,
    /// What the result is ordered by; absent: the short id.
    pub order: Option<EntityKey>,
    /// Whether the order is turned around.
    pub descending: bool,
    /// Whether entities that have a primary parent are left out.
    pub root_only: bool,
}

/// What entities can be filtered and ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntityKey {
    Field(FieldName),
    Id,
    ShortId,
    CreatedBy,
    CreatedAt,
    UpdatedAt,
}

impl EntityKey {
    /// The key of this name in the API.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "id" => Some(Self::Id),
            "shortId" => Some(Self::ShortId),
            "createdBy" => Some(Self::CreatedBy),
            "createdAt" => Some(Self::CreatedAt),
            "updatedAt" => Some(Self::UpdatedAt),
            name => FieldName::parse(name).map(Self::Field),
        }
    }

    /// Every text that names the value: of a user the login, the uid and the name.
    fn values(self, entity: &Entity) -> Vec<String> {
        match self {
            Self::Field(field) => entity.fields.get(field).map(FieldValue::names).unwrap_or_default(),
            Self::Id => vec![entity.id.to_string()],
            Self::ShortId => vec![entity.short_id.to_string()],
            Self::CreatedBy => entity.created_by.names().to_vec(),
            Self::CreatedAt => vec![entity.created_at.to_string()],
            Self::UpdatedAt => vec![entity.updated_at.to_string()],
        }
    }

    fn compare(self, one: &Entity, other: &Entity) -> Ordering {
        match self {
            Self::ShortId => one.short_id.cmp(&other.short_id),
            // Texts may be long, so they are not copied to be compared.
            Self::Field(field)
                if let (Some(FieldValue::Text(one)), Some(FieldValue::Text(other))) =
                    (one.fields.get(field), other.fields.get(field)) =>
            {
                one.cmp(other)
            }
            Self::Field(_) | Self::Id | Self::CreatedBy | Self::CreatedAt | Self::UpdatedAt => {
                self.values(one).cmp(&self.values(other))
            }
        }
    }
}

impl EntitySearch {
    /// The entities of a type that are found, in order. `actor` is the user that `me()` stands for.
    pub(crate) fn run<'a>(&self, kind: EntityType, actor: &User, world: &'a World) -> Vec<&'a Entity> {
        let input = self.input.as_ref().map(|input| input.to_lowercase());
        let filter: Vec<_> = self.filter.iter().map(|(key, wanted)| (key, WantedTexts::new(wanted, actor))).collect();
        let is_found = |entity: &&Entity| {
            let fields = &entity.fields;
            let is_root = fields.parents().is_none_or(|parents| parents.primary.is_none());
            entity.kind == kind
                && input.as_ref().is_none_or(|input| fields.summary().to_lowercase().contains(input))
                && (is_root || !self.root_only)
                && filter.iter().all(|(key, wanted)| wanted.has_one_of(&key.values(entity)))
        };
        let mut found: Vec<&Entity> = world.entities().filter(is_found).collect();
        found.sort_by_key(|entity| entity.short_id);
        if let Some(key) = self.order {
            found.sort_by(|one, other| key.compare(one, other));
        }
        if self.descending {
            found.reverse();
        }
        found
    }
}

/// A search for issues. What is not set does not narrow the result.
#[derive(Debug, Default)]
pub(crate) struct IssueSearch {
    /// Keys, ids or names of queues.
    pub queue: Option<Vec<String>>,
    /// Keys or ids of issues.
    pub keys: Option<Vec<String>>,
    /// For each key the texts, one of which its value must have.
    pub filter: Vec<(IssueKey, Vec<String>)>,
}

/// What issues can be filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssueKey {
    Queue,
    Key,
    Type,
    Priority,
    Status,
    Assignee,
    CreatedBy,
    Followers,
    Tags,
    Summary,
}

impl IssueKey {
    /// The key of this name in the API.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "queue" => Some(Self::Queue),
            "key" => Some(Self::Key),
            "type" => Some(Self::Type),
            "priority" => Some(Self::Priority),
            "status" => Some(Self::Status),
            "assignee" => Some(Self::Assignee),
            "createdBy" | "author" => Some(Self::CreatedBy),
            "followers" => Some(Self::Followers),
            "tags" => Some(Self::Tags),
            "summary" => Some(Self::Summary),
            _ => None,
        }
    }

    /// Every text that names the value.
    fn values(self, issue: &Issue) -> Vec<String> {
        let item = |item: &CatalogItem| {
            let names = item.name.all().map(str::to_owned);
            [item.key.to_owned(), item.id.to_string()].into_iter().chain(names).collect()
        };
        let fields = &issue.fields;
        match self {
            Self::Queue => vec![issue.queue.key.clone(), issue.queue.id.to_string(), issue.queue.name.clone()],
            Self::Key => vec![issue.key.clone()],
            Self::Type => item(fields.issue_type),
            Self::Priority => item(fields.priority),
            Self::Status => item(fields.status),
            Self::Assignee => fields.assignee.iter().flat_map(|one| one.names()).collect(),
            Self::CreatedBy => issue.created_by.names().to_vec(),
            Self::Followers => fields.followers.iter().flat_map(|one| one.names()).collect(),
            Self::Tags => fields.tags.clone(),
            Self::Summary => vec![fields.summary.clone()],
        }
    }
}

impl IssueSearch {
    /// Whether the result may be scrolled through: that of queues or of keys may not.
    pub(crate) fn can_scroll(&self) -> bool {
        self.queue.is_none() && self.keys.is_none()
    }

    /// The issues that are found, by queue and number. `actor` is the user that `me()` stands for.
    pub(crate) fn run<'a>(&self, actor: &User, world: &'a World) -> Vec<&'a Issue> {
        let (queue, keys) =
            (self.queue.as_deref().map(WantedTexts::texts), self.keys.as_deref().map(WantedTexts::texts));
        let filter: Vec<_> = self.filter.iter().map(|(key, wanted)| (key, WantedTexts::new(wanted, actor))).collect();
        let is_found = |issue: &&Issue| {
            queue.as_ref().is_none_or(|wanted| wanted.has_one_of(&IssueKey::Queue.values(issue)))
                && keys.as_ref().is_none_or(|wanted| wanted.has_one_of(&[issue.key.clone(), issue.id.to_string()]))
                && filter.iter().all(|(key, wanted)| wanted.has_one_of(&key.values(issue)))
        };
        let mut found: Vec<&Issue> = world.issues().filter(is_found).collect();
        let number = |issue: &Issue| issue.key.rsplit('-').next().and_then(|number| number.parse::<u64>().ok());
        found.sort_by(|one, other| one.queue.key.cmp(&other.queue.key).then(number(one).cmp(&number(other))));
        found
    }
}

/// The texts, one of which a value must have.
struct WantedTexts<'a> {
    texts: HashSet<&'a str>,
    empty: bool,
    not_empty: bool,
}

impl<'a> WantedTexts<'a> {
    /// Understands `empty()`, `notEmpty()` and `me()` in any letter case.
    fn new(wanted: &'a [String], actor: &'a User) -> Self {
        let mut new = Self::texts(wanted);
        let mut take = |function: &str| {
            let texts = new.texts.len();
            new.texts.retain(|text| !text.eq_ignore_ascii_case(function));
            new.texts.len() < texts
        };
        (new.empty, new.not_empty) = (take("empty()"), take("notEmpty()"));
        if take("me()") {
            new.texts.insert(&actor.login);
        }
        new
    }

    /// Understands no functions.
    fn texts(wanted: &'a [String]) -> Self {
        Self { texts: wanted.iter().map(String::as_str).collect(), empty: false, not_empty: false }
    }

    fn has_one_of(&self, values: &[String]) -> bool {
        let by_function = if values.is_empty() { self.empty } else { self.not_empty };
        by_function || values.iter().any(|value| self.texts.contains(value.as_str()))
    }
}
