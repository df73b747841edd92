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
const ENTITY_WITH_FIELDS: &str = "self:string id:string version:number shortId:number entityType:string createdBy:object createdAt:string updatedAt:string fields:object";
const ENTITY_WITH_FILES: &str = "self:string id:string version:number shortId:number entityType:string createdBy:object createdAt:string updatedAt:string attachments:array";
/// What has a key, as others show it: a type, a status, a queue, another issue.
const KEYED: &str = "self:string id:string key:string display:string";
const COMMENT: &str = "self:string id:number longId:string text:string createdBy:object updatedBy:object createdAt:string updatedAt:string version:number type:string transport:string";
const SUMMONING: &str = "self:string id:number longId:string text:string createdBy:object updatedBy:object createdAt:string updatedAt:string summonees:array maillistSummonees:array version:number type:string transport:string";
const LINK: &str = "self:string id:number type:object direction:string object:object createdBy:object updatedBy:object createdAt:string updatedAt:string assignee:object status:object";
const TRANSITION: &str = "id:string self:string display:string to:object";
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
        example("entities/attachments/get-all-attachments", get("/entities/project/6/attachments"), 200, "/1", IMAGE),
        example("entities/attachments/get-attachment", get("/entities/project/6/attachments/5"), 200, "", IMAGE),
        example("entities/attachments/get-attachment", get("/entities/project/6/attachments/5"), 200, "/metadata", "size:string"),
        example("entities/create-entity", send("POST", "/entities/project/?fields=summary", json!({"fields": {"summary": "Test Project"}})), 200, "", ENTITY_WITH_FIELDS),
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
        example("entities/checklists/add-checklist", send("POST", &format!("{PROJECT}/checklistItems?fields=checklistItems"), json!([{"text": "First"}, {"text": "Second", "checked": true}])), 200, "", ENTITY_WITH_FIELDS),
        example("entities/checklists/add-checklist", send("POST", &format!("{PROJECT}/checklistItems?fields=checklistItems"), json!({"text": "Third", "checked": true, "assignee": "lead", "deadline": {"date": "2021-05-09T00:00:00.000+0000", "deadlineType": "date"}})), 200, "/fields/checklistItems/3", "id:string text:string checked:boolean checklistItemType:string"),
        example("entities/checklists/move-checklist-item", send("POST", &format!("{PROJECT}/checklistItems/6586d91f99a40000000000c2/_move?fields=checklistItems"), json!({"before": "6586d91f99a40000000000c1"})), 200, "/fields", "checklistItems:array"),
        example("entities/checklists/move-checklist-item", send("POST", &format!("{PROJECT}/checklistItems/6586d91f99a40000000000c2/_move?fields=checklistItems"), json!({"before": "6586d91f99a40000000000c1"})), 200, "", ENTITY_WITH_FIELDS),
        example("entities/checklists/patch-checklist", send("PATCH", &format!("{PROJECT}/checklistItems?fields=checklistItems"), json!([{"id": "6586d91f99a40000000000c1", "text": "Changed"}, {"id": "6586d91f99a40000000000c2", "text": "Second", "assignee": 1_900_000_003, "checked": true}])), 200, "/fields/checklistItems/0", "id:string text:string checked:boolean assignee:object checklistItemType:string"),
        example("entities/checklists/patch-checklist", send("PATCH", &format!("{PROJECT}/checklistItems?fields=checklistItems"), json!([{"id": "6586d91f99a40000000000c1", "text": "Changed"}, {"id": "6586d91f99a40000000000c2", "text": "Second", "assignee": 1_900_000_003, "checked": true}])), 200, "", ENTITY_WITH_FIELDS),
        example("entities/checklists/patch-checklist-item", send("PATCH", &format!("{PROJECT}/checklistItems/6586d91f99a40000000000c1?fields=checklistItems"), json!({"text": "Changed", "checked": true, "deadline": {"date": "2021-05-09T00:00:00.000+0000", "deadlineType": "date"}})), 200, "/fields/checklistItems/1/deadline", "date:string deadlineType:string isExceeded:boolean"),
        example("entities/checklists/patch-checklist-item", send("PATCH", &format!("{PROJECT}/checklistItems/6586d91f99a40000000000c1?fields=checklistItems"), json!({"text": "Changed", "checked": true, "deadline": {"date": "2021-05-09T00:00:00.000+0000", "deadlineType": "date"}})), 200, "", ENTITY_WITH_FIELDS),
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
        example("issues/get-issue", get("/issues/JUNE-2"), 200, "/type", KEYED),
        example("issues/get-issue", get("/issues/TREK-1"), 200, "/assignee", USER),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-2?fields=type,priority", json!({"type": {"id": "1", "key": "bug"}, "priority": {"id": "5", "key": "blocker"}})), 200, "",
            "self:string id:string key:string version:number type:object priority:object"),
        example("issues/search-issues", send("POST", "/issues/_search?expand=transitions&perPage=15", json!({"filter": {"queue": "JUNE", "assignee": "empty()"}})), 200, "/0/queue", KEYED),
        example("issues/get-transitions", get("/issues/JUNE-2/transitions"), 200, "/0", TRANSITION),
        example("issues/new-transition", send("POST", "/issues/JUNE-2/transitions/close/_execute", json!({"comment": "Done", "resolution": "fixed"})), 200, "/0/to", KEYED),
        example("issues/link-issue", send("POST", "/issues/JUNE-2/links", json!({"relationship": "relates", "issue": "TREK-1"})), 201, "", LINK),
        example("issues/get-links", get("/issues/JUNE-2/links"), 200, "/0/type", "self:string id:string inward:string outward:string"),
        example("issues/get-links", get("/issues/JUNE-2/links"), 200, "/0/object", KEYED),
        example("issues/delete-link-issue", Call::new(axum::http::Method::DELETE, &format!("/{version}/issues/JUNE-2/links/1")), 204, "", ""),
        example("issues/get-changelog", get("/issues/JUNE-2/changelog"), 200, "/0",
            "id:string self:string issue:object updatedAt:string updatedBy:object type:string transport:string fields:array"),
        example("issues/get-changelog", get("/issues/JUNE-2/changelog?field=status&type=IssueCreated"), 200, "/0/fields/0", "field:object from:null to:object"),
        example("issues/get-changelog", get("/issues/JUNE-2/changelog"), 200, "/0/fields/0/field", "self:string id:string display:string"),
        example("issues/get-changelog", get("/issues/JUNE-2/changelog"), 200, "/0/fields/0/to", KEYED),
        example("issues/get-changelog", get("/issues/JUNE-2/changelog?perPage=1"), 200, "/0/issue", KEYED),
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
        example("import/import-ticket", send("POST", "/issues/_import", json!({"queue": "TREK", "summary": "Test", "createdAt": "2017-08-29T12:34:41.740+0000", "createdBy": 1_900_000_003})), 201, "/queue", KEYED),
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
        example("queues/get-queue", get("/queues/TREK?expand=workflows"), 200, "/workflows/default/0", KEYED),
        example("issues/get-global-fields", get("/fields"), 200, "/0",
            "self:string id:string name:string key:string version:number schema:object readonly:boolean options:boolean suggest:boolean optionsProvider:object queryProvider:object order:number category:object type:string"),
        example("issues/get-global-fields", get("/fields"), 200, "/0/category", "self:string id:string display:string"),
        example("issues/get-global-fields", get("/fields/categories"), 200, "/0", "self:string id:string version:number name:string"),
        example("issues/get-issue-fields", get("/fields/queue"), 200, "",
            "self:string id:string name:string key:string version:number schema:object readonly:boolean options:boolean suggest:boolean suggestProvider:object optionsProvider:object queryProvider:object order:number category:object type:string"),
        example("issues/get-issue-fields", get("/fields/queue"), 200, "/schema", "type:string required:boolean"),
        example("issues/get-priorities", get("/priorities?localized=true"), 200, "/0", "self:string id:number key:string version:number name:string order:number"),
        example("get-issue-types", get("/issuetypes"), 200, "/0", "self:string id:number version:number key:string name:string description:string"),
        example("get-statuses", get("/statuses"), 200, "/0", "self:string id:number version:number key:string name:string description:string order:number type:string"),
        example("get-resolutions", get("/resolutions"), 200, "/0", "self:string id:number key:string version:number name:string description:string order:number"),
        // Rows that make files and comments of their own, after those that name the ids of the first ones. The uploads
        // among them are there for the rows that use their files.
        example("issues/temp-attachment", Call::upload(&format!("/{version}/attachments/"), &Form::file("a.png", &images::png())), 201, "", IMAGE),
        example("entities/attachments/add-attachment", Call::post(&format!("/{version}{PROJECT}/attachments/35?expand=attachments&filename=newimage.jpg")), 200, "", ENTITY_WITH_FILES),
        example("entities/attachments/get-attachment", get(&format!("{PROJECT}/attachments/35")), 200, "/createdBy", USER),
        example("issues/temp-attachment", upload("/attachments/"), 201, "", FILE),
        example("issues/temp-attachment", upload("/attachments/"), 201, "", FILE),
        example("entities/update-entity", send("PATCH", &format!("{PROJECT}?expand=attachments"), json!({"fields": {"summary": "Test 2"}, "comment": "Renamed"})), 200, "", ENTITY_WITH_FILES),
        example("entities/update-entity", send("PATCH", &format!("{PROJECT}?expand=attachments"), json!({"descriptionAttachmentIds": [36, 37]})), 200, "/attachments/0", FILE),
        example("entities/update-entity", send("PATCH", PROJECT, json!({"fields": {"summary": "New", "teamAccess": true}, "comment": "Comment", "links": [{"relationship": "relates", "entity": "655f8cc523db213200000001"}]})), 200, "/createdBy", USER),
        example("entities/update-entity", send("PATCH", PROJECT, json!({"fields": {"parentEntity": {"primary": "655f328da834c763e69df1ef"}}})), 200, "", ENTITY),
        example("entities/get-entity", get("/entities/portfolio/655f328da834c763e69df1ef?expand=attachments&fields=teamAccess"), 200, "", "self:string id:string version:number shortId:number entityType:string createdBy:object createdAt:string updatedAt:string attachments:array fields:object"),
        example("entities/get-entity", get("/entities/portfolio/655f328da834c763e69df1ef?expand=attachments&fields=teamAccess"), 200, "/fields", "teamAccess:null"),
        example("entities/get-entity", get(&format!("{PROJECT}?expand=attachments")), 200, "/attachments/0", FILE),
        example("entities/create-entity", send("POST", "/entities/portfolio", json!({"fields": {"summary": "Test", "teamAccess": true}})), 200, "", ENTITY),
        example("entities/search-entities", send("POST", "/entities/project/_search?fields=entityStatus,author,followers", json!({"filter": {"followers": "notEmpty()", "entityStatus": "in_progress"}})), 200, "/values/0", ENTITY_WITH_FIELDS),
        example("entities/search-entities", send("POST", "/entities/project/_search?fields=entityStatus,author,followers", json!({"filter": {"followers": "notEmpty()", "entityStatus": "in_progress"}})), 200, "/values/0/fields/followers/0", USER),
        example("entities/search-entities", send("POST", "/entities/project/_search?fields=entityStatus,author", json!({"orderBy": "entityStatus", "orderAsc": true})), 200, "/values/0/fields", "entityStatus:string author:object"),
        example("entities/search-entities", send("POST", "/entities/project/_search", json!({"filter": {"parentEntity": "655f328da834c763e69df1ef"}})), 200, "/values/0", ENTITY),
        example("entities/search-entities", send("POST", "/entities/project/_search?fields=entityStatus", json!({"filter": {"author": "author"}})), 200, "/values/0/fields", "entityStatus:string"),
        example("entities/links/add-links", send("POST", &format!("{PROJECT}/links"), json!({"relationship": "depends on", "entity": "6"})), 200, "/0", "type:string"),
        // The page asks for `id,summary` and shows them the other way round; the mock keeps the order of the request.
        example("entities/links/get-links", get(&format!("{PROJECT}/links?fields=summary,id")), 200, "/0/linkFieldValues", "summary:string id:string"),
        example("entities/checklists/add-checklist", send("POST", &format!("{PROJECT}/checklistItems"), json!([{"text": "First"}, {"text": "Second", "checked": true}])), 200, "", ENTITY),
        example("entities/checklists/delete-checklist", delete(&format!("{PROJECT}/checklistItems")), 200, "", ENTITY),
        example("entities/comments/add-comment", send("POST", &format!("{PROJECT}/comments"), json!({"text": "Comment", "summonees": ["lead"]})), 200, "/summonees/0", USER),
        example("entities/comments/get-all-comments", get(&format!("{PROJECT}/comments?expand=all")), 200, "/0/createdBy", USER),
        example("entities/comments/get-comments-relative", get(&format!("{PROJECT}/comments/_relative?perPage=3&from=65a298e578dde60000000017")), 200, "/comments/0", COMMENT),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?perPage=3&from=6586d6fe3c6ef30000000002")), 200, "/events/0", "id:string author:object date:string transport:string display:string changes:array"),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?perPage=3&from=65a298e53c6ef3000000000a")), 200, "/events/0/changes/0", "diff:string field:object"),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?perPage=3&from=65a298e53c6ef3000000000a")), 200, "/events/0/changes/0/field", "id:string display:string"),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?newEventsOnTop=true")), 200, "/events/0/author", USER),
        example("issues/temp-attachment", upload("/attachments/"), 201, "", FILE),
        example("entities/comments/add-comment", send("POST", &format!("{PROJECT}/comments?expand=attachments"), json!({"text": "Comment", "attachmentIds": ["38"]})), 200, "/attachments/0", "self:string id:string display:string"),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?newEventsOnTop=true")), 200, "/events/0/changes/0/field", "id:string display:string email:null"),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?newEventsOnTop=true")), 200, "/events/0/changes/1", "diff:string field:object"),
        example("entities/get-events-relative", get(&format!("{PROJECT}/events/_relative?newEventsOnTop=true")), 200, "/events/0/changes/1/field", "id:string display:string"),
        example("entities/comments/patch-comment", send("PATCH", &format!("{PROJECT}/comments/30"), json!({"text": "New", "summonees": ["lead", "author"], "maillistSummonees": ["a@example.com"]})), 200, "", SUMMONING),
        example("entities/comments/get-comment", get(&format!("{PROJECT}/comments/30?expand=all")), 200, "",
            "self:string id:number longId:string text:string textHtml:string attachments:array createdBy:object updatedBy:object createdAt:string updatedAt:string summonees:array maillistSummonees:array version:number type:string transport:string"),
        example("issues/temp-attachment", upload("/attachments/"), 201, "", FILE),
        example("issues/temp-attachment", upload("/attachments/"), 201, "", FILE),
        example("issues/create-issue", send("POST", "/issues/", json!({"queue": "TREK", "summary": "Test Issue", "parent": "JUNE-2", "type": "bug", "assignee": "lead", "attachmentIds": [39, 40]})), 201, "/parent", KEYED),
        example("issues/create-issue", send("POST", "/issues/", json!({"summary": "Test", "queue": {"id": "2", "key": "TREK"}, "parent": {"id": "6593a1b2c3d4e5f600000002", "key": "JUNE-2"}, "description": "Text", "sprint": [{"id": "5317"}], "type": {"id": "2", "key": "task"}, "priority": {"id": "3", "key": "normal"}, "followers": ["lead", {"id": "1900000003"}], "assignee": ["lead", {"id": "1900000003"}], "unique": "123qwe"})), 201, "", "self:string id:string key:string version:number summary:string parent:object statusStartTime:string updatedBy:object statusType:object description:string type:object priority:object createdAt:string followers:array createdBy:object commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number assignee:object queue:object updatedAt:string status:object unique:string favorite:boolean"),
        example("issues/get-issue", get("/issues/JUNE-3?expand=attachments"), 200, "", "self:string id:string key:string version:number summary:string statusStartTime:string updatedBy:object statusType:object type:object priority:object createdAt:string createdBy:object commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number queue:object updatedAt:string status:object favorite:boolean attachments:array"),
        example("issues/get-issue", get("/issues/JUNE-2?expand=transitions"), 200, "/transitions/0", TRANSITION),
        example("issues/get-issue", get("/issues/JUNE-2"), 200, "/queue", KEYED),
        example("issues/get-issue", get("/issues/JUNE-2"), 200, "/previousStatus", KEYED),
        example("issues/get-issue", get("/issues/TREK-1"), 200, "/followers/0", USER),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-2", json!({"summary": "New", "description": "New", "type": {"id": "1", "key": "bug"}, "priority": {"id": "2", "key": "minor"}})), 200, "", "self:string id:string key:string version:number lastCommentUpdatedAt:string summary:string statusStartTime:string updatedBy:object statusType:object resolvedAt:string resolvedBy:object description:string type:object priority:object resolution:object createdAt:string createdBy:object commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number queue:object updatedAt:string status:object previousStatus:object favorite:boolean"),
        // The page shows sprints too, which the mock takes and does not keep.
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-3?fields=parent,followers", json!({"parent": {"key": "JUNE-2"}, "sprint": [{"id": "3"}, {"id": "2"}], "followers": {"add": ["lead", "team-1"]}})), 200, "", "self:string id:string key:string version:number parent:object followers:array"),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-3?fields=followers", json!({"followers": {"replace": [{"target": "lead", "replacement": "team-2"}]}})), 200, "/followers/0", USER),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-3?fields=followers", json!({"followers": {"remove": ["team-1"]}})), 200, "/followers/0", USER),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-3?fields=followers", json!({"followers": null})), 200, "", "self:string id:string key:string version:number"),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-3?fields=type", json!({"type": 1})), 200, "/type", KEYED),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-3?fields=type", json!({"type": "bug"})), 200, "/type", KEYED),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-3?fields=type", json!({"type": {"id": "1"}})), 200, "/type", KEYED),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-3?fields=type", json!({"type": {"name": "Ошибка"}})), 200, "/type", KEYED),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-3?fields=type", json!({"type": {"set": "bug"}})), 200, "/type", KEYED),
        example("issues/patch-issue", send("PATCH", "/issues/JUNE-3?fields=tags", json!({"tags": {"add": ["New tag"]}})), 200, "", "self:string id:string key:string version:number tags:array"),
        example("issues/get-changelog", get("/issues/JUNE-3/changelog?field=followers"), 200, "/0/fields/0", "field:object from:null to:array"),
        example("issues/get-changelog", get("/issues/JUNE-3/changelog?field=followers"), 200, "/0/fields/0/to/0", USER),
        example("issues/get-changelog", get("/issues/JUNE-3/changelog?field=tags"), 200, "/0/fields/0", "field:object from:null to:array"),
        example("issues/get-changelog", get("/issues/JUNE-3/changelog?perPage=50"), 200, "/0/updatedBy", USER),
        example("issues/search-issues", send("POST", "/issues/_search?expand=attachments", json!({"filter": {"queue": "JUNE", "assignee": "Empty()"}, "order": "+status"})), 200, "/0", "self:string id:string key:string version:number lastCommentUpdatedAt:string summary:string statusStartTime:string updatedBy:object statusType:object resolvedAt:string resolvedBy:object description:string type:object priority:object resolution:object createdAt:string createdBy:object commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number queue:object updatedAt:string status:object previousStatus:object favorite:boolean attachments:array"),
        example("issues/search-issues", send("POST", "/issues/_search?expand=attachments", json!({"filter": {"queue": "JUNE", "assignee": "Empty()"}, "order": "+status"})), 200, "/0/attachments/0", "self:string id:string display:string"),
        example("issues/search-issues", send("POST", "/issues/_search?expand=transitions", json!({"filter": {"queue": "TREK"}, "order": "+key"})), 200, "/0/transitions/0", TRANSITION),
        example("issues/search-issues", send("POST", "/issues/_search?scrollType=sorted&perScroll=100&scrollTTLMillis=10000", json!({"filter": {"queue": "TREK", "assignee": "lead"}})), 200, "/0/assignee", USER),
        example("issues/search-issues", send("POST", "/issues/_search?perPage=15", json!({"filter": {"queue": "TREK", "assignee": "lead"}})), 200, "/0/status", KEYED),
        example("issues/search-issues", send("POST", "/issues/_search", json!({"queue": "TREK"})), 200, "/0/type", KEYED),
        example("issues/search-issues", send("POST", "/issues/_search", json!({"keys": ["TREK-1"]})), 200, "/0/priority", KEYED),
        example("issues/get-transitions", get("/issues/TREK-1/transitions"), 200, "/0/to", KEYED),
        example("issues/link-issue", send("POST", "/issues/JUNE-2/links", json!({"relationship": "is parent task for", "issue": "TREK-1"})), 201, "/type", "self:string id:string inward:string outward:string"),
        example("issues/get-links", get("/issues/JUNE-2/links"), 200, "/0", LINK),
        example("issues/get-links", get("/issues/JUNE-2/links"), 200, "/0/assignee", USER),
        example("issues/get-links", get("/issues/JUNE-2/links"), 200, "/0/status", KEYED),
        example("issues/add-comment", send("POST", "/issues/JUNE-2/comments", json!({"text": "Comment"})), 201, "", COMMENT),
        example("issues/add-comment", send("POST", "/issues/JUNE-2/comments", json!({"text": "Comment", "summonees": ["lead"], "maillistSummonees": ["a@example.com"]})), 201, "", SUMMONING),
        example("issues/get-comments", get("/issues/JUNE-2/comments?perPage=20&id=23"), 200, "/0", COMMENT),
        example("issues/edit-comment", send("PATCH", "/issues/JUNE-2/comments/32", json!({"text": "New"})), 200, "", SUMMONING),
        example("issues/get-comments", get("/issues/JUNE-2/comments?expand=all"), 200, "/0", "self:string id:number longId:string text:string textHtml:string attachments:array createdBy:object updatedBy:object createdAt:string updatedAt:string version:number type:string transport:string"),
        example("issues/post-attachment", upload("/issues/JUNE-2/attachments/?filename=b.txt"), 201, "/createdBy", USER),
        example("issues/get-attachments-list", get("/issues/TREK-1/attachments"), 200, "/0", IMAGE),
        example("import/import-attachments", Call::upload(&format!("/{version}/issues/TREK-1/attachments/_import?filename=pic.png&createdAt=2024-01-03T10:00:00.000%2B0000&createdBy=lead"), &Form::file("a.png", &images::png())), 201, "", IMAGE),
        example("import/import-attachments", upload("/issues/TREK-10/comments/26/attachments/_import?filename=c.txt&createdAt=2017-08-29T12:34:41.740%2B0000&createdBy=lead"), 201, "", "self:string id:string name:string content:string createdBy:object createdAt:string mimetype:string size:number commentId:string"),
        example("import/import-comments", send("POST", "/issues/TREK-10/comments/_import", json!({"text": "Test", "createdAt": "2017-08-29T12:34:41.740+0000", "createdBy": 1_900_000_003, "updatedAt": "2017-08-30T12:34:41.740+0000", "updatedBy": "lead"})), 201, "/updatedBy", USER),
        example("get-user", get("/users/lead"), 200, "", USER_BODY),
        example("issues/delete-comment", delete("/issues/JUNE-2/comments/65a298e578dde6000000001f"), 204, "", ""),
        example("issues/get-issue", get("/issues/JUNE-2?expand=comments"), 200, "/comments/0", COMMENT),
        example("issues/get-issue", get("/issues/JUNE-2?expand=links"), 200, "/links/0", LINK),
        example("issues/search-issues", send("POST", "/issues/_search?expand=comments", json!({"keys": ["JUNE-2"]})), 200, "/0/comments/0", COMMENT),
        example("issues/search-issues", send("POST", "/issues/_search?expand=links", json!({"keys": ["JUNE-2"]})), 200, "/0/links/0", LINK),
        example("issues/add-checklist-item", send("POST", "/issues/TREK-1/checklistItems", json!({"text": "Text"})), 200, "",
            "self:string id:string key:string version:number summary:string statusStartTime:string updatedBy:object statusType:object type:object priority:object createdAt:string followers:array createdBy:object checklistItems:array commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number assignee:object queue:object updatedAt:string status:object favorite:boolean"),
        example("issues/delete-checklist", delete("/issues/TREK-1/checklistItems"), 200, "",
            "self:string id:string key:string version:number summary:string statusStartTime:string updatedBy:object checklistDone:number statusType:object type:object priority:object createdAt:string followers:array createdBy:object checklistTotal:number commentWithoutExternalMessageCount:number votes:number commentWithExternalMessageCount:number assignee:object queue:object updatedAt:string status:object favorite:boolean"),
        example("queues/get-queues", get("/queues?expand=team,types"), 200, "/0", "self:string id:number key:string version:number name:string lead:object assignAuto:boolean defaultType:object defaultPriority:object teamUsers:array issueTypes:array denyVoting:boolean denyConductorAutolink:boolean denyTrackerAutolink:boolean useComponentPermissionsIntersection:boolean useLastSignature:boolean"),
        example("queues/get-queues", get("/queues/"), 200, "/0/lead", USER),
        example("queues/get-queue", get("/queues/TREK?expand=team"), 200, "/teamUsers/0", USER),
        example("queues/get-queue", get("/queues/TREK?expand=types"), 200, "/issueTypes/0", KEYED),
        example("queues/get-queue", get("/queues/2"), 200, "/defaultType", KEYED),
        example("queues/get-queue", get("/queues/2"), 200, "/defaultPriority", KEYED),
        example("issues/get-global-fields", get("/fields"), 200, "/0/schema", "type:string required:boolean"),
        example("issues/get-global-fields", get("/fields"), 200, "/0/queryProvider", "type:string"),
        example("issues/get-issue-fields", get("/fields/tags"), 200, "/schema", "type:string items:string required:boolean"),
        example("issues/get-issue-fields", get("/fields/queue"), 200, "/suggestProvider", "type:string"),
        example("issues/get-issue-fields", get("/fields/queue"), 200, "/optionsProvider", "type:string"),
        example("issues/get-issue-fields", get("/fields/queue"), 200, "/category", "self:string id:string display:string"),
        example("issues/get-priorities", get("/priorities?localized=false"), 200, "/0", "self:string id:number key:string version:number name:string order:number"),
        example("entities/delete-entity", delete("/entities/project/6?withBoard=true"), 204, "", ""),
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
    let mut wrong = Vec::new();
    for version in ["v2", "v3"] {
        let api = Api::new();
        for Example { page, call, status, at, keys } in examples(version) {
            let answer = api.send(call.request()).await;
            let found = match answer.status.as_u16() {
                found if found != status => format!("{found}, {}", answer.text()),
                _ if keys == ANY && !answer.body.is_empty() => continue,
                _ if answer.body.is_empty() => String::new(),
                _ => keys_of(&answer.json(), at),
            };
            if found != keys {
                wrong.push(format!(
                    "{page} of {version}: {call:?}\n at {at:?}\n documented {keys}\n answered   {found}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} examples:\n{}", wrong.len(), wrong.join("\n"));
}

/// The keys of the object at a pointer, with the types of their values.
fn keys_of(body: &Value, at: &str) -> String {
    let Some(shown) = body.pointer(at).and_then(Value::as_object) else {
        return format!("no object there: {body}");
    };
    let keys: Vec<_> = shown.iter().map(|(key, value)| format!("{key}:{}", type_of(value))).collect();
    keys.join(" ")
}
