//! What each operation takes and answers, beside its method and path: the one description that the OpenAPI document,
//! coverage, faults and deviations are made from. An operation is named after its handler. The lists are in the files
//! of this folder, one per kind of resource; `tests/it/operations.rs` holds them against what the handlers do.

mod comments;
mod details;
mod entities;
mod files;
mod issues;
mod parameter;
mod surroundings;

use std::sync::LazyLock;

use axum::http::Method;

pub(crate) use self::details::{Answer, Content, Details, Header, Input, RequestBody, Shape};
pub(crate) use self::parameter::{Kind, Parameter, Presence};
use super::endpoint::Endpoint;

/// What every operation of the emulated API may answer: a wrong query or `Host`, no usable token, no organisation.
const ERRORS_OF_ALL: [u16; 3] = [400, 401, 403];

/// One documented operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The name of the handler.
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    /// As documented, below a version or `/_mock`, as in `/entities/{type}/{id}`.
    pub(crate) path: &'static str,
    pub(crate) details: &'static Details,
    /// The statuses that are documented, in rising order.
    pub(crate) statuses: Vec<u16>,
}

impl Operation {
    /// What the documents list values for and coverage asks about: `notify`, `notifyAuthor`, `expand`, `filename` and
    /// `fields`, as far as the operation reads them. A parameter without known values takes any text.
    pub(crate) fn covered_parameters(&self) -> impl Iterator<Item = &'static Parameter> + use<> {
        const COVERED: [&str; 5] = ["notify", "notifyAuthor", "expand", "filename", "fields"];
        self.details.query.iter().filter(|parameter| COVERED.contains(&parameter.name) && parameter.kind.is_read())
    }
}

/// Every operation of the emulated API, in the order of its table.
pub(crate) fn operations() -> &'static [Operation] {
    static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
        let lists = [files::ALL, entities::ALL, comments::ALL, issues::ALL, surroundings::ALL];
        describe(super::endpoints(), &lists, &ERRORS_OF_ALL)
    });
    &OPERATIONS
}

/// The operation of the emulated API that a request is, by the path that the client wrote; `HEAD` is `GET`.
pub(crate) fn find(method: &Method, path: &str) -> Option<&'static Operation> {
    let below = path.strip_prefix("/v2/").or_else(|| path.strip_prefix("/v3/"))?;
    find_below(operations(), method, below)
}

/// The operation of this name.
pub(crate) fn by_name(name: &str) -> Option<&'static Operation> {
    operations().iter().find(|operation| operation.name == name)
}

/// The lines of a table with what the lists say of them; `errors` are those that each may answer.
pub(crate) fn describe(
    endpoints: Vec<Endpoint>,
    lists: &[&'static [Details]],
    errors: &'static [u16],
) -> Vec<Operation> {
    let describe = |line: Endpoint| {
        let (name, method, path) = line.into_parts();
        let details = lists.iter().copied().flatten().find(|details| details.name == name)?;
        let successes = details.answers.iter().map(|answer| answer.status);
        let mut statuses: Vec<u16> = successes.chain(details.errors.iter().chain(errors).copied()).collect();
        statuses.sort_unstable();
        statuses.dedup();
        Some(Operation { name, method, path, details, statuses })
    };
    endpoints.into_iter().filter_map(describe).collect()
}

/// As the router does it: the path decides first, and a literal segment comes before a placeholder.
pub(crate) fn find_below(operations: &'static [Operation], method: &Method, path: &str) -> Option<&'static Operation> {
    let given: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    let fitting = operations.iter().filter(|operation| fits(operation.path, &given));
    let path = fitting.map(|operation| without_slash(operation.path)).min_by_key(|path| placeholders(path))?;
    let method = if method == Method::HEAD { &Method::GET } else { method };
    operations.iter().find(|operation| without_slash(operation.path) == path && operation.method == method)
}

fn fits(template: &str, given: &[&str]) -> bool {
    let template: Vec<&str> = without_slash(template).split('/').skip(1).collect();
    let alike = |(template, given): (&&str, &&str)| {
        if is_placeholder(template) { !given.is_empty() } else { template == given }
    };
    template.len() == given.len() && template.iter().zip(given).all(alike)
}

/// Which segments are placeholders, so that of two paths the one that is literal first comes first.
fn placeholders(template: &str) -> Vec<bool> {
    template.split('/').map(is_placeholder).collect()
}

fn is_placeholder(segment: &str) -> bool {
    segment.starts_with('{')
}

fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_described_and_nothing_else() {
        let names: Vec<_> = super::super::endpoints().into_iter().map(|line| line.into_parts().0).collect();
        assert_eq!(operations().iter().map(|operation| operation.name).collect::<Vec<_>>(), names);
        let lists = [files::ALL, entities::ALL, comments::ALL, issues::ALL, surroundings::ALL];
        assert_eq!(lists.iter().map(|list| list.len()).sum::<usize>(), names.len());
        let mut unique = names.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), names.len(), "a name is given twice");
    }

    #[test]
    fn path_parameters_are_the_placeholders() {
        for operation in operations() {
            let placeholders: Vec<_> =
                operation.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
            let described: Vec<_> = operation.details.path.iter().map(|parameter| parameter.name).collect();
            assert_eq!(described, placeholders, "{}", operation.name);
        }
    }

    #[test]
    fn requests_are_found_as_the_router_finds_them() {
        for (method, path, expected) in [
            (Method::POST, "/v2/attachments/", Some("upload_temp_file")),
            (Method::POST, "/v3/attachments", Some("upload_temp_file")),
            (Method::GET, "/v2/attachments/30/a%2Fb.txt", Some("download_file")),
            (Method::HEAD, "/v2/attachments/30/a.txt", Some("download_file")),
            (Method::GET, "/v2/fields/categories", Some("list_field_categories")),
            (Method::GET, "/v2/fields/summary/", Some("get_field")),
            (Method::GET, "/v2/issues/JUNE-2/comments/_relative", Some("list_issue_comments_relative")),
            (Method::DELETE, "/v2/issues/JUNE-2/attachments/7", Some("delete_issue_file")),
            // The path is that of a search, which is no GET.
            (Method::GET, "/v2/issues/_search", None),
            (Method::PUT, "/v2/attachments/30", None),
            (Method::GET, "/v2/attachments//", None),
            (Method::GET, "/v4/attachments/30", None),
            (Method::GET, "/_mock/health", None),
            (Method::GET, "/v2", None),
        ] {
            assert_eq!(find(&method, path).map(|found| found.name), expected, "{method} {path}");
        }
    }

    #[test]
    fn an_operation_is_found_by_its_whole_name() {
        assert_eq!(by_name("attach_file").map(|found| found.path), Some("/entities/{type}/{id}/attachments/{fileId}"));
        assert!(by_name("attach_fil").is_none());
    }
}
