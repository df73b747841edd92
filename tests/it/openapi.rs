//! The OpenAPI document: `docs/openapi.json` is what the code says and what the server answers, and what it says of
//! answers is what handlers answer.

use std::path::Path;

use crate::support::Api;

#[test]
fn the_file_is_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let expected = format!("{:#}\n", tracker_mock::openapi());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &expected).expect("it can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/openapi.json is out of date; write it with: UPDATE_SCHEMA=1 cargo test --test it openapi"
    );
}

#[tokio::test]
async fn the_server_answers_the_file() {
    let answer = Api::new().get("/_mock/openapi.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.text(), include_str!("../../docs/openapi.json"));
}
