//! `verify --live`: the same walk on a live server and on tracker-mock, in a sandbox of the user's.

mod cleaning;
mod steps;
mod walker;
mod world;

use std::pin::pin;
use std::time::Duration;

use clap::Args;
use serde_json::Value;
use tokio::sync::watch;
use tracker_mock::TrackerMock;

use self::cleaning::{Left, clean, delete};
use self::steps::{Step, Thing, fill, steps};
use self::walker::{NotTaken, Taken, Walker};
use crate::drift::{BodyShape, Drifted, Measure, NamesShown, SeenIds, Shaper, Vocabulary, What, compare};
use crate::signals::Signals;
use crate::verify::finding::VerifyFinding;

/// The least time from an answer of the live server to the next request: two a second at most.
const PAUSE: Duration = Duration::from_millis(500);
/// How much of the content of a file is shown, in characters.
const MAX_SHOWN_CHARACTERS: usize = 40;
/// The world that the walk has here.
const ORG: &str = "live";

#[derive(Debug, Args)]
pub(crate) struct LiveOptions {
    /// Compare with this server, such as `https://api.tracker.yandex.net`, by some fifty exchanges in a sandbox of yours
    #[arg(long, value_name = "URL", requires_all = ["token_env", "org_env", "issue"], conflicts_with = "files")]
    live: Option<String>,
    /// The variable that has the token for it, which may begin with `Bearer` or `OAuth`
    #[arg(long, value_name = "NAME", requires = "live")]
    token_env: Option<String>,
    /// The variable that has the id of the organisation
    #[arg(long, value_name = "NAME", requires = "live")]
    org_env: Option<String>,
    /// The organisation is one of Yandex Cloud
    #[arg(long, requires = "live")]
    cloud: bool,
    /// The issue in which files and comments are made and deleted
    #[arg(long, value_name = "KEY", requires = "live", value_parser = issue_key)]
    issue: Option<String>,
    /// The project for which the same is done, by its id or its number
    #[arg(long, value_name = "ID", requires = "live", value_parser = project_id)]
    project: Option<String>,
    /// The version of the API
    #[arg(long, value_name = "VERSION", requires = "live", default_value = "v2", value_parser = ["v2", "v3"])]
    api: String,
    /// Do it; without this, only what it would do is said
    #[arg(long, requires = "live")]
    yes: bool,
}

fn issue_key(text: &str) -> Result<String, String> {
    let parts = text.split_once('-').filter(|(queue, number)| {
        !queue.is_empty()
            && queue.bytes().all(|byte| byte.is_ascii_uppercase())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    parts.map(|_| text.to_owned()).ok_or_else(|| "write the key of an issue, as TEST-1".to_owned())
}

fn project_id(text: &str) -> Result<String, String> {
    let is_id = text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let is_number = text.parse::<u32>().is_ok_and(|number| number > 0);
    let project = (is_id || is_number).then(|| text.to_owned());
    project.ok_or_else(|| "write the id of a project, 24 hex digits, or its number".to_owned())
}

/// What a walk found.
pub(crate) struct Walked {
    pub(crate) findings: Vec<VerifyFinding>,
    /// What could not be deleted.
    pub(crate) left: Vec<String>,
    /// Why the walk ended before its last step.
    pub(crate) cut_short: Option<String>,
    /// Whether a signal did that.
    pub(crate) is_stopped: bool,
}

/// What the options and variables come to.
pub(crate) struct Live<'a> {
    url: &'a str,
    issue: &'a str,
    project: Option<&'a str>,
    base: String,
    headers: [(String, String); 2],
    steps: Vec<Step>,
    /// Whether it is to be done, and not only said.
    pub(crate) is_agreed: bool,
    options: &'a LiveOptions,
}

impl LiveOptions {
    pub(crate) fn is_given(&self) -> bool {
        self.live.is_some()
    }

    /// Fails if a variable is not set.
    pub(crate) fn read<'a>(&'a self) -> Result<Live<'a>, String> {
        // Those that `--live` takes are there.
        let given = |option: &'a Option<String>| option.as_deref().unwrap_or_default();
        let variable = |option: &str, name: &'a Option<String>| {
            let name = given(name);
            let value = std::env::var(name).unwrap_or_default().trim().to_owned();
            if value.is_empty() {
                Err(format!("the variable {name}, which {option} names, is not set"))
            } else {
                Ok(value)
            }
        };
        let token = variable("--token-env", &self.token_env)?;
        let org = variable("--org-env", &self.org_env)?;
        let has_scheme = ["bearer ", "oauth "].iter().any(|scheme| token.to_ascii_lowercase().starts_with(scheme));
        let token = if has_scheme { token } else { format!("OAuth {token}") };
        let org_header = if self.cloud { "x-cloud-org-id" } else { "x-org-id" };
        Ok(Live {
            url: given(&self.live),
            issue: given(&self.issue),
            project: self.project.as_deref(),
            base: format!("/{}", self.api),
            headers: [("authorization".to_owned(), token), (org_header.to_owned(), org)],
            steps: steps(self.project.is_some())?,
            is_agreed: self.yes,
            options: self,
        })
    }
}

