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
}

/// What happens to a call, and what can be expected of a client then.
#[derive(Debug)]
pub(super) struct Trouble {
    name: &'static str,
    /// What happens, in words.
    pub(super) what: &'static str,
    to: Which,
    fault: fn(&Call) -> Fault,
    pub(super) cure: Cure,
    /// Whether the server has done what it was asked to before the client learns of a failure.
    pub(super) is_after_commit: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    All,
    Uploads,
    /// Uploads of at least two bytes.
    FilesWithAMiddle,
    Attachments,
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

const fn trouble(name: &'static str, what: &'static str, to: Which, fault: fn(&Call) -> Fault) -> Trouble {
    Trouble { name, what, to, fault, cure: Cure::Retry, is_after_commit: false }
}

/// As [`trouble`], for what strikes after the effect.
const fn late(name: &'static str, what: &'static str, fault: fn(&Call) -> Fault) -> Trouble {
    Trouble { is_after_commit: true, ..trouble(name, what, Which::All, fault) }
}

impl Trouble {
    const fn cured_by(self, cure: Cure) -> Self {
        Self { cure, ..self }
    }
}

static TROUBLES: [Trouble; 22] = [
    trouble("503-once", "the first attempt gets 503", Which::All, |call| {
        call.fault(Place::Before).times(1).status(503)
    }),
    trouble("503-twice", "two attempts get 503", Which::All, |call| call.fault(Place::Before).times(2).status(503)),
    trouble("503-for-ever", "every attempt gets 503", Which::All, |call| call.fault(Place::Before).status(503))
        .cured_by(Cure::Nothing),
    trouble("429-retry-after", "the first attempt gets 429 with Retry-After: 1", Which::All, |call| {
        call.fault(Place::Before).times(1).status(429).header("Retry-After", RETRY_AFTER)
    })
    .cured_by(Cure::RetryAfter(Duration::from_secs(1))),
    trouble("reset", "the first attempt is reset and has no effect", Which::All, |call| {
        call.fault(Place::Before).times(1).reset()
    }),
    trouble("close", "the first attempt has no answer and no effect", Which::All, |call| {
        call.fault(Place::Before).times(1).close()
    }),
    trouble("stall", "the first attempt never gets an answer", Which::All, |call| {
        call.fault(Place::Before).times(1).stall()
    }),
    late("reset-after-commit", "the first attempt is carried out, then reset", |call| {
        call.fault(Place::After).times(1).reset()
    }),
    late("close-after-commit", "the first attempt is carried out, but has no answer", |call| {
        call.fault(Place::After).times(1).close()
    }),
    late("504-after-commit", "the first attempt is carried out, but a proxy answers 504", |call| {
        call.fault(Place::After).times(1).status(504)
    }),
    late("stall-after-commit", "the first attempt is carried out, but never gets an answer", |call| {
        call.fault(Place::After).times(1).stall()
    }),
    late("cut-answer", "the first attempt is carried out, but half of the answer is missing", |call| {
        call.fault(Place::Answer(AnswerPlace::Half)).times(1).close()
    }),
    trouble("slow-answer", "half of the answer takes two seconds more", Which::All, |call| {
        call.fault(Place::Answer(AnswerPlace::Half)).times(1).delay(Duration::from_secs(2))
    }),
    trouble("reset-at-part-headers", "the first attempt is reset where the file begins", Which::Uploads, |call| {
        call.fault(Place::Request(RequestPlace::PartHeaders)).times(1).reset()
    }),
    trouble(
        "reset-within-file",
        "the first attempt is reset in the middle of the file",
        Which::FilesWithAMiddle,
        |call| call.fault(call.middle()).times(1).reset(),
    ),
    trouble(
        "503-within-file",
        "the first attempt gets 503 in the middle of the file",
        Which::FilesWithAMiddle,
        |call| call.fault(call.middle()).times(1).status(503),
    ),
    trouble(
        "stall-within-file",
        "the first attempt is read no further than half of the file",
        Which::FilesWithAMiddle,
        |call| call.fault(call.middle()).times(1).stall(),
    ),
    trouble("reset-before-boundary", "the first attempt is reset behind the file", Which::Uploads, |call| {
        call.fault(Place::Request(RequestPlace::BeforeClosingBoundary)).times(1).reset()
    }),
    trouble("413-while-sending", "every attempt gets 413 while the file is sent", Which::Uploads, |call| {
        call.fault(Place::Request(RequestPlace::PartHeaders)).status(413)
    })
    .cured_by(Cure::NothingAsTold),
    trouble("409-conflict", "the first attempt gets 409: another has changed it", Which::Attachments, |call| {
        call.fault(Place::Before).times(1).status(409)
    })
    .cured_by(Cure::LookAgain),
    trouble("412-changed", "the first attempt gets 412: another has changed it", Which::Attachments, |call| {
        call.fault(Place::Before).times(1).status(412)
    })
    .cured_by(Cure::LookAgain),
    trouble("422-refused", "every attempt gets 422: another has made it impossible", Which::Attachments, |call| {
        call.fault(Place::Before).status(422)
    })
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
    let of = |call: &Call| {
        let fitting: Vec<_> = TROUBLES.iter().filter(|trouble| call.can_have(trouble)).collect();
        let case = |trouble: &'static Trouble| Case {
            name: format!("{}/{}", call.name, trouble.name),
            call: call.clone(),
            trouble,
        };
        fitting.into_iter().map(case).collect::<Vec<_>>()
    };
    calls.iter().flat_map(of).collect()
}

impl Case {
    pub(super) fn fault(&self) -> Fault {
        (self.trouble.fault)(&self.call).named(&self.name)
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

    /// A rule for this call and its further attempts.
    fn fault(&self, place: Place) -> Fault {
        Fault::at(place).operation(&self.operation).skip(self.earlier)
    }

    fn middle(&self) -> Place {
        Place::Request(RequestPlace::AfterFileBytes(self.file_bytes.unwrap_or_default() / 2))
    }

    fn can_have(&self, trouble: &Trouble) -> bool {
        match trouble.to {
            Which::All => true,
            Which::Uploads => self.file_bytes.is_some(),
            Which::FilesWithAMiddle => self.file_bytes.is_some_and(|bytes| bytes > 1),
            Which::Attachments => self.file_bytes.is_none(),
        }
    }
}
