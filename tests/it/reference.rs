//! Examples of the public reference, one row an example: what is asked, in which edition, what is answered, and the page
//! that shows it. The keys are those of the page, in its order; where the page leaves out what other pages or recorded
//! answers have, the row says so.

use serde_json::{Value, json};

use crate::support::{Api, Call, Form, images};

/// An example.
struct Example {
    page: &'static str,
    call: Call,
    status: u16,
    /// Where in the answer the object is that is compared; empty: the answer itself.
    at: &'static str,
    /// Its keys with the types of their values, in their order.
    keys: &'static str,
}

/// A user, as every page of v3 shows one.
const USER: &str = "self:string id:string display:string cloudUid:string passportUid:number";
const FILE: &str =
    "self:string id:string name:string content:string createdBy:object createdAt:string mimetype:string size:number";
const IMAGE: &str = "self:string id:string name:string content:string thumbnail:string createdBy:object createdAt:string mimetype:string size:number metadata:object";
const ENTITY: &str = "self:string id:string version:number shortId:number entityType:string createdBy:object createdAt:string updatedAt:string";
const COMMENT: &str = "self:string id:number longId:string text:string createdBy:object updatedBy:object createdAt:string updatedAt:string version:number type:string transport:string";
const PROJECT: &str = "/entities/project/6586d6fee2b9ef74e69df1ef";

fn example(page: &'static str, call: Call, status: u16, at: &'static str, keys: &'static str) -> Example {
    Example { page, call, status, at, keys }
}

const USER_BODY: &str = "self:string uid:number login:string trackerUid:number passportUid:number cloudUid:string firstName:string lastName:string display:string email:string external:boolean hasLicense:boolean dismissed:boolean useNewFilters:boolean disableNotifications:boolean firstLoginDate:string lastLoginDate:string welcomeMailSent:boolean sources:array";
/// A body that is no object.
const ANY: &str = "any";