impl Live<'_> {
    /// What is going to be done, for people.
    pub(crate) fn plan(&self) -> String {
        let Self { url, issue, project, steps, .. } = self;
        let making = steps.iter().filter(|step| step.is_making()).filter_map(|step| step.makes);
        let making: Vec<Thing> = making.collect();
        let count = |thing| making.iter().filter(|made| **made == thing).count();
        let (files, temporary) = (count(Thing::IssueFile), count(Thing::TemporaryFile));
        // The lists in which it looks for what it has made, and the files that no step deletes.
        let requests = steps.len() + making.len() - temporary + files;
        let mut lines = vec![
            format!("A walk of {} exchanges on {url}, at most two requests a second.", steps.len()),
            format!("With those that clean up it is about {requests} requests, and takes at least {} s.", requests / 2),
            format!(
                "It uploads {temporary} temporary files. One that cannot be attached stays, for nobody can delete it."
            ),
            format!(
                "In the issue {issue} it makes {files} files and a comment with more, edits the comment, and deletes all."
            ),
            "Who follows the issue may be told of the comment.".to_owned(),
        ];
        if let Some(project) = project {
            lines.push(format!("To the project {project} it attaches a file, and deletes it; nobody is told."));
        }
        lines.push("It changes and deletes nothing that it has not made.".to_owned());
        lines.join("\n") + "\n"
    }

    /// The requests, a line each.
    pub(crate) fn list(&self) -> String {
        let known = |name: &str| match name {
            "issue" => Some(self.issue.to_owned()),
            "nowhere" => Some(self.nowhere()),
            "project" => self.project.map(str::to_owned),
            _ => Some(format!("<{name}>")),
        };
        let width = self.steps.iter().map(|step| step.name.len()).max().unwrap_or_default();
        let line = |step: &Step| {
            let path = fill(step.path, known).unwrap_or_default();
            format!("  {:width$}  {} {}{path}\n", step.name, step.method, self.base)
        };
        self.steps.iter().map(line).collect()
    }

    /// Walks until the end or a signal. `None` if a second signal ended it at once.
    pub(crate) async fn run(&self, mock: &TrackerMock, mut signals: Signals) -> Result<Option<Walked>, String> {
        let (stop, stopped) = watch::channel(false);
        let mark = format!("verify-{:08x}", fastrand::u32(..));
        let mut walk = pin!(self.walk(mock, stopped, &mark));
        tokio::select! {
            walked = &mut walk => return walked.map(Some),
            () = signals.asked_to_end() => stop.send_replace(true),
        };
        crate::complain("stopping; what was made is deleted first. A second signal leaves it where it is.");
        tokio::select! {
            walked = &mut walk => walked.map(Some),
            () = signals.asked_to_end() => {
                crate::complain(&format!("stopped at once; what is left has {mark} in its name or text"));
                Ok(None)
            }
        }
    }

    async fn walk(&self, mock: &TrackerMock, stopped: watch::Receiver<bool>, mark: &str) -> Result<Walked, String> {
        let mut live = self.walker(self.url, self.headers.clone(), PAUSE, stopped, mark)?;
        let (theirs, cut_short) = self.walk_live(&mut live).await?;
        let is_stopped = cut_short.is_some() && live.is_stopped();
        let left = clean(&mut live, self.project.is_some()).await;
        let answer_of = |name: &str| {
            let taken = self.steps.iter().zip(&theirs).find(|(step, _)| step.name == name);
            let taken = taken.and_then(|(_, taken)| taken.as_ref().ok());
            taken.and_then(|taken| serde_json::from_slice(&taken.exchange.body.bytes).ok()).unwrap_or(Value::Null)
        };
        let fixtures = world::fixtures(&answer_of("myself"), self.issue, &answer_of("issue"), self.project);
        let world = mock.world(ORG);
        world.load_state(&fixtures.to_string()).map_err(|error| format!("cannot prepare a world: {error}"))?;
        let headers = [("authorization", "OAuth any-token"), ("x-org-id", ORG)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut own = self.walker(&mock.url(), headers, Duration::ZERO, watch::channel(false).1, mark)?;
        let vocabulary = Vocabulary::new(NamesShown::All);
        let mut ids = [SeenIds::default(), SeenIds::default()];
        let mut findings = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let found = match theirs.get(index) {
                Some(Ok(theirs)) => match own.take(step).await {
                    Ok(ours) => {
                        self.keep_alike(&mut own, step, theirs, &ours).await;
                        Ok(held(step, theirs, &ours, &vocabulary, &mut ids))
                    }
                    Err(NotTaken::Lacks(value)) => Err(format!("tracker-mock lacks {}", self.giver(&value))),
                    Err(NotTaken::Over(reason)) => Err(format!("tracker-mock: {reason}")),
                },
                Some(Err(reason)) => Err(reason.clone()),
                None => Err(cut_short.clone().unwrap_or_default()),
            };
            findings.push(found.unwrap_or_else(|why| VerifyFinding::impossible(step.name.to_owned(), why)));
        }
        let left = left.iter().map(Left::to_string).collect();
        Ok(Walked { findings, left, cut_short, is_stopped })
    }

    /// An issue of the same queue that there is not.
    fn nowhere(&self) -> String {
        format!("{}-999999999", self.issue.split('-').next().unwrap_or_default())
    }

    fn walker(
        &self,
        url: &str,
        headers: [(String, String); 2],
        pause: Duration,
        stop: watch::Receiver<bool>,
        mark: &str,
    ) -> Result<Walker, String> {
        let mut walker = Walker::new(url, self.base.clone(), headers, pause, stop)?;
        walker.set("issue", self.issue);
        walker.set("project", self.project.unwrap_or_default());
        walker.set("nowhere", &self.nowhere());
        walker.set("mark", mark);
        Ok(walker)
    }

    /// Takes the steps on the live server. The errors among them tell why one was not taken. Fails if nothing can be
    /// done there, and nothing was made.
    async fn walk_live(&self, live: &mut Walker) -> Result<(Vec<Result<Taken, String>>, Option<String>), String> {
        let mut taken: Vec<Result<Taken, String>> = Vec::new();
        for step in &self.steps {
            match live.take(step).await {
                Ok(one) => {
                    let status = one.exchange.status.unwrap_or_default();
                    if step.is_gate && status >= 300 {
                        return Err(self.refused(status, &one.exchange.target));
                    }
                    taken.push(Ok(one));
                }
                Err(NotTaken::Lacks(value)) => taken.push(Err(format!("the service lacks {}", self.giver(&value)))),
                Err(NotTaken::Over(reason)) if step.is_gate => return Err(format!("{}: {reason}", self.url)),
                Err(NotTaken::Over(reason)) => return Ok((taken, Some(format!("{reason}, at {}", step.name)))),
            }
        }
        Ok((taken, None))
    }

    fn refused(&self, status: u16, target: &str) -> String {
        let LiveOptions { token_env, org_env, .. } = self.options;
        let (token, org) = (token_env.as_deref().unwrap_or_default(), org_env.as_deref().unwrap_or_default());
        let why = match status {
            401 => format!("does not accept the token that {token} has"),
            403 => format!("does not let in the token that {token} has, to the organisation that {org} has"),
            404 => "does not have it".to_owned(),
            _ => "refuses it".to_owned(),
        };
        format!("{} {why}: it answers {status} to GET {target}; nothing was made", self.url)
    }

    /// What gives a value, in words.
    fn giver(&self, value: &str) -> String {
        let gives = |step: &&Step| step.saves.iter().any(|(name, _)| *name == value);
        let giver = self.steps.iter().find(gives).map_or(value, |step| step.name);
        format!("what {giver} gives")
    }

    /// Deletes here what the live server has not made, so that later steps find the same.
    async fn keep_alike(&self, own: &mut Walker, step: &Step, theirs: &Taken, ours: &Taken) {
        let [is_made_there, is_made_here] =
            [theirs, ours].map(|taken| taken.exchange.status.is_some_and(|status| status < 300));
        if step.makes.is_some()
            && is_made_here
            && !is_made_there
            && let Some(made) = own.made.pop()
        {
            // What cannot be deleted is a temporary file, which is in no list.
            let _ = delete(own, &made).await;
        }
    }
}

