//! One client of many: picks at random what to do next, and checks what it gets.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;

use crate::content::{Content, sha256};
use crate::http::{Answer, Client, Leave, Request};
use crate::tally::Tally;
use crate::worlds::{Place, Stored, World};

/// The project of the default fixtures that has every role.
const PROJECT: &str = "/v2/entities/project/6586d6fee2b9ef74e69df1ef";
const ISSUE: &str = "/v2/issues/JUNE-2";

/// A client and what it shares with the others.
pub(crate) struct Visitor {
    pub(crate) client: Client,
    pub(crate) tally: Arc<Tally>,
    pub(crate) worlds: Arc<Vec<World>>,
    pub(crate) kept: Arc<Vec<(Stored, [u8; 32])>>,
}

/// The world whose files stay all the time.
pub(crate) const KEPT: &str = "kept";

/// A world in which everybody does anything.
pub(crate) const CHAOS: &str = "chaos";

impl Visitor {
    /// Does one thing.
    pub(crate) async fn act(&mut self) {
        let worlds = Arc::clone(&self.worlds);
        let world = &worlds[fastrand::usize(..worlds.len())];
        if world.is_full() {
            return self.reset(world).await;
        }
        let _inside = world.gate.read().await;
        match fastrand::u8(..100) {
            0..=24 => self.upload(world, Content::random()).await,
            25..=29 => self.upload(world, Content::picture()).await,
            30..=41 => self.attach(world).await,
            42..=53 => self.download(world).await,
            54..=58 => self.thumbnail(world).await,
            59..=63 => self.delete(world).await,
            64..=67 => self.upload_to_issue(world).await,
            68..=70 => self.import(world).await,
            71..=74 => self.comment(world).await,
            75..=77 => self.patch(world).await,
            78..=80 => self.read_around(world).await,
            81..=82 => self.read_control(world).await,
            83..=84 => self.blunder(world).await,
            85..=88 => self.check_kept().await,
            89..=94 => self.leave(world).await,
            95 => self.write_texts(world).await,
            96 => self.arm(world).await,
            97 => self.load_state().await,
            _ => self.chaos().await,
        }
    }

    /// Sends a request. No answer, and an answer that is the server's fault, are violations.
    pub(crate) async fn ask(&mut self, request: &Request) -> Option<Answer> {
        match self.client.send(request).await {
            Ok(answer) => {
                self.tally.answered(answer.status, request.body.len(), answer.body.len());
                if answer.status >= 500 && answer.status != 507 {
                    let body = String::from_utf8_lossy(&answer.body).chars().take(300).collect::<String>();
                    self.tally.violated(format!("{} {}: {} {body}", request.method, request.path, answer.status));
                }
                Some(answer)
            }
            Err(error) => {
                self.tally.violated(format!("{} {}: no answer: {error}", request.method, request.path));
                None
            }
        }
    }

    /// As [`Visitor::ask`], where one status is right.
    async fn expect(&mut self, request: &Request, status: u16) -> Option<Answer> {
        let answer = self.ask(request).await?;
        if answer.status == status {
            return Some(answer);
        }
        // There may be no room at the moment.
        if answer.status != 507 {
            let body = String::from_utf8_lossy(&answer.body).chars().take(300).collect::<String>();
            self.tally.violated(format!("{} {}: {} for {status}: {body}", request.method, request.path, answer.status));
        }
        None
    }

    /// Stores what `content` is and remembers it.
    pub(crate) async fn store(
        &mut self,
        world: &World,
        request: Request,
        content: Content,
        place: Place,
    ) -> Option<Stored> {
        world.count(content.bytes);
        let answer = self.expect(&request.form(&content.to_vec()), 201).await?.json();
        let (Some(id), Some(name)) = (answer["id"].as_str(), answer["name"].as_str()) else {
            self.tally.violated(format!("an upload is answered {answer}"));
            return None;
        };
        if answer["size"] != content.bytes {
            self.tally.violated(format!("{} bytes are stored as {}", content.bytes, answer["size"]));
        }
        Some(Stored { id: id.to_owned(), name: name.to_owned(), content, place })
    }

