//! Comments of entities and of issues.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Api, Call, GOAL, Log, NOW, PORTFOLIO, PROJECT, WORLD_BYTES, assert_refused, images};

/// Something of each kind that can be commented on, without comments.
fn holders() -> [String; 4] {
    let entity = |kind, id| format!("/v2/entities/{kind}/{id}");
    [entity("project", PROJECT), entity("portfolio", PORTFOLIO), entity("goal", GOAL), "/v2/issues/JUNE-3".to_owned()]
}

const TEXT: &str = "Some *text* <b>with</b> HTML & [a link](http://example.com/)\n\n- one\n- two";

/// The status of a comment that was written: of an entity and of an issue they differ.
fn written(holder: &str) -> StatusCode {
    if holder.contains("/entities/") { StatusCode::OK } else { StatusCode::CREATED }
}

/// Writes a comment and gives its path.
async fn write(api: &Api, holder: &str, body: &Value) -> String {
    let answer = api.send_json("POST", &format!("{holder}/comments"), body).await;
    assert_eq!(answer.status, written(holder), "{}", answer.text());
    format!("{holder}/comments/{}", answer.json()["id"])
}

/// Mailing lists that are called upon come back as they were named.
#[tokio::test]
async fn mailing_lists_are_echoed() {
    let api = Api::new();
    for holder in holders() {
        let body = json!({"text": "c", "maillistSummonees": ["a@example.com", "b c@example.com"]});
        let answer = api.send_json("POST", &format!("{holder}/comments"), &body).await;
        let list = |encoded: &str, address: &str| json!({"self": format!("http://tracker.test/v2/maillists/{encoded}"), "id": address, "display": address});
        let lists = json!([list("a%40example.com", "a@example.com"), list("b%20c%40example.com", "b c@example.com")]);
        assert_eq!(answer.json()["maillistSummonees"], lists);
        let read = api.get(&format!("{holder}/comments/{}", answer.json()["id"])).await;
        assert_eq!(read.json(), answer.json());

        let comment = format!("{holder}/comments/{}", answer.json()["id"]);
        let edited = api.send_json("PATCH", &comment, &json!({"text": "d"})).await;
        assert_eq!(edited.json()["maillistSummonees"], lists);
        let edited = api.send_json("PATCH", &comment, &json!({"maillistSummonees": ["a@example.com"]})).await;
        assert_eq!(edited.json()["maillistSummonees"], json!([lists[0]]));
        assert_eq!(api.get(&comment).await.json(), edited.json());
    }
    let before = api.state().await;
    assert_eq!(Api::loaded(&before).state().await, before);
    for (method, path) in [("POST", "/v2/issues/JUNE-3/comments"), ("PATCH", "/v2/issues/JUNE-2/comments/1")] {
        let refused = api.send_json(method, path, &json!({"text": "c", "maillistSummonees": "a"})).await;
        assert_refused(&refused, StatusCode::UNPROCESSABLE_ENTITY, "maillistSummonees", &json!("a"));
    }
    assert_eq!(api.state().await, before);
}