/// Holds two answers against each other.
fn held(
    step: &Step,
    theirs: &Taken,
    ours: &Taken,
    vocabulary: &Vocabulary,
    [their_ids, our_ids]: &mut [SeenIds; 2],
) -> VerifyFinding {
    let shape = |taken: &Taken, ids: &mut SeenIds| {
        let exchange = &taken.exchange;
        Shaper::new(vocabulary, ids).answer(exchange.status, &exchange.headers, &exchange.body)
    };
    let (their_shape, our_shape) = (shape(theirs, their_ids), shape(ours, our_ids));
    let mut drifted = compare(&their_shape, &our_shape, Measure::Pair);
    if their_shape.status == our_shape.status {
        let own = |fact: &str| ours.facts.iter().find(|(known, _)| known == fact).map(|(_, value)| value);
        let facts = theirs.facts.iter().filter_map(|(fact, value)| Some((fact.as_str(), value, own(fact)?)));
        let differ = facts.filter(|(_, theirs, ours)| theirs != ours);
        drifted.extend(differ.map(|(fact, theirs, ours)| value_of(fact, theirs.clone(), ours.clone())));
        let is_file = matches!(their_shape.body, BodyShape::Other { .. }) && their_shape.body == our_shape.body;
        let is_file = is_file && their_shape.status < Some(300);
        // Pictures can be scaled and packed in many ways.
        if is_file && !step.path.contains("thumbnails") && theirs.exchange.body != ours.exchange.body {
            let shown = |taken: &Taken| {
                let text = String::from_utf8_lossy(&taken.exchange.body.bytes);
                format!("{:?}", text.chars().take(MAX_SHOWN_CHARACTERS).collect::<String>())
            };
            drifted.push(value_of("the content", shown(theirs), shown(ours)));
        }
    }
    VerifyFinding::of(step.name.to_owned(), &their_shape, drifted)
}

fn value_of(fact: &str, theirs: String, ours: String) -> Drifted {
    Drifted { what: What::Value, at: fact.to_owned(), theirs, ours }
}
