//! `POST /v2/attachments/`

use crate::support::{Api, Form};

#[tokio::test]
async fn a_text_file() {
    let api = Api::new();
    let answer = api.post_form("/v2/attachments/", &Form::file("notes.txt", b"some text")).await;
    insta::assert_snapshot!(answer.transcript());
}
