//! What a run with a fault comes to, by what is stored, by the exit code, and by the attempts.

use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;
use tracker_mock::{Attempt, RequestRecord};

use super::cases::{Case, Cure};
use crate::lab::Trial;
use crate::lab::stored::{LeftFile, without};

/// How much earlier than asked for an attempt may come: clocks differ.
const SLACK: Duration = Duration::from_millis(50);
/// More attempts than this of one call hammer a server that is down. They are counted, because how fast they come depends
/// on the machine too.
const MOST_ATTEMPTS: usize = 10;

/// From the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ClientVerdict {
    /// All is stored once, or the failure was reported and could not be helped
    Ok,
    /// A clean failure where another attempt would have done
    GaveUp,
    /// Retried too often, before it was allowed, or what no retry can cure
    Hammered,
    /// Left temporary files that were never attached
    Orphan,
    /// Did not end in time
    Hung,
    /// Reported a failure, though all is stored
    Lied,
    /// Stored or attached a file more than once
    Twice,
    /// Stored a part of the file, or other bytes
    Cut,
    /// Stored an empty file
    Empty,
    /// Reported success, though a file is not stored
    Lost,
}

/// A verdict, and what it rests on.
pub(super) struct Judgement {
    pub(super) verdict: ClientVerdict,
    pub(super) why: String,
    /// The attempts of the call that the fault fired for.
    pub(super) attempts: Vec<Attempt>,
}

/// Compares a run with the plain one.
pub(super) fn judge(plain: &Trial, case: &Case, run: &Trial) -> Judgement {
    let mut found = if run.code.is_some() { differences(plain, case, run) } else { vec![hung(run)] };
    let chain = Chain::new(case, run);
    found.extend(impatience(case, &chain));
    let worst = found.iter().map(|(verdict, _)| *verdict).max().unwrap_or(ClientVerdict::Ok);
    let mut why: Vec<String> = found.into_iter().filter(|(verdict, _)| *verdict == worst).map(|(_, why)| why).collect();
    why.dedup();
    let why = why.join("; ");
    let why = if worst == ClientVerdict::Hung { why } else { format!("{}: {why}", run.end()) };
    Judgement { verdict: worst, why, attempts: chain.listed }
}

fn hung(run: &Trial) -> (ClientVerdict, String) {
    (ClientVerdict::Hung, format!("{} after {} s", run.end(), run.duration.as_secs()))
}

/// What the stored files and the exit code say together.
fn differences(plain: &Trial, case: &Case, run: &Trial) -> Vec<(ClientVerdict, String)> {
    let mut missing = without(&plain.stored, &run.stored);
    let mut extra = without(&run.stored, &plain.stored);
    let mut found = Vec::new();
    // A file with other bytes where one is missing.
    extra.retain(|file| {
        let same_name = |other: &LeftFile| other.place == file.place && other.name == file.name;
        let Some(place) = missing.iter().position(same_name) else { return true };
        // A rest that was uploaded and never attached is no harm.
        if file.is_temporary() && !run.has_succeeded() {
            return true;
        }
        found.push(changed(file, &missing.remove(place)));
        false
    });
    for file in extra.iter().filter(|file| !file.is_temporary() || plain.stored.contains(file)) {
        let message = format!("\"{}\" is stored more than once {}", file.name, file.whereabouts());
        found.push((ClientVerdict::Twice, message));
    }
    let left: Vec<_> = extra.into_iter().filter(|file| file.is_temporary() && !plain.stored.contains(file)).collect();
    match (run.has_succeeded(), missing.first()) {
        (true, Some(file)) => {
            let message = format!("\"{}\" is not stored {}", file.name, file.whereabouts());
            found.push((ClientVerdict::Lost, message));
        }
        (true, None) if left.is_empty() && found.is_empty() => {
            found.push((ClientVerdict::Ok, "all is stored, once".to_owned()));
        }
        (true, None) => found.extend(orphans(plain, case, run, &left)),
        (false, None) => found.push((ClientVerdict::Lied, "all is stored".to_owned())),
        (false, Some(file)) => found.push(failed(case, file)),
    }
    found
}

