//! Checks answers against the OpenAPI document. Every answer that a test gets in process is checked, so all tests
//! together prove what the document says about answers.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use axum::http::{Method, StatusCode};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::Answer;

/// Statuses that every operation may have without listing them. They are about limits and the protocol.
const ALWAYS_POSSIBLE: [u16; 8] = [405, 408, 413, 415, 422, 500, 503, 507];

static DOCUMENT: LazyLock<Value> = LazyLock::new(tracker_mock::openapi);

/// An operation of the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Documented {
    pub(crate) path: &'static str,
    pub(crate) method: &'static str,
    value: &'static Value,
}

impl Documented {
    /// All operations.
    pub(crate) fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Documented>> = LazyLock::new(|| {
            let of_path = |(path, methods): (&'static String, &'static Value)| {
                let operations = members(methods).filter(|(key, _)| *key != "servers");
                operations.map(move |(method, value)| Documented { path, method, value })
            };
            members(&DOCUMENT["paths"]).flat_map(of_path).collect()
        });
        &ALL
    }

    /// The operation with this name.
    pub(crate) fn named(name: &str) -> Self {
        *Self::all().iter().find(|one| one.name() == name).unwrap_or_else(|| panic!("{name} is not documented"))
    }

    /// The operation that a request calls; `None` for an unknown path or another method.
    fn find(method: &Method, path: &str) -> Option<Self> {
        const CONTROL: &str = "/_mock/";
        let below = ["/v2", "/v3"].iter().find_map(|version| path.strip_prefix(version));
        let path =
            below.filter(|path| !path.starts_with(CONTROL)).or(Some(path).filter(|path| path.starts_with(CONTROL)))?;
        let given: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').skip(1).collect();
        let template = |one: &Self| one.path.trim_matches('/').split('/');
        let alike = |(known, given): (&str, &&str)| known.starts_with('{') || known == *given;
        let fits = |one: &Self| template(one).zip(&given).all(alike) && template(one).count() == given.len();
        let literal = |one: &Self| template(one).map(|part| part.starts_with('{')).collect::<Vec<_>>();
        let fitting: Vec<Self> = Self::all().iter().copied().filter(fits).collect();
        let best = fitting.iter().min_by_key(|one| literal(one))?;
        let method = if method == Method::HEAD { "get" } else { &method.as_str().to_lowercase() };
        fitting.iter().find(|one| template(one).eq(template(best)) && one.method == method).copied()
    }

    /// The name of the operation.
    pub(crate) fn name(&self) -> &'static str {
        self.value["operationId"].as_str().expect("a name")
    }

    /// The parameters in one place: `path`, `query` or `header`.
    pub(crate) fn parameters(&self, place: &str) -> Vec<&'static Value> {
        let all = self.value["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        all.iter().filter(|parameter| parameter["in"] == place).collect()
    }

    /// The documented statuses.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        members(&self.value["responses"]).map(|(status, _)| status.parse().expect("a status")).collect()
    }

    /// The schema of the JSON body of a request, if it has one.
    pub(crate) fn request_schema(&self) -> Option<&'static Value> {
        self.value.pointer("/requestBody/content/application~1json/schema")
    }

    /// The example of the JSON body of a request, if it has one.
    pub(crate) fn request_example(&self) -> Option<&'static Value> {
        self.value.pointer("/requestBody/content/application~1json/example")
    }

    /// Whether the body of a request is a form.
    pub(crate) fn takes_form(&self) -> bool {
        self.value.pointer("/requestBody/content/multipart~1form-data").is_some()
    }

    /// The method and the path, such as `GET /myself`.
    pub(crate) fn row(&self) -> &'static str {
        static ROWS: LazyLock<HashMap<(&'static str, &'static str), String>> = LazyLock::new(|| {
            let row =
                |one: &Documented| ((one.method, one.path), format!("{} {}", one.method.to_uppercase(), one.path));
            Documented::all().iter().map(row).collect()
        });
        &ROWS[&(self.method, self.path)]
    }

    fn check(&self, method: &Method, answer: &Answer) {
        let context = format!("{} answered {}: {:?}", self.name(), answer.status, answer.body);
        let status = answer.status.as_u16();
        let Some(response) = self.value["responses"].get(status.to_string()) else {
            assert!(ALWAYS_POSSIBLE.contains(&status), "not documented: {context}");
            return check_error(answer);
        };
        let response = resolved(response);
        for (name, header) in members(&response["headers"]) {
            let required = resolved(header)["required"] == true;
            assert!(!required || answer.headers.contains_key(name), "no {name}: {context}");
        }
        if *method == Method::HEAD || response.get("content").is_none() {
            return assert!(answer.body.is_empty(), "{context}");
        }
        let kind = answer.header("content-type").unwrap_or_default().split(';').next().expect("a first part");
        let content = &response["content"];
        let body = content.get(kind).or_else(|| content.get("*/*")).unwrap_or_else(|| panic!("{kind}: {context}"));
        if kind == "application/json"
            && let Some(schema) = body.get("schema")
        {
            assert_valid(schema, &answer.json(), &context);
        }
    }
}

