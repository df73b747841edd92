//! The calls of a client that store or attach files, and everything that can happen to each.

use std::time::Duration;

use tracker_mock::{AnswerPlace, Fault, Place, RequestPlace, RequestRecord};

/// A call of the plain run.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The operation; with a number where the run has several calls of it.
    pub(super) name: String,
    operation: String,
    /// How many calls of the operation come before.
    earlier: u64,
    /// The size of the file that it uploads.
    file_bytes: Option<u64>,
}

/// One thing that happens to one call.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) call: Call,
    pub(super) trouble: &'static Trouble,
    pub(super) fault: Fault,
}

/// What happens to a call, and what can be expected of a client then.
#[derive(Debug)]
pub(super) struct Trouble {
    name: &'static str,
    /// What happens, in words.
    pub(super) what: &'static str,
    place: Place,
    /// How many attempts it happens to; `None` for all.
    times: Option<u64>,
    action: fn(Fault) -> Fault,
    is_for_attachments: bool,
    pub(super) cure: Cure,
    /// Whether the server has done what it was asked to before the client learns of a failure.
    pub(super) is_after_commit: bool,
}

/// What a client can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cure {
    /// To try again.
    Retry,
    /// To try again, but not before this has passed.
    RetryAfter(Duration),
    /// To look at what has changed, and then decide.
    LookAgain,
    /// Nothing, but each further attempt is allowed: it lasts, and the client cannot know that.
    Nothing,
    /// Nothing, and the status says so.
    NothingAsTold,
}

/// What the header `Retry-After` asks for, in seconds.
const RETRY_AFTER: &str = "1";

const AT_HEADERS: Place = Place::Request(RequestPlace::PartHeaders);
/// Stands for the middle, wherever that is in the file of the call.
const MIDDLE: Place = Place::Request(RequestPlace::AfterFileBytes(0));
const AT_BOUNDARY: Place = Place::Request(RequestPlace::BeforeClosingBoundary);
const HALF: Place = Place::Answer(AnswerPlace::Half);

/// What happens to the first attempt, and can be cured by another.
const fn once(name: &'static str, what: &'static str, place: Place, action: fn(Fault) -> Fault) -> Trouble {
    let (times, cure) = (Some(1), Cure::Retry);
    Trouble { name, what, place, times, action, is_for_attachments: false, cure, is_after_commit: false }
}

/// The same, for what fires after the effect.
const fn late(name: &'static str, what: &'static str, place: Place, action: fn(Fault) -> Fault) -> Trouble {
    Trouble { is_after_commit: true, ..once(name, what, place, action) }
}

impl Trouble {
    const fn times(self, times: Option<u64>) -> Self {
        Self { times, ..self }
    }

    const fn cured_by(self, cure: Cure) -> Self {
        Self { cure, ..self }
    }

    const fn for_attachments(self) -> Self {
        Self { is_for_attachments: true, ..self }
    }
}

static TROUBLES: [Trouble; 22] = [
    once("503-once", "the first attempt gets 503", Place::Before, |fault| fault.status(503)),
    once("503-twice", "two attempts get 503", Place::Before, |fault| fault.status(503)).times(Some(2)),
    once("503-for-ever", "every attempt gets 503", Place::Before, |fault| fault.status(503))
        .times(None)
        .cured_by(Cure::Nothing),
    once("429-retry-after", "the first attempt gets 429 with Retry-After: 1", Place::Before, |fault| {
        fault.status(429).header("Retry-After", RETRY_AFTER)
    })
    .cured_by(Cure::RetryAfter(Duration::from_secs(1))),
    once("reset", "the first attempt is reset and has no effect", Place::Before, Fault::reset),
    once("close", "the first attempt has no answer and no effect", Place::Before, Fault::close),
    once("stall", "the first attempt never gets an answer", Place::Before, Fault::stall),
    late("reset-after-commit", "the first attempt is carried out, then reset", Place::After, Fault::reset),
    late("close-after-commit", "the first attempt is carried out, but has no answer", Place::After, Fault::close),
    late("504-after-commit", "the first attempt is carried out, but a proxy answers 504", Place::After, |fault| {
        fault.status(504)
    }),
    late(
        "stall-after-commit",
        "the first attempt is carried out, but never gets an answer",
        Place::After,
        Fault::stall,
    ),
    late("cut-answer", "the first attempt is carried out, but half of the answer is missing", HALF, Fault::close),
    once("slow-answer", "half of the answer takes two seconds more", HALF, |fault| fault.delay(Duration::from_secs(2))),
    once("reset-at-part-headers", "the first attempt is reset where the file begins", AT_HEADERS, Fault::reset),
    once("reset-within-file", "the first attempt is reset in the middle of the file", MIDDLE, Fault::reset),
    once("503-within-file", "the first attempt gets 503 in the middle of the file", MIDDLE, |fault| fault.status(503)),
    once("stall-within-file", "the first attempt is read no further than half of the file", MIDDLE, Fault::stall),
    once("reset-before-boundary", "the first attempt is reset behind the file", AT_BOUNDARY, Fault::reset),
    once("413-while-sending", "every attempt gets 413 while the file is sent", AT_HEADERS, |fault| fault.status(413))
        .times(None)
        .cured_by(Cure::NothingAsTold),
    once("409-conflict", "the first attempt gets 409: another has changed it", Place::Before, |fault| {
        fault.status(409)
    })
    .for_attachments()
    .cured_by(Cure::LookAgain),
    once("412-changed", "the first attempt gets 412: another has changed it", Place::Before, |fault| fault.status(412))
        .for_attachments()
        .cured_by(Cure::LookAgain),
    once("422-refused", "every attempt gets 422: another has made it impossible", Place::Before, |fault| {
        fault.status(422)
    })
    .for_attachments()
    .times(None)
    .cured_by(Cure::NothingAsTold),
];