fn changed(file: &LeftFile, wanted: &LeftFile) -> (ClientVerdict, String) {
    let message = format!("\"{}\" has {} of {} bytes {}", file.name, file.bytes, wanted.bytes, file.whereabouts());
    match file.bytes {
        0 => (ClientVerdict::Empty, message),
        bytes if bytes == wanted.bytes => {
            (ClientVerdict::Cut, format!("\"{}\" has other bytes {}", file.name, file.whereabouts()))
        }
        _ => (ClientVerdict::Cut, message),
    }
}

/// Temporary files that were left by a run that succeeded.
fn orphans(plain: &Trial, case: &Case, run: &Trial, left: &[LeftFile]) -> Option<(ClientVerdict, String)> {
    let first = left.first()?;
    let wanted = |file: &LeftFile| plain.stored.iter().find(|wanted| wanted.name == file.name).cloned();
    // The client has been told the id of the last one, so that is its file.
    let other = left
        .iter()
        .filter_map(|file| Some((file, wanted(file)?)))
        .find(|(file, wanted)| file.sha_256 != wanted.sha_256);
    if let Some((file, wanted)) = other {
        return Some(changed(file, &wanted));
    }
    // Whoever gets no answer learns no id, and no call removes a temporary file.
    let unavoidable = if case.trouble.is_after_commit && case.call.leaves_a_temporary_file() { run.fired } else { 0 };
    let message = format!("\"{}\" is stored once more than it was attached, as a temporary file", first.name);
    if left.len() as u64 <= unavoidable {
        return Some((ClientVerdict::Ok, format!("{message}, as no client can avoid")));
    }
    Some((ClientVerdict::Orphan, message))
}

/// A run that reported a failure, and did not store `file`.
fn failed(case: &Case, file: &LeftFile) -> (ClientVerdict, String) {
    let message = format!("\"{}\" is not stored {}, and it says so", file.name, file.whereabouts());
    match case.trouble.cure {
        Cure::Nothing | Cure::NothingAsTold => (ClientVerdict::Ok, message),
        Cure::Retry | Cure::RetryAfter(_) => {
            (ClientVerdict::GaveUp, format!("{message}, but another attempt would have done"))
        }
        Cure::LookAgain => (ClientVerdict::GaveUp, format!("{message}, but after another look it could have been")),
    }
}

/// The attempts of the call that the fault fired for, from the first of these on.
#[derive(Default)]
struct Chain<'a> {
    first: Option<&'a RequestRecord>,
    second: Option<&'a RequestRecord>,
    /// How many there were.
    of: usize,
    listed: Vec<Attempt>,
}

impl<'a> Chain<'a> {
    fn new(case: &Case, run: &'a Trial) -> Self {
        let mut requests = run.requests.iter().filter(|request| case.call.is_of(request));
        let Some(first) = requests.find(|request| request.fault.is_some()) else { return Self::default() };
        let Some(attempts) = &first.attempts else { return Self { first: Some(first), of: 1, ..Self::default() } };
        let is_listed =
            |request: &&RequestRecord| attempts.requests.iter().any(|attempt| attempt.id == request.id.number());
        let second = requests.find(is_listed);
        Self { first: Some(first), second, of: attempts.of + 1 - attempts.number, listed: attempts.requests.clone() }
    }
}

/// Attempts that came too soon, too often, or for nothing.
fn impatience(case: &Case, chain: &Chain<'_>) -> Option<(ClientVerdict, String)> {
    let hammered = |why: String| Some((ClientVerdict::Hammered, why));
    let retried_within = |pause: Duration| {
        let second = chain.second.zip(chain.first);
        second.is_some_and(|(later, earlier)| later.time < earlier.time.plus(earlier.duration + pause))
    };
    match case.trouble.cure {
        Cure::NothingAsTold if chain.of > 1 => {
            return hammered(format!("it was sent {} times, though no retry can cure this", chain.of));
        }
        Cure::RetryAfter(pause) if retried_within(pause.saturating_sub(SLACK)) => {
            return hammered(format!("it was sent again before the {} s of Retry-After had passed", pause.as_secs()));
        }
        Cure::Retry | Cure::RetryAfter(_) | Cure::LookAgain | Cure::Nothing | Cure::NothingAsTold => {}
    }
    if chain.of > MOST_ATTEMPTS {
        return hammered(format!("it was sent {} times", chain.of));
    }
    None
}
