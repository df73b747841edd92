//! Handlers that panic, which no route of the product does on purpose.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use tracker_mock::Config;
use tracker_mock::testing::{Api, App, NoRoom, OrgId};

const ORG: &str = "test";

/// The application with endpoints that panic: at once, and while they hold a world.
fn app() -> (App, Router) {
    async fn at_once() -> StatusCode {
        panic!("on purpose")
    }
    async fn in_known_world(State(state): State<Api>) {
        in_world(&state, ORG);
    }
    async fn in_new_world(State(state): State<Api>) {
        in_world(&state, "another");
    }
    fn in_world(state: &Api, org: &str) {
        let _: Result<(), NoRoom> = state.worlds().write(&OrgId::new(org), |_| panic!("holding {org}"));
    }

    let app = App::new(Config::default(), "http://127.0.0.1".to_owned()).expect("good fixtures");
    let mut further = Router::new();
    for version in ["/v2", "/v3"] {
        for (path, handler) in
            [("/panic", get(at_once)), ("/panic/known", get(in_known_world)), ("/panic/new", get(in_new_world))]
        {
            further = further.route(&format!("{version}{path}"), handler);
        }
    }
    let router = app.with_routes(further);
    (app, router)
}

async fn ask(router: &Router, method: &str, path: &str, org: &str, body: &str) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("Authorization", "OAuth some-token")
        .header("X-Org-ID", org)
        .header("X-Request-Id", "request-1")
        .header("Content-Type", "multipart/form-data; boundary=b");
    let request = request.body(Body::from(body.to_owned())).expect("a good request");
    let Ok(answer) = router.clone().oneshot(request).await;
    assert_eq!(answer.headers()["x-request-id"], "request-1");
    let status = answer.status();
    let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
    (status, serde_json::from_slice(&bytes).expect("JSON"))
}

async fn upload(router: &Router, org: &str) -> Value {
    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\ntext\r\n--b--\r\n";
    let (status, body) = ask(router, "POST", "/v2/attachments/", org, form).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    body["id"].clone()
}

#[tokio::test]
async fn a_panic_costs_one_500_and_the_world_stays_usable() {
    let (app, router) = app();
    assert_eq!(upload(&router, ORG).await, "30");
    for (path, org) in
        [("/v2/panic", ORG), ("/v2/panic/known", ORG), ("/v3/panic/new", "another"), ("/v2/panic/known", ORG)]
    {
        let (status, body) = ask(&router, "GET", path, org, "").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        let expected = json!({"errors": {}, "errorMessages": ["Internal error."], "statusCode": 500});
        assert_eq!(body.to_string(), expected.to_string(), "{path}: the cause is for the log");
    }
    assert_eq!(upload(&router, ORG).await, "31", "nothing is lost and no id is used up");
    assert_eq!(upload(&router, "another").await, "30", "a world that did not come into being is as new");
    app.worlds().reset(None);
    assert_eq!(upload(&router, ORG).await, "30");
}
