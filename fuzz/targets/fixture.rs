//! Fixtures: what loads can be saved, loaded again to the same, and served.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::Value;
use tracker_mock_fuzz::Bench;

fuzz_target!(|input: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(input) else { return Corpus::Reject };
    let Some(bench) = Bench::new(text) else { return Corpus::Keep };
    let saved = bench.world();
    let again = Bench::new(&saved).unwrap_or_else(|| panic!("what was saved does not load: {saved}"));
    assert_eq!(again.world(), saved);
    serve(&bench, &serde_json::from_str(&saved).expect("JSON"));
    Corpus::Keep
});

fn serve(bench: &Bench, world: &Value) {
    let found = |path: String| {
        let answer = bench.get(&path);
        assert_eq!(answer.status.as_u16(), 200, "{path}: {:?}", answer.body);
        answer.json()
    };
    for path in ["/v2/myself", "/v2/users", "/v2/queues", "/v2/fields", "/_mock/outbox?org=fuzz"] {
        found(path.to_owned());
    }
    for entity in world["entities"].as_array().into_iter().flatten() {
        let base = format!("/v2/entities/{}/{}", entity["type"].as_str().expect("a type"), entity["shortId"]);
        let shown = found(format!("{base}?expand=all&fields=summary,checklistItems,parentEntity,issueQueues,lead"));
        assert_eq!(shown["id"], entity["id"]);
        assert_eq!(shown["attachments"].as_array().map(Vec::len), entity["attachments"].as_array().map(Vec::len));
        found(format!("{base}/comments?expand=all"));
        found(format!("{base}/events/_relative"));
    }
    for issue in world["issues"].as_array().into_iter().flatten() {
        let base = format!("/v2/issues/{}", issue["key"].as_str().expect("a key"));
        assert_eq!(found(format!("{base}?expand=attachments"))["id"], issue["id"]);
        for file in found(format!("{base}/attachments")).as_array().expect("a list") {
            let content = file["content"].as_str().and_then(|url| url.strip_prefix("http://tracker.test"));
            let content = content.expect("our host");
            assert_eq!(bench.get(content).status.as_u16(), 200, "{content}");
        }
    }
}