    async fn upload(&mut self, world: &World, content: Content) {
        let path = format!("/v2/attachments/?filename=file-{}.bin", fastrand::u16(..));
        if let Some(file) = self.store(world, Request::new("POST", &world.org, path), content, Place::Temporary).await {
            world.put(file);
        }
    }

    async fn upload_to_issue(&mut self, world: &World) {
        let request = Request::new("POST", &world.org, format!("{ISSUE}/attachments?filename=of-issue.txt"));
        if let Some(file) = self.store(world, request, Content::random(), Place::Issue).await {
            world.put(file);
        }
    }

    async fn import(&mut self, world: &World) {
        let when = "createdAt=2024-01-02T05:38:26.000%2B0000&createdBy=lead";
        let path = format!("{ISSUE}/attachments/_import?filename=imported.txt&{when}");
        if let Some(file) =
            self.store(world, Request::new("POST", &world.org, path), Content::random(), Place::Issue).await
        {
            world.put(file);
        }
    }

    async fn attach(&mut self, world: &World) {
        let Some(file) = world.take(&[Place::Temporary]) else { return };
        let expand = if fastrand::u8(..20) == 0 { "?expand=attachments" } else { "" };
        let request = Request::new("POST", &world.org, format!("{PROJECT}/attachments/{}{expand}", file.id));
        if self.expect(&request, 200).await.is_none() {
            return;
        }
        // It serves once.
        if fastrand::u8(..4) == 0 {
            self.expect(&request, 422).await;
        }
        world.put(Stored { place: Place::Entity, ..file });
    }

    async fn delete(&mut self, world: &World) {
        let Some(file) = world.take(&[Place::Entity, Place::Issue]) else { return };
        let holder = if file.place == Place::Entity { PROJECT } else { ISSUE };
        let request = Request::new("DELETE", &world.org, format!("{holder}/attachments/{}", file.id));
        if self.expect(&request, 204).await.is_some() {
            self.expect(&Request::new("GET", &world.org, content_path(&file)), 404).await;
        }
    }

    async fn download(&mut self, world: &World) {
        let Some(file) = world.take(&[Place::Temporary, Place::Entity, Place::Issue]) else { return };
        if self.check(&world.org, &file).await {
            world.put(file);
        }
    }

    /// Fetches a file, all or a part of it, and compares the bytes. Whether it is as it was.
    pub(crate) async fn check(&mut self, org: &str, file: &Stored) -> bool {
        let bytes = file.content.to_vec();
        let request = Request::new("GET", org, content_path(file));
        let answer = if fastrand::bool() || bytes.is_empty() {
            self.expect(&request, 200).await.map(|answer| answer.body == bytes)
        } else {
            let first = fastrand::usize(..bytes.len());
            let last = fastrand::usize(first..bytes.len());
            let request = request.header("Range", format!("bytes={first}-{last}"));
            self.expect(&request, 206).await.map(|answer| answer.body == bytes[first..=last])
        };
        if answer == Some(false) {
            self.tally.violated(format!("file {} of {org} is not what it was", file.id));
        }
        self.tally.verified.fetch_add(1, Ordering::Relaxed);
        answer == Some(true)
    }

    async fn check_kept(&mut self) {
        let kept = Arc::clone(&self.kept);
        if let Some(chosen) = fastrand::choice(kept.iter()) {
            self.check_digest(chosen).await;
        }
    }

    /// Fetches a file that was stored at the beginning, and compares its SHA-256.
    pub(crate) async fn check_digest(&mut self, (file, digest): &(Stored, [u8; 32])) {
        if let Some(answer) = self.expect(&Request::new("GET", KEPT, content_path(file)), 200).await
            && sha256(&answer.body) != *digest
        {
            self.tally.violated(format!("the digest of file {} is another than it was", file.id));
        }
        self.tally.verified.fetch_add(1, Ordering::Relaxed);
    }

    async fn thumbnail(&mut self, world: &World) {
        let Some(file) = self
            .store(
                world,
                Request::new("POST", &world.org, "/v2/attachments?filename=picture.png".to_owned()),
                Content::picture(),
                Place::Temporary,
            )
            .await
        else {
            return;
        };
        let request = Request::new("GET", &world.org, format!("/v2/thumbnails/{}", file.id));
        for _ in 0..2 {
            if let Some(answer) = self.expect(&request, 200).await
                && !answer.body.starts_with(b"\x89PNG")
            {
                self.tally.violated(format!("the thumbnail of {} is no PNG", file.id));
            }
        }
        world.put(file);
    }