#[tokio::test]
async fn from_the_first_word_to_the_last() {
    let api = Api::new();
    let mut log = Log::default();
    for holder in holders() {
        let first = api.upload("first.txt", b"first").await;
        let second: u64 = api.upload("second.png", &images::png()).await.parse().expect("a number");
        let third = api.upload("third.txt", b"third").await;
        let comments = format!("{holder}/comments");
        let expanded = format!("{comments}?expand=attachments&notify=false&notifyAuthor=True&isAddToFollowers=false");
        let body = json!({"text": "A comment", "attachmentIds": [first, second], "summonees": ["lead", 1_900_000_003]});
        let call = Call::json("POST", &expanded, &body).token("client-token");
        let new = log.send(&api, &body.to_string(), &call).await;
        assert_eq!(new.status, written(&holder));
        api.assert_selfs_resolve(&new).await;
        let names = [new.json()["id"].to_string(), new.json()["longId"].as_str().expect("an id").to_owned()];
        for name in &names {
            let read = api.get(&format!("{comments}/{name}?expand=attachments")).await;
            assert_eq!((read.status, read.text()), (StatusCode::OK, new.text()), "{name}");
        }

        let [number, long_id] = &names;
        let body = json!({"text": "Another text", "attachmentIds": [third], "summonees": null});
        let call = Call::json("PATCH", &format!("{comments}/{long_id}?expand=all"), &body).token("lead-token");
        let changed = log.send(&api, &body.to_string(), &call).await;
        assert_eq!(changed.status, StatusCode::OK);
        api.assert_selfs_resolve(&changed).await;
        // What is not named stays.
        log.send_json(&api, "PATCH", &format!("{comments}/{number}"), &json!({"text": null, "summonees": []})).await;
        let listed = log.send(&api, "listed", &Call::get(&format!("{comments}?expand=attachments"))).await;
        api.assert_selfs_resolve(&listed).await;
        log.send(&api, "relative", &Call::get(&format!("{comments}/_relative"))).await;

        for name in &names {
            assert_eq!(api.get(&format!("{comments}/{name}")).await.status, StatusCode::OK);
        }
        log.send(&api, "deleted", &Call::get(&format!("{comments}/{number}")).method("DELETE")).await;
        for name in &names {
            for method in ["GET", "PATCH", "DELETE"] {
                let again = api.send(Call::get(&format!("{comments}/{name}")).method(method).request()).await;
                assert_eq!(again.status, StatusCode::NOT_FOUND, "{method} {name}");
            }
        }
        log.send(&api, "listed without any", &Call::get(&comments)).await;
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn what_expand_adds() {
    let api = Api::new();
    let mut log = Log::default();
    for holder in [format!("/v2/entities/project/{PROJECT}"), "/v2/issues/JUNE-3".to_owned()] {
        let file = api.upload("a.txt", b"text").await;
        let path = write(&api, &holder, &json!({"text": TEXT, "attachmentIds": [file]})).await;
        for expand in ["", "?expand=attachments", "?expand=html", "?expand=reactions", "?expand=all", "?expand=files"] {
            log.send(&api, expand, &Call::get(&format!("{path}{expand}"))).await;
        }
        let text = async |query: &str| api.get(&format!("{path}?{query}")).await.text().to_owned();
        assert_eq!(text("expand=html,attachments").await, text("expand=all").await);
        assert_eq!(text("expand=html&expand=attachments").await, text("expand=all").await);
        assert_eq!(text("expand=").await, text("").await);
    }
    insta::assert_snapshot!(log.text());
}

#[tokio::test]
async fn comments_run_nothing() {
    let api = Api::new();
    for (text, expected) in [
        ("Comment **number one.**", "<p>Comment <strong>number one.</strong></p>\n"),
        ("[a](https://a.example/b:c)", "<p><a href=\"https://a.example/b:c\">a</a></p>\n"),
        ("[a](/b:c)", "<p><a href=\"/b:c\">a</a></p>\n"),
        ("[a](JavaScript:alert(1))", "<p><a href=\"\">a</a></p>\n"),
        ("<javascript:alert(1)>", "<p><a href=\"\">javascript:alert(1)</a></p>\n"),
        ("![a](data:text/html,x)", "<p><img src=\"\" alt=\"a\" /></p>\n"),
        ("a <b onclick=x>y</b>", "<p>a &lt;b onclick=x&gt;y&lt;/b&gt;</p>\n"),
    ] {
        let path = write(&api, "/v2/issues/JUNE-3", &json!({"text": text})).await;
        assert_eq!(api.get(&format!("{path}?expand=html")).await.json()["textHtml"], expected, "{text}");
    }
}

/// Clients read three keys of a comment's file and fetch the rest by them.
#[tokio::test]
async fn files_of_comments_are_references() {
    let api = Api::new();
    for holder in holders() {
        let file = api.upload("a b.txt", holder.as_bytes()).await;
        let path = write(&api, &holder, &json!({"text": "A comment", "attachmentIds": [file]})).await;
        let comment = api.get(&format!("{path}?expand=attachments")).await.json();
        let url = format!("http://tracker.test{holder}/attachments/{file}");
        assert_eq!(comment["attachments"], json!([{"self": url, "id": file, "display": "a b.txt"}]));
        let whole = api.follow(&url).await.json();
        let content = api.follow(whole["content"].as_str().expect("a URL")).await;
        assert_eq!((content.status, &content.body[..]), (StatusCode::OK, holder.as_bytes()));
        assert_eq!(api.get(&format!("/v2/attachments/{file}")).await.status, StatusCode::OK);
        if holder.contains("/issues/") {
            assert_eq!(whole["commentId"], comment["longId"]);
            let listed = api.get(&format!("{holder}/attachments")).await.json();
            assert_eq!(listed, json!([whole]));
        }
    }
}

/// One good id and one bad one: nothing changes, and the good one still serves.
#[tokio::test]
async fn all_files_come_along_or_none() {
    let api = Api::new();
    for holder in holders() {
        let comment = write(&api, &holder, &json!({"text": "A comment"})).await;
        let comments = format!("{holder}/comments");
        for (method, path, expected) in [("POST", &comments, written(&holder)), ("PATCH", &comment, StatusCode::OK)] {
            let good = api.upload("good.txt", holder.as_bytes()).await;
            let number: u64 = good.parse().expect("a number");
            let before = api.state().await;
            for ids in [
                json!([good, "999"]),
                json!(["999", good]),
                json!([good, "4"]),
                json!([good, 8]),
                json!([good, good]),
                json!([good, number]),
                json!([good, "x"]),
                json!([good, ""]),
                json!([good, -1]),
                json!([good, 1.5]),
                json!([good, format!("0{good}")]),
                json!([good, true]),
                json!([good, null]),
                json!([good, {"id": good}]),
                json!([[good]]),
                json!(good),
                json!({"0": good}),
            ] {
                let body = json!({"text": "Other", "summonees": ["lead"], "attachmentIds": ids});
                let refused = api.send_json(method, path, &body).await;
                assert_refused(&refused, StatusCode::UNPROCESSABLE_ENTITY, "attachmentIds", &body);
            }
            assert_eq!(api.state().await, before, "{method} {path}");
            let taken = api.send_json(method, path, &json!({"text": "Other", "attachmentIds": [number]})).await;
            assert_eq!(taken.status, expected, "{}", taken.text());
        }
    }
}

#[tokio::test]
async fn a_stale_comment_brings_its_files_to_nothing() {
    let api = Api::new();
    for holder in holders() {
        let comment = write(&api, &holder, &json!({"text": "A comment"})).await;
        let good = api.upload("good.txt", holder.as_bytes()).await;
        let body = json!({"text": "Other", "attachmentIds": [good]});
        let before = api.state().await;
        for (query, tag, field) in [
            ("?version=2", None, None),
            ("", Some("2"), None),
            ("", Some("\"0\""), None),
            ("?version=2", Some("\"1\""), None),
            ("?version=x", None, Some("version")),
            ("?version=", None, Some("version")),
            ("?version=-1", None, Some("version")),
            ("", Some("one"), Some("If-Match")),
        ] {
            let call = Call::json("PATCH", &format!("{comment}{query}"), &body);
            let call = tag.map_or(call.clone(), |tag| call.header("If-Match", tag));
            let answer = api.send(call.request()).await;
            let context = json!([query, tag]);
            match field {
                Some(field) => assert_refused(&answer, StatusCode::BAD_REQUEST, field, &context),
                None => {
                    assert_eq!(answer.status, StatusCode::PRECONDITION_FAILED, "{context}: {}", answer.text());
                    let message = answer.json()["errorMessages"][0].as_str().expect("a message").to_owned();
                    assert!(message.contains("the current version is 1"), "{message}");
                }
            }
        }
        assert_eq!(api.state().await, before);
        for (version, (query, tag)) in
            [("?version=1", None), ("", Some("\"2\"")), ("", Some("W/\"3\"")), ("", Some("*"))].into_iter().enumerate()
        {
            let call = Call::json("PATCH", &format!("{comment}{query}"), &json!({"text": "Other"}));
            let call = tag.map_or(call.clone(), |tag| call.header("If-Match", tag));
            let answer = api.send(call.request()).await;
            assert_eq!(
                (answer.status, &answer.json()["version"]),
                (StatusCode::OK, &json!(version + 2)),
                "{query}{tag:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_is_followed_to_its_end() {
    let api = Api::new();
    for holder in holders() {
        let mut written = Vec::new();
        for number in 1..=5 {
            let path = write(&api, &holder, &json!({"text": format!("Comment {number}")})).await;
            written.push(api.get(&format!("{path}?expand=attachments")).await.json());
        }
        let comments = format!("{holder}/comments");
        let mut next = Some(format!("http://tracker.test{comments}?perPage=2&expand=attachments"));
        let mut seen = Vec::new();
        while let Some(url) = next {
            let page = api.follow(&url).await;
            assert_eq!(
                (&page.headers["x-total-count"], &page.headers["x-total-pages"]),
                (&"5".parse().expect("a value"), &"3".parse().expect("a value"))
            );
            seen.extend(page.json().as_array().expect("a list").iter().cloned());
            next = page.links().into_iter().find(|(relation, _)| relation == "next").map(|(_, url)| url);
            assert_eq!(next.is_some(), seen.len() < 5);
        }
        assert_eq!(seen, written, "{holder}");

        let listed = async |query: &str| {
            let answer = api.get(&format!("{comments}?expand=attachments&{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
            answer.json().as_array().expect("a list").clone()
        };
        let [third, last] = [2, 4].map(|at| written[at]["id"].to_string());
        assert_eq!(listed("").await, written);
        assert_eq!(listed("id=").await, written);
        assert_eq!(listed(&format!("id={third}")).await, written[3..]);
        let long_id = written[2]["longId"].as_str().expect("an id");
        assert_eq!(listed(&format!("id={long_id}&perPage=1")).await, written[3..4]);
        assert_eq!(listed(&format!("id={last}")).await, [] as [Value; 0]);
        assert_eq!(listed("perPage=2&page=3").await, written[4..]);
        assert_eq!(listed("perPage=5&page=2").await, [] as [Value; 0]);
        assert_eq!(listed("page=4294967295").await, [] as [Value; 0]);
    }
    insta::assert_snapshot!(api.get("/v3/issues/JUNE-3/comments?perPage=2&unknown").await.list_transcript());
}

/// A client that deletes what it has read goes on after the last of it.
#[tokio::test]
async fn a_list_goes_on_after_a_deleted_comment() {
    let api = Api::new();
    for holder in holders() {
        let mut paths = Vec::new();
        for number in 1..=3 {
            paths.push(write(&api, &holder, &json!({"text": format!("Comment {number}")})).await);
        }
        let second = api.get(&paths[1]).await.json()["id"].to_string();
        assert_eq!(api.call(Method::DELETE, &paths[1]).await.status, StatusCode::NO_CONTENT);
        let rest = api.get(&format!("{holder}/comments?id={second}")).await.json();
        assert_eq!(rest.as_array().map(Vec::len), Some(1), "{holder}");
        assert_eq!(rest[0]["text"], "Comment 3");
    }
}

#[tokio::test]
async fn every_page_is_a_part_of_the_comments() {
    let api = Api::new();
    for holder in holders() {
        for number in 1..=5 {
            write(&api, &holder, &json!({"text": format!("Comment {number}")})).await;
        }
        let relative = format!("{holder}/comments/_relative");
        api.assert_relative(&relative, "comments", "newCommentsOnTop").await;
        let all = api.get(&format!("{relative}?expand=all")).await;
        api.assert_selfs_resolve(&all).await;
        let (number, long_id) = (&all.json()["comments"][1]["id"], &all.json()["comments"][1]["longId"]);
        let by_long_id = api.get(&format!("{relative}?from={}", long_id.as_str().expect("an id"))).await;
        assert_eq!(by_long_id.text(), api.get(&format!("{relative}?from={number}")).await.text());
    }
    insta::assert_snapshot!(api.get("/v2/issues/JUNE-3/comments/_relative?perPage=2").await.list_transcript());
}

#[tokio::test]
async fn a_comment_leaves_the_version_of_what_it_is_on() {
    let api = Api::new();
    for holder in holders() {
        let before = api.get(&holder).await.json();
        let comment = write(&api, &holder, &json!({"text": "A comment"})).await;
        let after = api.get(&holder).await.json();
        assert_eq!(after["version"], before["version"], "{holder}");
        assert_eq!(after["updatedAt"], NOW, "{holder}");
        assert_ne!(before["updatedAt"], NOW, "{holder}");
        api.send_json("PATCH", &comment, &json!({"text": "Other"})).await;
        api.send(Call::get(&comment).method("DELETE").request()).await;
        assert_eq!(api.get(&holder).await.json()["version"], before["version"], "{holder}");
    }
}

#[tokio::test]
async fn a_deleted_comment_takes_its_files_along() {
    for holder in holders() {
        let api = Api::new();
        let used = api.used_bytes();
        let text = api.upload("a.txt", &vec![b'x'; 50_000]).await;
        let image = api.upload("b.png", &images::png()).await;
        let comment = write(&api, &holder, &json!({"text": "A comment", "attachmentIds": [text, image]})).await;
        let thumbnail = format!("/v2/thumbnails/{image}");
        assert_eq!(api.get(&thumbnail).await.status, StatusCode::OK);
        assert!(api.used_bytes() >= used + 50_000);
        let deleted = api.send(Call::get(&comment).method("DELETE").request()).await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT);
        assert!(api.used_bytes() < used + WORLD_BYTES, "{holder}");
        for path in [
            thumbnail,
            format!("/v2/attachments/{text}"),
            format!("/v2/attachments/{text}/a.txt"),
            format!("{holder}/attachments/{text}"),
        ] {
            assert_eq!(api.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
        let again = api.post(&format!("/v2/entities/project/{PROJECT}/attachments/{text}")).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn wrong_comments() {
    let api = Api::new();
    let mut log = Log::default();
    for holder in holders() {
        let comment = write(&api, &holder, &json!({"text": "A comment"})).await;
        let before = api.state().await;
        let comments = format!("{holder}/comments");
        for body in [json!(null), json!({}), json!({"text": null}), json!({"text": ""}), json!({"text": " \n"})] {
            let refused = log.send_json(&api, "POST", &comments, &body).await;
            assert_refused(&refused, StatusCode::UNPROCESSABLE_ENTITY, "text", &body);
        }
        for (body, field) in [
            (json!({"text": ""}), "text"),
            (json!({"text": 5}), "text"),
            (json!({"text": ["x"]}), "text"),
            (json!({"text": "x", "summonees": ["nobody"]}), "summonees"),
            (json!({"text": "x", "summonees": "lead"}), "summonees"),
            (json!({"text": "x", "summonees": [null]}), "summonees"),
        ] {
            for (method, path) in [("POST", &comments), ("PATCH", &comment)] {
                let refused = log.send_json(&api, method, path, &body).await;
                assert_refused(&refused, StatusCode::UNPROCESSABLE_ENTITY, field, &body);
            }
        }
        for body in [json!([]), json!("x"), json!(5)] {
            let refused = log.send_json(&api, "POST", &comments, &body).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        for (method, path, query, field) in [
            ("POST", &comments, "notify=maybe", "notify"),
            ("POST", &comments, "notifyAuthor=", "notifyAuthor"),
            ("PATCH", &comment, "notify=1", "notify"),
            ("POST", &comments, "expand=attachments,x", "expand"),
            ("GET", &comments, "perPage=0", "perPage"),
            ("GET", &comments, "page=x", "page"),
            ("GET", &comments, "expand=x", "expand"),
            ("GET", &comment, "expand=x", "expand"),
        ] {
            let body = if method == "GET" { json!(null) } else { json!({"text": "x"}) };
            let refused = log.send_json(&api, method, &format!("{path}?{query}"), &body).await;
            assert_refused(&refused, StatusCode::BAD_REQUEST, field, &json!(query));
        }
        for query in ["from=999", "selected=x", "from=1&selected=1", "direction=up", "newCommentsOnTop=1", "perPage=0"]
        {
            let refused = log.send(&api, query, &Call::get(&format!("{comments}/_relative?{query}"))).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
        }
        assert_eq!(api.state().await, before);
    }
    insta::assert_snapshot!(log.text());
}

/// A comment from elsewhere keeps its time and author; the issue stays as it was.
#[tokio::test]
async fn imported_comments() {
    let api = Api::new();
    let mut log = Log::default();
    let path = "/v3/issues/JUNE-2/comments/_import";
    let before = api.get("/v3/issues/JUNE-2").await.json();
    let written = json!({"text": "Old", "createdAt": "2024-01-03T13:00:00.000+0300", "createdBy": 1_900_000_003});
    let changed = json!({
        "text": "Changed", "createdAt": "2024-01-02T05:38:26.000+0000", "createdBy": "lead",
        "updatedAt": "2024-01-12T16:20:00.000+0000", "updatedBy": "client",
    });
    for body in [&written, &changed] {
        let answer = log.send(&api, &body.to_string(), &Call::json("POST", path, body).token("team-2-token")).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        api.assert_selfs_resolve(&answer).await;
    }
    let after = api.get("/v3/issues/JUNE-2").await.json();
    for member in ["version", "updatedAt", "updatedBy"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    let state = api.state().await;
    assert_eq!(Api::loaded(&state).state().await, state);
    for body in [
        json!({}),
        json!({"text": "Old", "createdAt": "2024-01-03T10:00:00.000+0000"}),
        json!({"text": "Old", "createdAt": "yesterday", "createdBy": "lead"}),
        json!({"text": "Old", "createdAt": "2024-01-03T10:00:00.000+0000", "createdBy": "nobody"}),
        json!({"text": "Old", "createdAt": "2024-01-01T10:00:00.000+0000", "createdBy": "lead"}),
        json!({"text": "Old", "createdAt": "2024-01-13T10:00:00.000+0000", "createdBy": "lead"}),
        json!({"text": "Old", "createdAt": "2024-01-03T10:00:00.000+0000", "createdBy": "lead", "updatedBy": "lead"}),
        json!({
            "text": "Old", "createdAt": "2024-01-03T10:00:00.000+0000", "createdBy": "lead",
            "updatedBy": "lead", "updatedAt": "2024-01-03T09:00:00.000+0000",
        }),
    ] {
        let refused = log.send(&api, &body.to_string(), &Call::json("POST", path, &body)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    }
    let unknown = Call::json("POST", "/v3/issues/JUNE-99/comments/_import", &written);
    assert_eq!(log.send(&api, "unknown", &unknown).await.status, StatusCode::NOT_FOUND);
    insta::assert_snapshot!(log.text());
    assert_eq!(api.state().await, state);
}
