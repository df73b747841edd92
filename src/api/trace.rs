//! What is learned about a request while it is answered, for the journal, and the fault that may fire while its body
//! is read. It is a request extension, which all parts add to.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ApiError, PartSeen, UploadTrace};
use crate::domain::{FileName, User};

/// How much of a body in text is shown, in bytes.
pub(crate) const TEXT_BYTES: usize = 1024;

/// How much of a body in text is kept for conditions on its JSON, in bytes.
pub(crate) const KEPT_BYTES: usize = 16 * 1024;

/// What was found out about one request. Each member is set at most once.
#[derive(Debug, Default)]
pub(crate) struct RequestTrace {
    /// Whom the request acts as.
    pub(crate) actor: OnceLock<Arc<User>>,
    /// The body, if it was read as text, or should be one.
    pub(crate) body: OnceLock<BodySeen>,
    /// The body, if it was read as a form, or as much of it as there was.
    pub(crate) upload: OnceLock<Arc<UploadTrace>>,
    /// The real name of the file that was sent, if the path has another.
    pub(crate) other_name: OnceLock<FileName>,
    pub(crate) faults: Option<Arc<dyn FaultHooks>>,
    /// The number of its record in the journal, once it has one.
    pub(crate) number: OnceLock<u64>,
}

/// A body that was read as text.
#[derive(Clone, Debug)]
pub(crate) struct BodySeen {
    /// Its length in bytes.
    pub(crate) bytes: usize,
    /// Its beginning, at most [`KEPT_BYTES`].
    pub(crate) start: Bytes,
}

/// The fault rules, as the code below `control` sees them: `api` does not import `control`.
pub(crate) trait FaultHooks: fmt::Debug + Send + Sync {
    /// The fault that will fire within the upload of a file with this name, which is the last of these parts. Called once.
    fn plan_upload(self: Arc<Self>, name: &str, parts: &[PartSeen]) -> Option<UploadFault>;

    /// The fault that fired, if one did.
    fn fired(&self) -> Option<&FaultRecord>;
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

/// A fault that fires within an upload, while its body is read.
pub(crate) struct UploadFault {
    /// `None` is where the whole body was read and nothing is stored yet.
    pub(crate) at: Option<RequestPlace>,
    /// To be awaited there: waits, stalls, or ends the request by an error.
    pub(crate) action: BoxFuture<'static, Result<(), ApiError>>,
}

/// A place in the form of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "FaultRequestPlace")]
pub enum RequestPlace {
    /// The headers of the file's part were read.
    PartHeaders,
    /// This many bytes of the file were read.
    #[serde(rename = "afterFileBytes")]
    AfterFileBytes(u64),
    /// The whole file was read, the closing boundary was not.
    BeforeClosingBoundary,
}

impl BodySeen {
    pub(crate) fn of(body: &[u8]) -> Self {
        Self { bytes: body.len(), start: Bytes::copy_from_slice(&body[..body.len().min(KEPT_BYTES)]) }
    }
}

impl RequestTrace {
    /// The fault that will fire within the upload of this file.
    pub(crate) fn upload_fault(&self, name: &str, parts: &[PartSeen]) -> Option<UploadFault> {
        Arc::clone(self.faults.as_ref()?).plan_upload(name, parts)
    }

    /// The fault that fired, if one did.
    pub(crate) fn fault(&self) -> Option<&FaultRecord> {
        self.faults.as_ref()?.fired()
    }
}