/// The examples of one edition. An upload, which gets the id 30, comes first.
#[rustfmt::skip]
fn examples(version: &str) -> Vec<Example> {
    let get = |path: &str| Call::get(&format!("/{version}{path}"));
    let send = |method: &str, path: &str, body: Value| Call::json(method, &format!("/{version}{path}"), &body);
    let delete = |path: &str| Call::new(axum::http::Method::DELETE, &format!("/{version}{path}"));
    let upload = |path: &str| Call::upload(&format!("/{version}{path}"), &Form::file("a.txt", b"text"));
    let of_upload = if version == "v2" { "self:string id:string display:string" } else { USER };
    vec![
        example("issues/temp-attachment", upload("/attachments/"), 201, "", FILE),
        example("issues/temp-attachment", upload("/attachments/?filename=b.txt"), 201, "/createdBy", of_upload),
        example("entities/attachments/add-attachment", Call::post(&format!("/{version}{PROJECT}/attachments/30?notify=true&notifyAuthor=false&fields=summary&expand=attachments")), 200, "",
            "self:string id:string version:number shortId:number entityType:string createdBy:object createdAt:string updatedAt:string attachments:array fields:object"),
        example("entities/attachments/add-attachment", Call::post(&format!("/{version}{PROJECT}/attachments/31")), 200, "", ENTITY),
        example("entities/attachments/get-all-attachments", get(&format!("{PROJECT}/attachments")), 200, "/0", FILE),
        example("entities/attachments/get-all-attachments", get(&format!("{PROJECT}/attachments")), 200, "/0/createdBy", USER),
        example("entities/attachments/get-attachment", get("/entities/project/6/attachments/5"), 200, "", IMAGE),
        example("entities/attachments/get-attachment", get("/entities/project/6/attachments/5"), 200, "/metadata", "size:string"),
        example("entities/create-entity", send("POST", "/entities/project/?fields=summary", json!({"fields": {"summary": "Test Project"}})), 200, "",
            "self:string id:string version:number shortId:number entityType:string createdBy:object createdAt:string updatedAt:string fields:object"),
        example("entities/create-entity", send("POST", "/entities/project/", json!({"fields": {"summary": "Test Project", "queues": "TREK"}})), 200, "/createdBy", USER),
        example("entities/create-entity", send("POST", "/entities/project", json!({"fields": {"summary": "Test", "entityStatus": "in_progress"}, "links": [{"relationship": "works towards", "entity": 1}]})), 200, "", ENTITY),
        example("entities/get-entity", get(&format!("{PROJECT}?fields=summary,teamAccess&expand=attachments")), 200, "/fields", "summary:string teamAccess:boolean"),
        example("entities/update-entity", send("PATCH", PROJECT, json!({"fields": {"summary": "New", "teamUsers": {"add": ["lead"]}}, "comment": "Comment"})), 200, "", ENTITY),
        example("entities/update-entity", send("PATCH", &format!("{PROJECT}?fields=tags"), json!({"fields": {"parentEntity": {"secondary": {"add": ["65a1ba7b46b9746df2eecc96"]}}}})), 200, "/fields", "tags:array"),
        example("entities/search-entities", send("POST", "/entities/project/_search?fields=author,summary&perPage=1", json!({"filter": {"author": "author"}, "orderBy": "createdAt", "orderAsc": false, "rootOnly": false})), 200, "",
            "hits:number pages:number values:array orderBy:string"),
        example("entities/search-entities", send("POST", "/entities/project/_search?fields=author,summary", json!({})), 200, "/values/0/fields", "author:object summary:string"),
        example("entities/links/add-links", send("POST", &format!("{PROJECT}/links"), json!([{"relationship": "is dependent by", "entity": "655f8cc523db213200000001"}, {"relationship": "relates", "entity": "655f328da834c763e69df1ef"}])), 200, "/0", "type:string"),
        example("entities/links/get-links", get(&format!("{PROJECT}/links?fields=summary")), 200, "/0", "type:string linkFieldValues:object"),
        example("entities/links/delete-link", Call::new(axum::http::Method::DELETE, &format!("/{version}{PROJECT}/links?right=655f8cc523db213200000001")), 200, "", ""),
        example("entities/checklists/add-checklist", send("POST", &format!("{PROJECT}/checklistItems?fields=checklistItems"), json!([{"text": "First"}, {"text": "Second", "checked": true}])), 200, "",
            "self:string id:string version:number shortId:number entityType:string createdBy:object createdAt:string updatedAt:string fields:object"),
        example("entities/checklists/add-checklist", send("POST", &format!("{PROJECT}/checklistItems?fields=checklistItems"), json!({"text": "Third", "checked": true, "assignee": "lead", "deadline": {"date": "2021-05-09T00:00:00.000+0000", "deadlineType": "date"}})), 200, "/fields/checklistItems/3", "id:string text:string checked:boolean checklistItemType:string"),
        example("entities/checklists/move-checklist-item", send("POST", &format!("{PROJECT}/checklistItems/6586d91f99a40000000000c2/_move?fields=checklistItems"), json!({"before": "6586d91f99a40000000000c1"})), 200, "/fields", "checklistItems:array"),
        example("entities/checklists/patch-checklist", send("PATCH", &format!("{PROJECT}/checklistItems?fields=checklistItems"), json!([{"id": "6586d91f99a40000000000c1", "text": "Changed"}, {"id": "6586d91f99a40000000000c2", "text": "Second", "assignee": 1_900_000_003, "checked": true}])), 200, "/fields/checklistItems/0", "id:string text:string checked:boolean assignee:object checklistItemType:string"),
        example("entities/checklists/patch-checklist-item", send("PATCH", &format!("{PROJECT}/checklistItems/6586d91f99a40000000000c1?fields=checklistItems"), json!({"text": "Changed", "checked": true, "deadline": {"date": "2021-05-09T00:00:00.000+0000", "deadlineType": "date"}})), 200, "/fields/checklistItems/1/deadline", "date:string deadlineType:string isExceeded:boolean"),
        example("entities/checklists/delete-checklist-item", delete(&format!("{PROJECT}/checklistItems/6586d91f99a40000000000c2?fields=checklistItems")), 200, "/fields/checklistItems/0", "id:string text:string checked:boolean deadline:object checklistItemType:string"),
        example("entities/checklists/delete-checklist", delete(&format!("{PROJECT}/checklistItems?fields=checklistItems")), 200, "/fields", "checklistItems:array"),
        example("entities/comments/add-comment", send("POST", &format!("{PROJECT}/comments"), json!({"text": "Comment", "summonees": ["lead"]})), 200, "",
            "self:string id:number longId:string text:string createdBy:object updatedBy:object createdAt:string updatedAt:string summonees:array version:number type:string transport:string"),
        example("entities/comments/get-all-comments", get(&format!("{PROJECT}/comments?expand=all")), 200, "/0",
            "self:string id:number longId:string text:string textHtml:string attachments:array createdBy:object updatedBy:object createdAt:string updatedAt:string version:number type:string transport:string"),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?perPage=3&newEventsOnTop=true")), 200, "", "events:array hasNext:boolean hasPrev:boolean"),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?newEventsOnTop=true")), 200, "/events/0", "id:string author:object date:string transport:string display:string changes:array"),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?newEventsOnTop=true")), 200, "/events/0/changes/0", "diff:string field:object commentUrl:string"),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?newEventsOnTop=true")), 200, "/events/0/changes/0/field", "id:string display:string addedSummonees:array email:null"),
        example("entities/attachments/delete-attachment", Call::new(axum::http::Method::DELETE, &format!("/{version}{PROJECT}/attachments/31")), 204, "", ""),
        example("issues/create-issue", send("POST", "/issues/", json!({"summary": "Test Issue", "queue": {"id": "2", "key": "TREK"}, "parent": "JUNE-2", "type": "bug", "assignee": "lead"})), 201, "",
            "self:string id:string key:string version:number summary:string parent:object statusStartTime:string updatedBy:object statusType:object type:object priority:object createdAt:string createdBy:object commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number assignee:object queue:object updatedAt:string status:object favorite:boolean"),
        example("issues/get-issue", get("/issues/JUNE-2?expand=attachments"), 200, "/attachments/0", "self:string id:string display:string"),
        example("issues/get-issue", get("/issues/JUNE-2"), 200, "/type", "self:string id:string key:string display:string"),
        example("issues/get-issue", get("/issues/TREK-1"), 200, "/assignee", USER),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-2?fields=type,priority", json!({"type": {"id": "1", "key": "bug"}, "priority": {"id": "5", "key": "blocker"}})), 200, "",
            "self:string id:string key:string version:number type:object priority:object"),
        example("issues/search-issues", send("POST", "/issues/_search?expand=transitions&perPage=15", json!({"filter": {"queue": "JUNE", "assignee": "empty()"}})), 200, "/0/queue", "self:string id:string key:string display:string"),
        example("issues/get-transitions", get("/issues/JUNE-2/transitions"), 200, "/0", "id:string self:string display:string to:object"),
        example("issues/new-transition", send("POST", "/issues/JUNE-2/transitions/close/_execute", json!({"comment": "Done", "resolution": "fixed"})), 200, "/0/to", "self:string id:string key:string display:string"),
        example("issues/link-issue", send("POST", "/issues/JUNE-2/links", json!({"relationship": "relates", "issue": "TREK-1"})), 201, "",
            "self:string id:number type:object direction:string object:object createdBy:object updatedBy:object createdAt:string updatedAt:string assignee:object status:object"),
        example("issues/get-links", get("/issues/JUNE-2/links"), 200, "/0/type", "self:string id:string inward:string outward:string"),
        example("issues/get-links", get("/issues/JUNE-2/links"), 200, "/0/object", "self:string id:string key:string display:string"),
        example("issues/delete-link-issue", Call::new(axum::http::Method::DELETE, &format!("/{version}/issues/JUNE-2/links/1")), 204, "", ""),
        example("issues/get-changelog", get("/issues/JUNE-2/changelog"), 200, "/0",
            "id:string self:string issue:object updatedAt:string updatedBy:object type:string transport:string fields:array"),
        example("issues/get-changelog", get("/issues/JUNE-2/changelog?field=status&type=IssueCreated"), 200, "/0/fields/0", "field:object from:null to:object"),
        example("issues/get-changelog", get("/issues/JUNE-2/changelog"), 200, "/0/fields/0/field", "self:string id:string display:string"),
        example("issues/get-changelog", get("/issues/JUNE-2/changelog"), 200, "/0/fields/0/to", "self:string id:string key:string display:string"),
        example("issues/get-changelog", get("/issues/JUNE-2/changelog?perPage=1"), 200, "/0/issue", "self:string id:string key:string display:string"),
        // An issue that has a checklist already, and after the change another.
        example("issues/add-checklist-item", send("POST", "/issues/JUNE-3/checklistItems", json!({"text": "Text", "checked": true, "assignee": "1900000002", "deadline": {"date": "2021-05-09T00:00:00.000+0000", "deadlineType": "date"}})), 200, "",
            "self:string id:string key:string version:number summary:string statusStartTime:string updatedBy:object statusType:object type:object priority:object createdAt:string createdBy:object checklistItems:array commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number queue:object updatedAt:string status:object favorite:boolean"),
        example("issues/add-checklist-item", send("POST", "/issues/JUNE-3/checklistItems", json!({"text": "Text"})), 200, "/checklistItems/1", "id:string text:string textHtml:string checked:boolean checklistItemType:string"),
        example("issues/get-checklist", get("/issues/JUNE-3/checklistItems"), 200, "/0", "id:string text:string textHtml:string checked:boolean assignee:object deadline:object checklistItemType:string"),
        example("issues/get-checklist", get("/issues/JUNE-3/checklistItems"), 200, "/0/assignee", "id:number display:string passportUid:number login:string firstName:string lastName:string email:string trackerUid:number"),
        example("issues/get-checklist", get("/issues/JUNE-3/checklistItems"), 200, "/0/deadline", "date:string deadlineType:string isExceeded:boolean"),
        example("issues/edit-checklist", send("PATCH", "/issues/JUNE-3/checklistItems/65a298e51715600000000003", json!([{"text": "Text", "checked": true, "assignee": "1900000002", "deadline": {"date": "2021-05-25T00:00:00.000+0000", "deadlineType": "date"}}, {"text": "Other"}])), 200, "",
            "self:string id:string key:string version:number summary:string statusStartTime:string updatedBy:object checklistDone:number statusType:object type:object priority:object createdAt:string createdBy:object checklistItems:array checklistTotal:number commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number queue:object updatedAt:string status:object favorite:boolean"),
        example("issues/delete-checklist-item", delete("/issues/JUNE-3/checklistItems/65a298e51715600000000003"), 200, "/checklistItems/0", "id:string text:string textHtml:string checked:boolean checklistItemType:string"),
        example("issues/delete-checklist", delete("/issues/JUNE-3/checklistItems"), 200, "",
            "self:string id:string key:string version:number summary:string statusStartTime:string updatedBy:object checklistDone:number statusType:object type:object priority:object createdAt:string createdBy:object checklistTotal:number commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number queue:object updatedAt:string status:object favorite:boolean"),
        example("issues/post-attachment", upload("/issues/JUNE-2/attachments/"), 201, "", FILE),
        example("issues/get-attachments-list", get("/issues/JUNE-2/attachments"), 200, "/2",
            "self:string id:string name:string content:string createdBy:object createdAt:string mimetype:string size:number commentId:string"),
        example("issues/add-comment", send("POST", "/issues/JUNE-2/comments?isAddToFollowers=true", json!({"text": "Comment", "maillistSummonees": ["a@example.com"]})), 201, "/maillistSummonees/0", "self:string id:string display:string"),
        example("issues/get-comments", get("/issues/JUNE-2/comments"), 200, "/0", COMMENT),
        example("issues/add-reaction-to-comment", Call::post(&format!("/{version}/issues/JUNE-2/comments/1/reactions/LIKE")), 200, "",
            "self:string id:number longId:string text:string createdBy:object updatedBy:object createdAt:string updatedAt:string reactionsCount:object ownReactions:array version:number type:string transport:string"),
        example("issues/get-comments", get("/issues/JUNE-2/comments?expand=reactions"), 200, "/0",
            "self:string id:number longId:string text:string createdBy:object updatedBy:object createdAt:string updatedAt:string usersReacted:object ownReactions:array version:number type:string transport:string"),
        example("issues/edit-comment", send("PATCH", "/issues/JUNE-2/comments/1", json!({"text": "New"})), 200, "/updatedBy", USER),
        example("issues/delete-comment", Call::new(axum::http::Method::DELETE, &format!("/{version}/issues/JUNE-2/comments/1")), 204, "", ""),
        example("import/import-attachments", upload("/issues/JUNE-2/attachments/_import?filename=c.txt&createdAt=2024-01-03T10:00:00.000%2B0000&createdBy=lead"), 201, "/createdBy", USER),
        example("import/import-ticket", send("POST", "/issues/_import", json!({"queue": "TREK", "summary": "Test", "key": "TREK-10", "createdAt": "2017-08-29T12:34:41.740+0000", "createdBy": 1_900_000_003, "updatedAt": "2017-09-09T11:24:31.140+0000", "updatedBy": 1_900_000_003, "resolvedAt": "2017-09-08T09:33:42.250+0000", "resolvedBy": 1_900_000_003, "status": 3, "deadline": "2017-09-07", "resolution": 1, "type": 2, "description": "Test", "assignee": 1_900_000_003, "priority": 3, "tags": ["test", "tag"], "followers": [1_900_000_003], "unique": "issue_1", "storyPoints": 1.0})), 201, "",
            "self:string id:string key:string version:number summary:string statusStartTime:string updatedBy:object statusType:object resolvedAt:string resolvedBy:object description:string type:object priority:object resolution:object createdAt:string followers:array createdBy:object commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number assignee:object tags:array queue:object updatedAt:string status:object unique:string favorite:boolean"),
        example("import/import-ticket", send("POST", "/issues/_import", json!({"queue": "TREK", "summary": "Test", "createdAt": "2017-08-29T12:34:41.740+0000", "createdBy": 1_900_000_003})), 201, "/queue", "self:string id:string key:string display:string"),
        example("import/import-comments", send("POST", "/issues/TREK-10/comments/_import", json!({"text": "Test", "createdAt": "2017-08-29T12:34:41.740+0000", "createdBy": 1_900_000_003})), 201, "", COMMENT),
        example("get-user-info", get("/myself"), 200, "", USER_BODY),
        example("get-users", get("/users"), 200, "/0", USER_BODY),
        example("get-user", get("/users/1900000002"), 200, "", USER_BODY),
        example("entities/comments/get-comments-relative", get(&format!("{PROJECT}/comments/_relative?perPage=1")), 200, "", "comments:array hasNext:boolean hasPrev:boolean"),
        example("entities/comments/get-comment", get(&format!("{PROJECT}/comments/22")), 200, "", COMMENT),
        example("entities/comments/patch-comment", send("PATCH", &format!("{PROJECT}/comments/22"), json!({"text": "New"})), 200, "", COMMENT),
        example("entities/comments/delete-comment", delete(&format!("{PROJECT}/comments/22")), 204, "", ""),
        example("entities/delete-entity", delete("/entities/goal/1?withBoard=false"), 204, "", ""),
        example("issues/count-issues", send("POST", "/issues/_count", json!({"filter": {"queue": "JUNE", "assignee": "empty()"}})), 200, "", ANY),
        example("issues/get-attachment", get("/issues/JUNE-2/attachments/7/a.txt"), 200, "", ANY),
        example("issues/post-attachment", Call::upload(&format!("/{version}/issues/TREK-1/attachments/"), &Form::file("a.png", &images::png())), 201, "", IMAGE),
        example("issues/get-attachment-preview", get("/issues/TREK-1/thumbnails/34"), 200, "", ANY),
        example("issues/delete-attachment", delete("/issues/JUNE-2/attachments/32/"), 204, "", ""),
        example("queues/get-queues", get("/queues"), 200, "/0", "self:string id:number key:string version:number name:string lead:object assignAuto:boolean defaultType:object defaultPriority:object denyVoting:boolean denyConductorAutolink:boolean denyTrackerAutolink:boolean useComponentPermissionsIntersection:boolean useLastSignature:boolean"),
        example("queues/get-queue", get("/queues/TREK?expand=all"), 200, "", "self:string id:number key:string version:number name:string lead:object assignAuto:boolean defaultType:object defaultPriority:object teamUsers:array issueTypes:array versions:array workflows:object denyVoting:boolean denyConductorAutolink:boolean denyTrackerAutolink:boolean useComponentPermissionsIntersection:boolean useLastSignature:boolean"),
        example("queues/get-queue", get("/queues/TREK?expand=workflows"), 200, "/workflows/default/0", "self:string id:string key:string display:string"),
        example("issues/get-global-fields", get("/fields"), 200, "/0",
            "self:string id:string name:string key:string version:number schema:object readonly:boolean options:boolean suggest:boolean optionsProvider:object queryProvider:object order:number category:object type:string"),
        example("issues/get-global-fields", get("/fields"), 200, "/0/category", "self:string id:string display:string"),
        example("issues/get-global-fields", get("/fields/categories"), 200, "/0", "self:string id:string version:number name:string"),
        example("issues/get-issue-fields", get("/fields/queue"), 200, "",
            "self:string id:string name:string key:string version:number schema:object readonly:boolean options:boolean suggest:boolean suggestProvider:object optionsProvider:object queryProvider:object order:number category:object type:string"),
        example("issues/get-issue-fields", get("/fields/queue"), 200, "/schema", "type:string required:boolean"),
        example("issues/get-priorities", get("/priorities?localized=true"), 200, "/0", "self:string id:number version:number key:string name:string order:number"),
        example("get-issue-types", get("/issuetypes"), 200, "/0", "self:string id:number version:number key:string name:string description:string"),
        example("get-statuses", get("/statuses"), 200, "/0", "self:string id:number version:number key:string name:string description:string order:number type:string"),
        example("get-resolutions", get("/resolutions"), 200, "/0", "self:string id:number version:number key:string name:string description:string order:number"),
    ]
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Of every page that the endpoints name.
#[test]
fn every_page_has_an_example() {
    let shown: Vec<_> = examples("v3").iter().map(|example| example.page).collect();
    let rows = include_str!("../../docs/endpoints.md").lines().filter(|line| line.contains("](https://"));
    let pages: Vec<_> =
        rows.filter_map(|row| row.split("| [").last()?.split_once("](https://")).map(|(page, _)| page).collect();
    assert!(pages.len() > 60, "{pages:?}");
    let missing: Vec<_> = pages.iter().filter(|page| !shown.contains(page)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn every_example_is_answered_as_its_page_shows() {
    for version in ["v2", "v3"] {
        let api = Api::new();
        for Example { page, call, status, at, keys } in examples(version) {
            let context = format!("{page} of {version}: {call:?}");
            let answer = api.send(call.request()).await;
            assert_eq!(answer.status.as_u16(), status, "{context}: {}", answer.text());
            if keys.is_empty() {
                assert_eq!(answer.text(), "", "{context}");
                continue;
            }
            if keys == ANY {
                assert!(!answer.body.is_empty(), "{context}");
                continue;
            }
            let body = answer.json();
            let shown = body.pointer(at).and_then(Value::as_object);
            let shown = shown.unwrap_or_else(|| panic!("nothing at {at:?}, {context}: {body}"));
            let found: Vec<_> = shown.iter().map(|(key, value)| format!("{key}:{}", type_of(value))).collect();
            assert_eq!(found.join(" "), keys, "{context}");
        }
    }
}