/// The calls of a run that upload a file or attach one, in their order.
pub(super) fn calls(requests: &[RequestRecord]) -> Vec<Call> {
    let called = |request: &RequestRecord| {
        let operation = request.operation.as_deref()?;
        let is_same = |other: &&RequestRecord| other.operation.as_deref() == Some(operation);
        let earlier = requests.iter().filter(is_same).take_while(|other| other.id != request.id).count();
        let is_one_of_many = requests.iter().filter(is_same).count() > 1;
        let number = if is_one_of_many { format!("-{}", earlier + 1) } else { String::new() };
        Some(Call {
            name: format!("{operation}{number}"),
            operation: operation.to_owned(),
            earlier: earlier as u64,
            file_bytes: file_bytes(request),
        })
    };
    requests.iter().filter(|request| stores_files(request)).filter_map(called).collect()
}

/// The size of the file of an upload.
fn file_bytes(request: &RequestRecord) -> Option<u64> {
    let parts = &request.upload.as_ref()?.parts;
    parts.iter().find(|part| part.file_name.is_some() || part.extended_file_name.is_some()).map(|part| part.bytes)
}

fn stores_files(request: &RequestRecord) -> bool {
    let names_files = || request.request_text.as_ref().is_some_and(|text| text.contains("\"attachmentIds\""));
    let is_attach_call = || request.operation.as_deref() == Some("attach_file");
    let has_succeeded = request.status.is_some_and(|status| (200..300).contains(&status));
    has_succeeded && (request.upload.is_some() || is_attach_call() || names_files())
}

/// Everything that can happen to these calls.
pub(super) fn cases(calls: &[Call]) -> Vec<Case> {
    let case = |call: &Call, trouble| call.place_of(trouble).map(|place| Case::new(call.clone(), trouble, place));
    calls.iter().flat_map(|call| TROUBLES.iter().filter_map(move |trouble| case(call, trouble))).collect()
}

impl Case {
    fn new(call: Call, trouble: &'static Trouble, place: Place) -> Self {
        let name = format!("{}/{}", call.name, trouble.name);
        // The rule is for this call and its further attempts.
        let fault = Fault::at(place).named(&name).operation(&call.operation).skip(call.earlier);
        let fault = trouble.times.into_iter().fold(fault, Fault::times);
        Self { name, call, trouble, fault: (trouble.action)(fault) }
    }
}

impl Call {
    /// Whether it uploads a file that nothing refers to yet, and that no client can remove.
    pub(super) fn leaves_a_temporary_file(&self) -> bool {
        self.operation == "upload_temp_file"
    }

    pub(super) fn is_of(&self, request: &RequestRecord) -> bool {
        request.operation.as_deref() == Some(&self.operation)
    }

    /// Where a trouble happens to it; `None` if it cannot.
    fn place_of(&self, trouble: &Trouble) -> Option<Place> {
        match (trouble.place, self.file_bytes) {
            (MIDDLE, Some(bytes @ 2..)) => Some(Place::Request(RequestPlace::AfterFileBytes(bytes / 2))),
            (MIDDLE, _) | (Place::Request(_), None) => None,
            (place, file_bytes) => Some(place).filter(|_| file_bytes.is_none() || !trouble.is_for_attachments),
        }
    }
}
