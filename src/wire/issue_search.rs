//! Searching issues (reference page search-issues).

use serde_json::Value;

use super::filter::{self, user_names};
use super::input::{Expected, InputError, Object, Problem, Read, named, object, optional};
use crate::domain::catalog::CatalogItem;
use crate::domain::issue::Issue;
use crate::domain::user::User;
use crate::domain::world::World;

/// What is looked for.
#[derive(Debug, Default)]
pub struct IssueSearch {
    queue: Option<Vec<String>>,
    keys: Option<Vec<String>>,
    filter: Vec<(Field, Vec<String>)>,
    has_filter: bool,
    /// Whether the query language is used.
    pub has_query: bool,
    /// The names in `filter` that cannot be filtered by.
    pub unknown_fields: Vec<String>,
}

/// What can be filtered by.
#[derive(Clone, Copy, Debug)]
enum Field {
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

impl Field {
    fn parse(name: &str) -> Option<Self> {
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

    /// Every text that names the field's value.
    fn values(self, issue: &Issue) -> Vec<String> {
        let item = |item: &CatalogItem| vec![item.key.to_owned(), item.id.to_string(), item.name.to_owned()];
        let fields = &issue.fields;
        match self {
            Self::Queue => vec![issue.queue.key.clone(), issue.queue.id.to_string(), issue.queue.name.clone()],
            Self::Key => vec![issue.key.clone()],
            Self::Type => item(fields.issue_type),
            Self::Priority => item(fields.priority),
            Self::Status => item(fields.status),
            Self::Assignee => fields.assignee.iter().flat_map(|one| user_names(one)).collect(),
            Self::CreatedBy => user_names(&issue.created_by).to_vec(),
            Self::Followers => fields.followers.iter().flat_map(|one| user_names(one)).collect(),
            Self::Tags => fields.tags.clone(),
            Self::Summary => vec![fields.summary.clone()],
        }
    }
}

impl IssueSearch {
    /// Reads `queue`, `keys`, `filter` and `query`.
    ///
    /// # Errors
    /// When one is of the wrong type.
    pub fn read(body: &Object) -> Result<Self, InputError> {
        let mut search = Self {
            queue: optional(body, "queue", names)?,
            keys: optional(body, "keys", names)?,
            has_query: optional(body, "query", |value| Ok(value.as_str() != Some("")))?.unwrap_or(false),
            ..Self::default()
        };
        let filter = optional(body, "filter", |value| object(value).cloned())?.filter(|filter| !filter.is_empty());
        search.has_filter = filter.is_some();
        for (name, value) in filter.unwrap_or_default() {
            if value.is_null() {
                continue;
            }
            let Some(field) = Field::parse(&name) else {
                search.unknown_fields.push(name);
                continue;
            };
            let wanted = names(&value).map_err(|problem| InputError { field: format!("filter.{name}"), problem })?;
            search.filter.push((field, wanted));
        }
        Ok(search)
    }

    /// Whether more than one of queue, keys and filter is given.
    #[must_use]
    pub fn is_combined(&self) -> bool {
        let given = [self.queue.is_some(), self.keys.is_some(), self.has_filter, self.has_query];
        given.into_iter().filter(|given| *given).count() > 1
    }

    /// Whether the result may be scrolled through: that of a queue or of keys may not.
    #[must_use]
    pub fn can_scroll(&self) -> bool {
        self.queue.is_none() && self.keys.is_none()
    }

    /// The issues that are looked for, by queue and number.
    #[must_use]
    pub fn run<'a>(&self, actor: &User, world: &'a World) -> Vec<&'a Issue> {
        let one_of = |wanted: &Option<Vec<String>>, values: &[String]| {
            wanted.as_ref().is_none_or(|wanted| wanted.iter().any(|one| values.contains(one)))
        };
        let matches = |issue: &&Issue| {
            let named = [issue.key.clone(), issue.id.to_string()];
            one_of(&self.queue, &Field::Queue.values(issue))
                && one_of(&self.keys, &named)
                && self.filter.iter().all(|(field, wanted)| filter::matches(wanted, &field.values(issue), actor))
        };
        let mut found: Vec<&Issue> = world.issues().filter(matches).collect();
        let number = |issue: &Issue| issue.key.rsplit('-').next().and_then(|number| number.parse::<u64>().ok());
        found.sort_by(|one, other| one.queue.key.cmp(&other.queue.key).then(number(one).cmp(&number(other))));
        found
    }
}

/// One name, or a list of them.
fn names(value: &Value) -> Read<Vec<String>> {
    let name = |value: &Value| named(value, &["key", "id", "login"]).ok_or(Problem::Not(Expected::Text));
    match value.as_array() {
        Some(values) => values.iter().map(name).collect(),
        None => name(value).map(|one| vec![one]),
    }
}