    async fn comment(&mut self, world: &World) {
        let taken = world.take(&[Place::Temporary]);
        let ids: Vec<&str> = taken.iter().map(|file| file.id.as_str()).collect();
        let body = json!({"text": "A comment", "attachmentIds": ids});
        let request = Request::new("POST", &world.org, format!("{ISSUE}/comments?expand=all")).json(&body);
        if self.expect(&request, 201).await.is_some()
            && let Some(file) = taken
        {
            world.put(Stored { place: Place::Issue, ..file });
        }
        self.expect(&Request::new("GET", &world.org, format!("{ISSUE}/comments?perPage=20")), 200).await;
    }

    /// Long texts, which count like files. Those of the issue are deleted at once, those of the project stay.
    async fn write_texts(&mut self, world: &World) {
        let org = &world.org;
        let text = "long ".repeat(fastrand::usize(1..20_000));
        world.count(8 * text.len());
        let comment = Request::new("POST", org, format!("{ISSUE}/comments")).json(&json!({"text": text}));
        if let Some(answer) = self.expect(&comment, 201).await {
            let path = format!("{ISSUE}/comments/{}", answer.json()["id"]);
            let longer = Request::new("PATCH", org, path.clone()).json(&json!({"text": format!("{text}, and longer")}));
            self.expect(&longer, 200).await;
            self.expect(&Request::new("DELETE", org, path), 204).await;
        }
        for body in [json!({"fields": {"description": text}}), json!({"comment": text})] {
            self.expect(&Request::new("PATCH", org, PROJECT.to_owned()).json(&body), 200).await;
        }
    }

    /// Rules that no request meets.
    async fn arm(&mut self, world: &World) {
        let (org, faults) = (&world.org, format!("/_mock/faults?org={}", world.org));
        let rule = json!({"match": {"file": "nobody-sends-this"}, "do": {"status": 503, "body": {"text": "x".repeat(20_000)}}});
        let rules = json!({"rules": vec![rule; fastrand::usize(1..20)]});
        self.expect(&Request::new("PUT", org, faults.clone()).json(&rules), 200).await;
        self.expect(&Request::new("GET", org, faults.clone()), 200).await;
        self.expect(&Request::new("DELETE", org, faults), 204).await;
    }

    /// Saves the world in which everybody does anything, and loads it again.
    async fn load_state(&mut self) {
        let path = format!("/_mock/state?org={CHAOS}");
        if let Some(saved) = self.expect(&Request::new("GET", CHAOS, path.clone()), 200).await {
            let load = Request { body: saved.body, ..Request::new("PUT", CHAOS, path) };
            self.expect(&load, 204).await;
        }
    }

    async fn patch(&mut self, world: &World) {
        let summary = format!("Summary {}", fastrand::u16(..));
        let entity =
            Request::new("PATCH", &world.org, PROJECT.to_owned()).json(&json!({"fields": {"summary": summary}}));
        self.expect(&entity, 200).await;
        let issue = Request::new("PATCH", &world.org, ISSUE.to_owned()).json(&json!({"summary": summary}));
        self.expect(&issue, 200).await;
    }

    async fn read_around(&mut self, world: &World) {
        for path in [
            format!("{PROJECT}?fields=summary,lead,teamUsers&expand=all"),
            format!("{PROJECT}/attachments"),
            format!("{PROJECT}/events/_relative?perPage=10"),
            format!("{ISSUE}/attachments"),
            "/v3/myself".to_owned(),
            "/v3/fields".to_owned(),
        ] {
            self.expect(&Request::new("GET", &world.org, path), 200).await;
        }
        let search = Request::new("POST", &world.org, "/v2/entities/project/_search".to_owned());
        self.expect(&search.json(&json!({"input": "files"})), 200).await;
    }

