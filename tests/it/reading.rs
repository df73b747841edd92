//! The reader of JSON documents: what it says of wrong values, and where they are.

use serde::Deserialize;

use tracker_mock::testing::{nearest, read_json};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    name: Option<String>,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    #[serde(rename = "match")]
    matched: Option<Match>,
    fire: Option<u16>,
    what: What,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Match {
    operation: String,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum What {
    Reset,
    Status(u16),
    Slow {
        #[serde(rename = "bytesPerSecond")]
        bytes_per_second: u64,
    },
}

fn refused(text: &str) -> String {
    read_json::<Body>(text.as_bytes()).expect_err(text).to_string()
}

#[test]
fn a_good_body_is_read() {
    let text = r#" {"name": null, "rules": [{"what": "reset"}, {"fire": 3, "match": {"operation": "é"}, "what": {"status": 503}},
        {"what": {"slow": {"bytesPerSecond": 18446744073709551615}}}]} "#;
    let body = read_json::<Body>(text.as_bytes()).expect("a good body");
    assert_eq!(body.name, None);
    let [first, second, third] = &body.rules[..] else { panic!("{body:?}") };
    assert_eq!((&first.what, first.fire), (&What::Reset, None));
    assert_eq!((&second.what, second.fire), (&What::Status(503), Some(3)));
    assert_eq!(second.matched.as_ref().map(|rule| rule.operation.as_str()), Some("é"));
    assert_eq!(third.what, What::Slow { bytes_per_second: u64::MAX });
}

#[test]
fn a_wrong_value_is_named_by_its_path() {
    let rule = |rule: &str| refused(&format!(r#"{{"rules": [{{"what": "reset"}}, {rule}]}}"#));
    for (said, expected) in [
        (refused("{}"), "rules: A value is required."),
        (refused("[]"), "The value must be an object, not a list."),
        (refused("null"), "The value must be an object, not null."),
        (refused("7"), "The value must be an object, not 7."),
        (refused(""), "This is not JSON: it is empty."),
        (refused("{"), "This is not JSON: it ends too early at line 1 column 1."),
        (refused(r#"{"rules": []} x"#), "This is not JSON: something stands behind its end at line 1 column 15."),
        (refused(r#"{"rules": [], "rules": []}"#), "This is not JSON: \"rules\" is given twice at line 1 column 26."),
        (refused(r#"{"rules": {}}"#), "rules: The value must be a list, not an object."),
        (refused(r#"{"rules": [], "name": 1.5}"#), "name: The value must be a string, not 1.5."),
        (
            refused(r#"{"rules": [], "nam": 1}"#),
            "nam: \"nam\" is not known here. Did you mean name? Known: name, rules.",
        ),
        (rule("[]"), "rules[1]: The value must be an object, not a list."),
        (rule("{}"), "rules[1].what: A value is required."),
        (
            rule(r#"{"what": "rest"}"#),
            "rules[1].what: \"rest\" is not known here. Did you mean reset? Known: reset, status, slow.",
        ),
        (
            rule(r#"{"what": {"reset": null, "slow": 1}}"#),
            "rules[1].what: The object must have exactly one member, one of reset, status, slow.",
        ),
        (rule(r#"{"what": 1}"#), "rules[1].what: The value must be one of reset, status, slow, not 1."),
        (
            rule(r#"{"what": {"reset": null}}"#),
            "rules[1].what.reset: It has no value. Write the name alone, as a string.",
        ),
        (rule(r#"{"what": "status"}"#), "rules[1].what: This name needs a value. Write {\"status\": VALUE}."),
        (rule(r#"{"what": {"slow": {}}}"#), "rules[1].what.slow.bytesPerSecond: A value is required."),
        (rule(r#"{"what": {"slow": [1]}}"#), "rules[1].what.slow: The value must be an object, not a list."),
        (
            rule(r#"{"what": "reset", "fire": 70000}"#),
            "rules[1].fire: The value must be a whole number from 0 to 65535, not 70000.",
        ),
        (
            rule(r#"{"what": "reset", "fire": -1}"#),
            "rules[1].fire: The value must be a whole number from 0 to 65535, not -1.",
        ),
        (rule(r#"{"what": "reset", "match": ["upload"]}"#), "rules[1].match: The value must be an object, not a list."),
        (
            rule(r#"{"what": "reset", "match": {"operation": true}}"#),
            "rules[1].match.operation: The value must be a string, not true.",
        ),
    ] {
        assert_eq!(said, expected);
    }
}

#[test]
fn long_texts_are_not_repeated_in_full() {
    let long = "x".repeat(10_000);
    assert!(refused(&format!(r#"{{"{long}": 1}}"#)).len() < 300);
    assert!(refused(&format!(r#"{{"rules": "{long}"}}"#)).len() < 300);
}

#[test]
fn the_nearest_name_is_like_the_given_one() {
    let known = ["upload_temp_file", "attach_file", "get_issue"];
    assert_eq!(nearest("atach_file", known), Some("attach_file"));
    assert_eq!(nearest("UploadTempFile", known), Some("upload_temp_file"));
    assert_eq!(nearest("zzz", known), None);
    assert_eq!(nearest("tow", ["one", "two"]), Some("two"));
    assert_eq!(nearest("id", ["linkedGoalsCount"]), None);
    assert_eq!(nearest(&"attach_file".repeat(30), known), None);
    assert_eq!(nearest("", known), None);
}
