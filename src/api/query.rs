//! Query strings: decoded strictly, read by name and type. The middleware parses the query of each request once;
//! the result is in [`super::request_info::RequestInfo`].

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use super::ApiError;
use crate::domain::{FileName, NotifyOptions};
use crate::wire::{EntityView, Expand, IssueView, ShownField};

/// The values of `expand` for an entity.
pub(super) const ENTITY_EXPAND: [&str; 2] = ["attachments", "all"];
/// The values of `expand` for a comment.
pub(super) const COMMENT_EXPAND: [&str; 4] = ["attachments", "html", "reactions", "all"];
/// The values of `expand` for an issue.
pub(super) const ISSUE_EXPAND: [&str; 4] = ["attachments", "comments", "transitions", "links"];

/// The largest `page`.
pub(super) const MAX_PAGE: usize = u32::MAX as usize;
/// The largest `perPage`.
pub(super) const MAX_PER_PAGE: usize = 10_000;

/// The parameters of a request. Unknown ones are ignored, as the real service ignores them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query(Arc<[(String, String)]>);

impl Query {
    /// Decodes `a=b&c=d`; `+` is a space and `%2B` a plus. Fails when an escape does not decode to UTF-8.
    pub(crate) fn parse(query: &str) -> Result<Self, ApiError> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).ok_or_else(|| ApiError::QueryNotUtf8 { name: name.to_owned() })?;
            let value = decode(value).ok_or_else(|| ApiError::QueryNotUtf8 { name: name.clone() })?;
            Ok((name, value))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// The single value of a parameter. Fails when it is given more than once.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, ApiError> {
        let mut values = self.values(name);
        let value = values.next();
        match values.next() {
            Some(_) => Err(ApiError::RepeatedParameter { name }),
            None => Ok(value),
        }
    }

    /// `true` or `false` in any letter case. Fails for any other value, even an empty one, and if it is given more than
    /// once.
    pub(crate) fn boolean(&self, name: &'static str, default: bool) -> Result<bool, ApiError> {
        match self.text(name)? {
            None => Ok(default),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(ApiError::InvalidBoolean { name, value: text.to_owned() }),
        }
    }

    /// A whole number from 1 to `max`, in decimal digits. Fails for any other value, even an empty one, and if it is
    /// given more than once.
    pub(crate) fn positive(&self, name: &'static str, max: usize) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && (1..=max).contains(number));
        number.map(Some).ok_or_else(|| ApiError::InvalidNumber { name, value: text.to_owned(), max })
    }

    /// Which page of a list is wanted, from 1.
    pub(crate) fn page(&self) -> Result<usize, ApiError> {
        Ok(self.positive("page", MAX_PAGE)?.unwrap_or(1))
    }

    /// How many items a page holds.
    pub(crate) fn per_page(&self) -> Result<usize, ApiError> {
        Ok(self.positive("perPage", MAX_PER_PAGE)?.unwrap_or(50))
    }

    /// The members of a list, separated by commas or given as repeated parameters. Empty members are dropped.
    pub(crate) fn list(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.values(name).flat_map(|value| value.split(',')).map(str::trim).filter(|member| !member.is_empty())
    }

    /// The new name of a file, `?filename=`. Fails if no file may have that name, or if it is given more than once.
    pub(crate) fn file_name(&self) -> Result<Option<FileName>, ApiError> {
        let name = self.text("filename")?.map(FileName::new).transpose();
        name.map_err(|reason| ApiError::InvalidName { parameter: "filename", reason })
    }

    /// The members of `expand`. Fails when one is not among the `known`.
    pub(crate) fn expand(&self, known: &'static [&'static str]) -> Result<Expand, ApiError> {
        let given: Vec<&str> = self.list("expand").collect();
        match given.iter().find(|member| !known.contains(member)) {
            Some(unknown) => Err(ApiError::UnknownExpand { value: (*unknown).to_owned(), known }),
            None => Ok(Expand(known.iter().copied().filter(|member| given.contains(member)).collect())),
        }
    }

    /// What the answer shows of an issue: `expand` and `fields`. Any name is allowed in `fields`, because a queue may
    /// have fields of its own. Fails if a member of `expand` is unknown.
    pub(crate) fn issue_view(&self) -> Result<IssueView, ApiError> {
        let fields = self.list("fields").map(str::to_owned).collect();
        Ok(IssueView { expand: self.expand(&ISSUE_EXPAND)?, fields, checklist_counts: None })
    }

    /// Who is notified of a change. Fails if `notify` or `notifyAuthor` is not a boolean.
    pub(crate) fn notify_options(&self) -> Result<NotifyOptions, ApiError> {
        let default = NotifyOptions::default();
        Ok(NotifyOptions {
            notify: self.boolean("notify", default.notify)?,
            notify_author: self.boolean("notifyAuthor", default.notify_author)?,
        })
    }

    /// What the answer shows of an entity: `expand` and `fields`. Fails with 400 for an unknown member of `expand`, and
    /// with 422 for unknown names in `fields`.
    pub(crate) fn entity_view(&self) -> Result<EntityView, ApiError> {
        Ok(EntityView { expand: self.expand(&ENTITY_EXPAND)?, ..self.fields_by(ShownField::parse)? })
    }

    /// As [`Query::entity_view`], but only from `fields`, which may name the `id` too.
    pub(crate) fn linked_fields(&self) -> Result<EntityView, ApiError> {
        self.fields_by(ShownField::parse_linked)
    }

    fn fields_by(&self, parse: fn(&str) -> Option<ShownField>) -> Result<EntityView, ApiError> {
        let names: Vec<&str> = self.list("fields").collect();
        let unknown: Vec<String> = names.iter().filter(|name| parse(name).is_none()).map(ToString::to_string).collect();
        if !unknown.is_empty() {
            return Err(ApiError::UnknownFields { names: unknown });
        }
        Ok(EntityView { expand: Expand::default(), fields: names.into_iter().filter_map(parse).collect() })
    }

    /// Every parameter with its value, decoded, in the order of the request.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