    async fn read_control(&mut self, world: &World) {
        let org = &world.org;
        for path in [
            "/_mock/health".to_owned(),
            format!("/_mock/outbox?org={org}"),
            format!("/_mock/requests?org={org}&limit=20"),
            format!("/_mock/coverage?org={org}"),
            format!("/_mock/faults?org={org}"),
        ] {
            self.expect(&Request::new("GET", org, path), 200).await;
        }
        // A world that nobody changes, because a full one is a document of many megabytes.
        self.expect(&Request::new("GET", org, "/_mock/state?org=nobody".to_owned()), 200).await;
    }

    /// What is refused.
    async fn blunder(&mut self, world: &World) {
        let org = &world.org;
        let upload = Request::new("POST", org, "/v2/attachments/".to_owned());
        let two_files = b"--b\r\nContent-Disposition: form-data; filename=a\r\n\r\nx\r\n--b\r\n";
        let cut_off = Request { body: two_files.to_vec(), ..upload.clone() };
        for (request, status) in [
            (cut_off.header("Content-Type", "multipart/form-data; boundary=b"), 400),
            (upload.header("Content-Type", "text/plain"), 400),
            (Request::new("GET", org, "/v2/attachments/999999999".to_owned()), 404),
            (Request::new("GET", org, "/v2/no/such/path".to_owned()), 404),
            (Request::new("PUT", org, PROJECT.to_owned()), 405),
            (Request::new("POST", org, "/v2/issues".to_owned()).json(&json!({"summary": 1})), 422),
            (Request::new("POST", org, format!("{PROJECT}/attachments/999999999?notify=perhaps")), 400),
        ] {
            self.expect(&request, status).await;
        }
    }

    /// Goes away in the middle of something.
    async fn leave(&mut self, world: &World) {
        let org = &world.org;
        let content = Content::random();
        let kind = fastrand::u8(..9);
        let waits = matches!(kind, 6 | 7);
        let request = match kind {
            0..=2 => {
                world.count(content.bytes);
                Request::new("POST", org, "/v2/attachments/?filename=left.bin".to_owned()).form(&content.to_vec())
            }
            3 => match fastrand::choice(self.kept.iter()) {
                Some((file, _)) => Request::new("GET", KEPT, content_path(file)),
                None => return,
            },
            4 => Request::new("PATCH", org, ISSUE.to_owned()).json(&json!({"summary": "left"})),
            5 => Request::new("GET", org, format!("{ISSUE}/comments?perPage=1000&expand=all")),
            // These two would take minutes if nobody noticed that the client is gone.
            6 => Request::new("GET", org, "/v2/myself".to_owned()).header("Prefer", "delay=600000"),
            7 => Request::new("GET", org, format!("/_mock/requests/wait?org={org}&count=1000000&timeout=300s")),
            _ => Request::new("GET", org, format!("{PROJECT}?expand=all")),
        };
        let leave = if waits { Leave::before_the_answer() } else { Leave::random() };
        // The server may be the first to go.
        drop(self.client.leave(&request, leave).await);
        self.tally.left.fetch_add(1, Ordering::Relaxed);
    }

    /// Uploads, attaches and resets where others do the same: only the server's own faults count.
    async fn chaos(&mut self) {
        let id = fastrand::u16(20..60);
        let request = match fastrand::u8(..10) {
            0..=3 => Request::new("POST", CHAOS, "/v2/attachments".to_owned()).form(&Content::random().to_vec()),
            4 | 5 => Request::new("POST", CHAOS, format!("{PROJECT}/attachments/{id}?filename=renamed.txt")),
            6 => Request::new("DELETE", CHAOS, format!("{PROJECT}/attachments/{id}")),
            7 => Request::new("GET", CHAOS, format!("{PROJECT}?expand=all")),
            8 => Request::new("DELETE", CHAOS, PROJECT.to_owned()),
            _ => Request::new("POST", CHAOS, format!("/_mock/reset?org={CHAOS}")),
        };
        self.ask(&request).await;
    }

    /// Puts a world back, alone in it.
    pub(crate) async fn reset(&mut self, world: &World) {
        let _alone = world.gate.write().await;
        world.forget();
        self.expect(&Request::new("POST", &world.org, format!("/_mock/reset?org={}", world.org)), 204).await;
        self.tally.resets.fetch_add(1, Ordering::Relaxed);
    }
}

fn content_path(file: &Stored) -> String {
    format!("/v2/attachments/{}/{}", file.id, file.name)
}