/// Panics if the document does not list this answer to a request for `path`.
pub(super) fn check(method: &Method, path: &str, answer: &Answer) {
    match Documented::find(method, path) {
        Some(operation) => operation.check(method, answer),
        None if *method == Method::HEAD || answer.status == StatusCode::NO_CONTENT => {}
        None => check_error(answer),
    }
}

/// Panics if the server accepted a JSON body that the document does not allow. An empty body, and `null`, are not
/// checked.
pub(super) fn check_accepted(method: &Method, path: &str, body: &Value, answer: &Answer) {
    let path = path.split('?').next().expect("a first part");
    let schema = Documented::find(method, path).and_then(|operation| operation.request_schema());
    if let Some(schema) = schema.filter(|_| answer.status.is_success() && !body.is_null()) {
        assert!(is_valid(schema, body), "{method} {path} accepted {body}, which {schema} does not know");
    }
}

fn check_error(answer: &Answer) {
    if answer.body.is_empty() {
        return;
    }
    let schema = json!({"$ref": "#/components/schemas/Error"});
    assert_valid(&schema, &answer.json(), "an error");
    assert_eq!(answer.json()["statusCode"], answer.status.as_u16());
}

/// Panics unless `value` matches the schema and has no keys beyond it.
fn assert_valid(schema: &Value, value: &Value, context: &str) {
    static KNOWN: LazyLock<Validators> = LazyLock::new(|| {
        let mut components = DOCUMENT["components"].clone();
        close(&mut components["schemas"]);
        Validators::new(components)
    });
    let problems: Vec<_> =
        KNOWN.get(schema).iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(problems.is_empty(), "{context}: {problems:#?}");
}

/// Whether `value` matches the schema.
pub(crate) fn is_valid(schema: &Value, value: &Value) -> bool {
    static KNOWN: LazyLock<Validators> = LazyLock::new(|| Validators::new(DOCUMENT["components"].clone()));
    KNOWN.get(schema).is_valid(value)
}

/// Validators of schemas that refer to the same components. Each is made once.
struct Validators {
    components: Value,
    made: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Validators {
    fn new(components: Value) -> Self {
        Self { components, made: Mutex::default() }
    }

    fn get(&self, schema: &Value) -> Arc<Validator> {
        let make = || {
            let whole = json!({"components": self.components, "allOf": [schema]});
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            Arc::new(options.build(&whole).expect("a schema"))
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(schema.to_string()).or_insert_with(make))
    }
}

/// Makes objects with known keys refuse other keys.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("type").is_some_and(|kind| kind == "object") && members.contains_key("properties") {
                members.entry("unevaluatedProperties").or_insert(Value::Bool(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(&reference[1..]).expect("what it refers to"),
        None => value,
    }
}

fn members(value: &'static Value) -> impl Iterator<Item = (&'static String, &'static Value)> {
    static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    value.as_object().unwrap_or(&NONE).iter()
}
