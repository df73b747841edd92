//! What is learned about a request while it is answered, for the journal, and the fault that may strike while its body
//! is read. It travels in the request's extensions; whoever learns something leaves it here.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::ApiError;
use super::multipart::trace::{PartSeen, UploadTrace};
use crate::domain::file::FileName;
use crate::domain::user::User;

/// How much of a body in text is shown, in bytes.
pub(crate) const TEXT_BYTES: usize = 1024;

/// How much of a body in text is kept, so that what its JSON says can be looked for, in bytes.
pub(crate) const KEPT_BYTES: usize = 16 * 1024;

/// One request and its answer.
#[derive(Debug, Default)]
pub(crate) struct RequestTrace {
    operation: Option<&'static str>,
    actor: OnceLock<Arc<User>>,
    body: OnceLock<BodySeen>,
    upload: OnceLock<Arc<UploadTrace>>,
    other_name: OnceLock<FileName>,
    faults: Option<FaultHooks>,
    /// That of its record in the journal.
    number: OnceLock<u64>,
}

/// A body that was read as text.
#[derive(Clone, Debug)]
pub(crate) struct BodySeen {
    /// Its length in bytes.
    pub(crate) bytes: usize,
    /// Its beginning, at most [`KEPT_BYTES`].
    pub(crate) start: Bytes,
}

/// Called once, with the name of an uploaded file, and the parts of the form up to it: the fault that is to strike the
/// upload.
type PlanUpload = Box<dyn Fn(&str, &[PartSeen]) -> Option<UploadFault> + Send + Sync>;

/// What fault rules have to do with a request.
pub(crate) struct FaultHooks {
    pub(crate) plan_upload: PlanUpload,
    /// The fault that struck the request, if one did.
    pub(crate) fired: Arc<OnceLock<FaultRecord>>,
}

impl fmt::Debug for FaultHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultHooks").field("fired", &self.fired).finish_non_exhaustive()
    }
}

/// A fault that struck a request.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FaultRecord {
    /// The place of its rule in the list, from 0; absent if the request's own header `Prefer` asked for it.
    pub rule: Option<usize>,
    /// The name of the rule.
    pub name: Option<String>,
    /// Where it struck, such as `before`.
    pub at: String,
    /// What it did, such as `status 503`.
    pub what: String,
}

/// A fault that strikes an upload while its body is read.
pub(crate) struct UploadFault {
    pub(crate) at: UploadPosition,
    /// To be awaited there: waits, stalls, or ends the request by an error.
    pub(crate) strike: BoxFuture<'static, Result<(), ApiError>>,
}

/// A place in a multipart body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UploadPosition {
    /// The headers of the file's part were read, and nothing behind them.
    PartHeaders,
    /// So many bytes of the file were read.
    FileBytes(u64),
    /// The whole file was read, the closing boundary was not.
    BeforeClosingBoundary,
    /// The whole body was read, nothing is stored yet.
    BodyRead,
}

impl RequestTrace {
    /// That of a request for this operation, which fault rules may strike.
    pub(crate) fn new(operation: Option<&'static str>, faults: Option<FaultHooks>) -> Self {
        Self { operation, faults, ..Self::default() }
    }

    /// The caller is known. What was learned first counts, here and below.
    pub(crate) fn learn_actor(&self, actor: &Arc<User>) {
        self.actor.get_or_init(|| Arc::clone(actor));
    }

    /// A body was read that is text, or should be.
    pub(crate) fn learn_body(&self, bytes: &[u8]) {
        self.body.get_or_init(|| BodySeen {
            bytes: bytes.len(),
            start: Bytes::copy_from_slice(&bytes[..bytes.len().min(KEPT_BYTES)]),
        });
    }

    /// A multipart body was read, or as much of it as there was.
    pub(crate) fn learn_upload(&self, trace: UploadTrace) {
        self.upload.get_or_init(|| Arc::new(trace));
    }

    /// A file was sent under the name that the path has, though it is called otherwise.
    pub(crate) fn learn_other_name(&self, actual: &FileName) {
        self.other_name.get_or_init(|| actual.clone());
    }

    /// The request is in the journal now, under this number.
    pub(crate) fn learn_number(&self, number: u64) {
        self.number.get_or_init(|| number);
    }

    /// Its number in the journal.
    pub(crate) fn number(&self) -> Option<u64> {
        self.number.get().copied()
    }

    /// The fault that is to strike the upload of this file.
    pub(crate) fn upload_fault(&self, name: &str, parts: &[PartSeen]) -> Option<UploadFault> {
        (self.faults.as_ref()?.plan_upload)(name, parts)
    }

    /// The fault that struck the request.
    pub(crate) fn fault(&self) -> Option<&FaultRecord> {
        self.faults.as_ref()?.fired.get()
    }

    /// The name of the endpoint's handler.
    pub(crate) fn operation(&self) -> Option<&'static str> {
        self.operation
    }

    /// Whom the request acted as.
    pub(crate) fn actor(&self) -> Option<&Arc<User>> {
        self.actor.get()
    }

    /// The body, if it was read as text.
    pub(crate) fn body(&self) -> Option<&BodySeen> {
        self.body.get()
    }

    /// What the file that was sent is really called, if the path calls it otherwise.
    pub(crate) fn other_name(&self) -> Option<&FileName> {
        self.other_name.get()
    }

    /// The body, if it was read as a form.
    pub(crate) fn upload(&self) -> Option<&Arc<UploadTrace>> {
        self.upload.get()
    }
}
