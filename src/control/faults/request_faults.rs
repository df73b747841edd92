//! The fault of one request: which rule strikes it, and when.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::{Body, HttpBody};
use axum::extract::FromRequestParts;
use axum::http::Request;
use axum::response::{IntoResponse, Response};

use super::armed::{Armed, Claim, Phase};
use super::body::{AnswerPlace, Place, RequestPlace};
use super::preset::is_upload;
use super::request_facts::RequestFacts;
use super::rule::{Action, CheckedRule, Then};
use super::transfer::{AnswerFault, Throttle};
use crate::api::error::ApiError;
use crate::api::extract::{Caller, read_json};
use crate::api::multipart;
use crate::api::operation::Operation;
use crate::api::state::Api;
use crate::api::trace::{FaultHooks, FaultRecord, UploadFault, UploadPosition};
use crate::connection::HangUp;
use crate::domain::ids::OrgId;

/// The rules of a world and one request, from its head to its answer.
#[derive(Debug)]
pub(super) struct RequestFaults {
    operation: Option<&'static Operation>,
    /// Held for moments, never while something is awaited.
    phase: Mutex<Phase>,
    /// The fault that struck. The journal reads it.
    fired: Arc<OnceLock<FaultRecord>>,
    /// The speed at which the body is read.
    throttle: Throttle,
}

impl RequestFaults {
    /// For a request to which no rule applies.
    pub(super) fn none(operation: Option<&'static Operation>) -> Arc<Self> {
        Self::new(operation, Phase::Over)
    }

    /// For a request to a world with rules.
    pub(super) fn of(
        request: &Request<Body>,
        api: &Api,
        org: &OrgId,
        operation: Option<&'static Operation>,
        armed: Arc<Armed>,
    ) -> Arc<Self> {
        let mut facts = RequestFacts::new(request, operation);
        if armed.rules().iter().any(|rule| rule.matcher.asks_for_file()) {
            facts.look_up_names(request, api, org);
        }
        Self::new(operation, armed.decide(facts))
    }

    fn new(operation: Option<&'static Operation>, phase: Phase) -> Arc<Self> {
        let (phase, fired, throttle) = (Mutex::new(phase), Arc::default(), Throttle::default());
        Arc::new(Self { operation, phase, fired, throttle })
    }

    /// What the reader of the body and the journal need.
    pub(super) fn hooks(self: &Arc<Self>) -> FaultHooks {
        let faults = Arc::clone(self);
        FaultHooks { plan_upload: Box::new(move |name| faults.plan_upload(name)), fired: Arc::clone(&self.fired) }
    }

    /// Strikes before the handler, if that is the place.
    ///
    /// # Errors
    /// The answer in place of the handler's. The request was read then.
    pub(super) async fn begin(&self, request: Request<Body>, api: &Api) -> Result<Request<Body>, ApiError> {
        let then = match &*self.phase() {
            Phase::Claimed(claim) if claim.rule().place == Place::Before => Some(claim.rule().action.then.clone()),
            Phase::Claimed(_) | Phase::Undecided { .. } | Phase::Over => None,
        };
        match then {
            None => Ok(self.throttled(request)),
            Some(Then::GoOn) => {
                self.strike().await?;
                Ok(request)
            }
            Some(Then::Answer(_) | Then::End(_) | Then::Slow { .. }) => {
                self.drain(request, api).await;
                Err(self.strike().await.err().unwrap_or(ApiError::HungUp(HangUp::Close)))
            }
        }
    }

    /// Strikes behind the handler, whose answer this is, if that is the place. A fault in the body of the answer is
    /// returned, because the journal has to see the answer first.
    pub(super) async fn end(&self, response: Response) -> (Response, Option<AnswerFault>) {
        self.name_in_body(None);
        let place = self.place();
        let strikes_here = match place {
            // The request was refused before the name of its file was known.
            Some(Place::Before) => !response.status().is_success(),
            Some(Place::After) => response.status().is_success(),
            Some(Place::Answer(place)) if response.status().is_success() => {
                let fault = self.answer_fault(place, &response);
                return (response, fault);
            }
            Some(Place::Request(_) | Place::Answer(_)) | None => false,
        };
        if !strikes_here {
            return (response, None);
        }
        match self.strike().await {
            Ok(()) => (response, None),
            Err(error) => (error.into_response(), None),
        }
    }

