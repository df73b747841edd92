//! From a method and a path to the line of an endpoint table. axum's own router would do, but it clones itself, boxes
//! several futures and fills the request's extensions each time, which takes longer than most handlers do.

use std::collections::HashMap;

use axum::http::Method;

use super::endpoint::Endpoint;

/// More variable segments than any path has.
const MAX_CAPTURES: usize = 4;

/// The endpoints of a table by their paths.
#[derive(Debug)]
pub(crate) struct Routes {
    root: Node,
    paths: Vec<OnPath>,
}

/// What a request is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found<'a> {
    Endpoint(&'a Endpoint, Captures),
    /// The path is known, and these methods on it.
    OtherMethods(&'a str),
    Nothing,
}

/// Where the variable segments of a path stand in it, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Captures {
    places: [(u16, u16); MAX_CAPTURES],
    count: usize,
}

/// A place in the tree of paths. A literal segment comes before a variable one.
#[derive(Debug, Default)]
struct Node {
    literals: Vec<(&'static str, Node)>,
    variable: Option<Box<Node>>,
    /// The path that ends here, by its index.
    path: Option<usize>,
}

/// The endpoints with the same path.
#[derive(Debug)]
struct OnPath {
    endpoints: Vec<Endpoint>,
    /// Their methods, as `Allow` lists them.
    allowed: String,
}

impl Routes {
    /// The lines of a table. A slash at the end of a path is not part of it.
    pub(crate) fn new(endpoints: Vec<Endpoint>) -> Self {
        let mut root = Node::default();
        let mut indices = HashMap::new();
        let mut paths: Vec<OnPath> = Vec::new();
        for endpoint in endpoints {
            let path = without_slash(endpoint.path());
            let index = *indices.entry(path).or_insert_with(|| {
                root.add(path, paths.len());
                paths.push(OnPath { endpoints: Vec::new(), allowed: String::new() });
                paths.len() - 1
            });
            paths[index].endpoints.push(endpoint);
        }
        paths.iter_mut().for_each(OnPath::list_methods);
        Self { root, paths }
    }

    /// What a request is for whose `path` begins with a prefix of this length. `HEAD` is `GET`.
    pub(crate) fn find(&self, method: &Method, path: &str, prefix_bytes: usize) -> Found<'_> {
        let path = without_slash(path);
        let mut captures = Captures::default();
        let Some(index) = self.root.find(path, prefix_bytes + 1, &mut captures) else { return Found::Nothing };
        let on_path = &self.paths[index];
        let method = if method == Method::HEAD { &Method::GET } else { method };
        match on_path.endpoints.iter().find(|endpoint| endpoint.method() == method) {
            Some(endpoint) => Found::Endpoint(endpoint, captures),
            None => Found::OtherMethods(&on_path.allowed),
        }
    }
}

/// Every path may be written with one slash at its end.
pub(super) fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

impl OnPath {
    fn list_methods(&mut self) {
        let mut methods: Vec<&str> = self.endpoints.iter().map(|endpoint| endpoint.method().as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        self.allowed = methods.join(", ");
    }
}

impl Node {
    fn add(&mut self, path: &'static str, index: usize) {
        let mut node = self;
        for segment in path.split('/').skip(1) {
            node = node.child(segment);
        }
        node.path = Some(index);
    }

    fn child(&mut self, segment: &'static str) -> &mut Self {
        if segment.starts_with('{') {
            return self.variable.get_or_insert_default();
        }
        let known = self.literals.iter().position(|(literal, _)| *literal == segment);
        let index = known.unwrap_or_else(|| {
            self.literals.push((segment, Self::default()));
            self.literals.len() - 1
        });
        &mut self.literals[index].1
    }

    /// The index of the path that `path` is from the byte `start` on, where a segment begins.
    fn find(&self, path: &str, start: usize, captures: &mut Captures) -> Option<usize> {
        let Some(rest) = path.get(start..) else { return self.path };
        let end = rest.bytes().position(|byte| byte == b'/').map_or(path.len(), |length| start + length);
        let segment = &path[start..end];
        if let Some((_, child)) = self.literals.iter().find(|(literal, _)| *literal == segment)
            && let Some(found) = child.find(path, end + 1, captures)
        {
            return Some(found);
        }
        let child = self.variable.as_ref().filter(|_| !segment.is_empty())?;
        let before = captures.count;
        captures.push(start, end)?;
        let found = child.find(path, end + 1, captures);
        if found.is_none() {
            captures.count = before;
        }
        found
    }
}

impl Captures {
    fn push(&mut self, start: usize, end: usize) -> Option<()> {
        let place = self.places.get_mut(self.count)?;
        *place = (u16::try_from(start).ok()?, u16::try_from(end).ok()?);
        self.count += 1;
        Some(())
    }

    /// The variable segments of the path in which they were found, as they are written there.
    pub(crate) fn of<'p>(&self, path: &'p str) -> impl Iterator<Item = &'p str> {
        let segment = move |&(start, end): &(u16, u16)| path.get(usize::from(start)..usize::from(end));
        self.places.iter().take(self.count).map_while(segment)
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::{get, post};
    use super::*;

    /// What `find` finds, in short.
    fn found(method: &Method, path: &str) -> String {
        let handler = || async {};
        let routes = Routes::new(vec![
            post("/files/", handler),
            get("/things/{id}", handler),
            get("/things/_all", handler),
            post("/things/_count", handler),
            get("/things/{id}/files", handler),
            post("/things/{id}/files/", handler),
            post("/things/{id}/files/{file}", handler),
        ]);
        match routes.find(method, path, "/v2".len()) {
            Found::Endpoint(endpoint, captures) => {
                let segments: Vec<_> = captures.of(path).collect();
                format!("{} {} {segments:?}", endpoint.method(), endpoint.path())
            }
            Found::OtherMethods(allowed) => allowed.to_owned(),
            Found::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn paths_lead_to_endpoints() {
        for (method, path, expected) in [
            (Method::POST, "/v2/files", "POST /files/ []"),
            (Method::POST, "/v2/files/", "POST /files/ []"),
            (Method::POST, "/v2/files//", "nothing"),
            (Method::GET, "/v2/things/7", "GET /things/{id} [\"7\"]"),
            (Method::HEAD, "/v3/things/a%2Fb/", "GET /things/{id} [\"a%2Fb\"]"),
            (Method::GET, "/v2/things//files", "nothing"),
            (Method::GET, "/v2/things/_all", "GET /things/_all []"),
            (Method::GET, "/v2/things/_all/files", "GET /things/{id}/files [\"_all\"]"),
            (Method::POST, "/v2/things/7/files/8", "POST /things/{id}/files/{file} [\"7\", \"8\"]"),
            (Method::POST, "/v2/things/7/files/8/9", "nothing"),
            (Method::GET, "/v2/things", "nothing"),
            (Method::GET, "/v2/", "nothing"),
            (Method::GET, "/v2", "nothing"),
        ] {
            assert_eq!(found(&method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn only_the_methods_of_a_path_are_allowed_on_it() {
        for (method, path, allowed) in [
            (Method::PUT, "/v2/files", "POST"),
            (Method::PUT, "/v2/things/1/files", "GET, POST, HEAD"),
            (Method::PUT, "/v3/things/1/files/2/", "POST"),
            (Method::GET, "/v2/things/1/files/2", "POST"),
            // The path decides first, so this is not the thing of that name.
            (Method::GET, "/v2/things/_count", "POST"),
        ] {
            assert_eq!(found(&method, path), allowed, "{method} {path}");
        }
    }
}