    /// Plans the upload of a file with this name: its fault, if that strikes while the body is read.
    fn plan_upload(self: &Arc<Self>, name: &str) -> Option<UploadFault> {
        self.name_in_body(Some(name));
        let Some(place) = self.place() else {
            self.throttle.lift();
            return None;
        };
        let at = match place {
            Place::Before => UploadPosition::BodyRead,
            Place::Request(RequestPlace::PartHeaders) => UploadPosition::PartHeaders,
            Place::Request(RequestPlace::AfterFileBytes(bytes)) => UploadPosition::FileBytes(bytes),
            Place::Request(RequestPlace::BeforeClosingBoundary) => UploadPosition::BeforeClosingBoundary,
            Place::After | Place::Answer(_) => return None,
        };
        let faults = Arc::clone(self);
        Some(UploadFault { at, strike: Box::pin(async move { faults.strike().await }) })
    }

    /// Notes a fault of another kind.
    pub(super) fn note(&self, fault: FaultRecord) {
        self.fired.get_or_init(|| fault);
    }

    /// Reads a request that nobody will handle, so that the client can send it whole and the journal has it.
    pub(super) async fn drain(&self, request: Request<Body>, api: &Api) {
        let (mut parts, body) = request.into_parts();
        // Mistakes in the request do not matter: the fault is the answer.
        drop(Caller::from_request_parts(&mut parts, api).await);
        let request = Request::from_parts(parts, body);
        if self.operation.is_some_and(is_upload) {
            multipart::dissect(api, request).await;
        } else {
            drop(read_json(request, api, api.config().limits.max_json_bytes).await);
        }
    }

    /// Has the claimed rule strike. The request goes on, unless this returns the error that ends it.
    async fn strike(&self) -> Result<(), ApiError> {
        let Phase::Claimed(claim) = self.take_phase() else { return Ok(()) };
        let mut disarming = claim.disarming();
        let action = self.fire(claim);
        if let Then::Slow { bytes_per_second } = action.then {
            self.throttle.set(bytes_per_second, disarming.clone());
        }
        action.perform(&mut disarming).await
    }

    fn fire(&self, claim: Claim) -> Action {
        let rule = claim.rule();
        let action = rule.action.clone();
        self.note(FaultRecord {
            rule: Some(claim.index()),
            name: rule.body.name.clone(),
            at: rule.place.describe(),
            what: action.describe(),
        });
        claim.fire();
        action
    }

    fn answer_fault(&self, place: AnswerPlace, response: &Response) -> Option<AnswerFault> {
        let length = response.body().size_hint().exact()?;
        let after_bytes = match place {
            AnswerPlace::AfterBytes(bytes) => bytes,
            AnswerPlace::Half => length / 2,
        };
        if after_bytes >= length {
            return None;
        }
        let Phase::Claimed(claim) = self.take_phase() else { return None };
        Some(AnswerFault { after_bytes, disarming: claim.disarming(), action: self.fire(claim) })
    }

    /// The request with a body that can become slow, if a rule may ask for that.
    fn throttled(&self, request: Request<Body>) -> Request<Body> {
        let may_be_slow = match &*self.phase() {
            Phase::Undecided { armed, .. } => armed.rules().iter().any(CheckedRule::slows_uploads),
            Phase::Claimed(claim) => claim.rule().slows_uploads(),
            Phase::Over => false,
        };
        if may_be_slow { request.map(|body| self.throttle.clone().hold_back(body)) } else { request }
    }

    /// Decides which rule strikes, if the name of the file was needed for that.
    fn name_in_body(&self, name: Option<&str>) {
        let mut phase = self.phase();
        *phase = match std::mem::replace(&mut *phase, Phase::Over) {
            Phase::Undecided { armed, mut facts } => {
                facts.name_in_body(name);
                armed.decide(facts)
            }
            decided @ (Phase::Claimed(_) | Phase::Over) => decided,
        };
    }

    /// Where the claimed rule strikes, unless it was disarmed since.
    fn place(&self) -> Option<Place> {
        match &*self.phase() {
            Phase::Claimed(claim) => Some(claim.rule().place).filter(|_| !claim.is_disarmed()),
            Phase::Undecided { .. } | Phase::Over => None,
        }
    }

    fn take_phase(&self) -> Phase {
        std::mem::replace(&mut *self.phase(), Phase::Over)
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
