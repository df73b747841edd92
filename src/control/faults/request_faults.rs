//! The faults of one request: which rule fires, and when.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::FromRequestParts;
use axum::http::Request;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http_body_util::BodyExt;

use super::armed::{Claim, Faults, Phase};
use super::body::{AnswerPlace, Place};
use super::prefer::{self, Preference};
use super::preset::is_upload;
use super::request_facts::RequestFacts;
use super::rule::{Action, CheckedRule, Then};
use super::transfer::{Announced, AnswerFault, Throttle};
use crate::api::{
    Api, ApiError, Caller, FaultHooks, FaultRecord, KEPT_BYTES, Operation, PartSeen, UploadFault, multipart, read_json,
};
use crate::connection::{HangUp, pause};
use crate::domain::{OrgId, lock};
use crate::wire::InvalidValue;

/// The faults of one request, from its head to its answer: those of the rules of its world, and those of its header
/// `Prefer`.
#[derive(Debug)]
pub(crate) struct RequestFaults {
    operation: Option<&'static Operation>,
    /// What the header asks for.
    preference: Result<Preference, InvalidValue>,
    /// Never locked across an await.
    phase: Mutex<Phase>,
    /// The fault that fired, for the journal.
    fired: OnceLock<FaultRecord>,
    /// The speed at which the body is read.
    throttle: Throttle,
}

impl RequestFaults {
    /// `None` if no fault can fire for the request.
    pub(crate) fn of(
        request: &Request<Body>,
        api: &Api,
        faults: &Faults,
        org: Option<&OrgId>,
        operation: Option<&'static Operation>,
    ) -> Option<Arc<Self>> {
        let asks = prefer::is_given(request.headers());
        if faults.is_idle() && !asks {
            return None;
        }
        let preference = Preference::of(request.headers(), operation);
        // `Prefer: code=` overrides fault rules.
        let meets_rules = preference.as_ref().is_ok_and(|preference| preference.error().is_none());
        let armed = org.filter(|_| meets_rules).and_then(|org| Some((org, faults.of(org)?)));
        let phase = match armed {
            Some((org, armed)) => {
                let facts = RequestFacts::new(request, api, org, operation, &armed.rules);
                armed.decide(facts)
            }
            None if asks => Phase::Over,
            None => return None,
        };
        let (fired, throttle) = (OnceLock::new(), Throttle::default());
        Some(Arc::new(Self { operation, preference, phase: Mutex::new(phase), fired, throttle }))
    }

    /// Answers the request by `route`, unless a fault does. A fault in the body of the answer is returned: the caller puts
    /// it in after the journal has recorded the answer. Delays end when the world is `cleared`.
    pub(crate) async fn run<F: Future<Output = Response>>(
        &self,
        request: Request<Body>,
        api: &Api,
        cleared: impl Future<Output = ()>,
        route: impl FnOnce(Request<Body>) -> F,
    ) -> (Response, Option<AnswerFault>) {
        let preference = match &self.preference {
            Ok(preference) => *preference,
            Err(wrong) => {
                self.drain(request, api).await;
                return (ApiError::from(wrong.clone()).into_response(), None);
            }
        };
        let (mut response, fault) = match preference.error() {
            None => {
                pause_until(preference.delay(), cleared).await;
                match self.begin(request, api).await {
                    Ok(request) => self.end(route(request).await).await,
                    Err(error) => (error.into_response(), None),
                }
            }
            Some(error) => {
                self.drain(request, api).await;
                pause_until(preference.delay(), cleared).await;
                (error.into_response(), None)
            }
        };
        // If a rule fired too, the journal shows that one.
        if let Some(fault) = preference.fault() {
            self.note(fault);
        }
        preference.acknowledge(response.status(), response.headers_mut());
        (response, fault)
    }

    /// Fires before the handler, if the rule says so. The error is the answer in place of that of the handler; by then the
    /// request was read.
    async fn begin(&self, request: Request<Body>, api: &Api) -> Result<Request<Body>, ApiError> {
        let request = self.look_into(request).await;
        let then = match &*lock(&self.phase) {
            Phase::Claimed(claim) if claim.rule().place == Place::Before => Some(claim.rule().action.then.clone()),
            Phase::Claimed(_) | Phase::Undecided { .. } | Phase::Over => None,
        };
        match then {
            None => Ok(self.throttled(request)),
            Some(Then::GoOn) => {
                self.fire().await?;
                Ok(request)
            }
            Some(Then::Answer(_) | Then::End(_) | Then::Slow { .. }) => {
                self.drain(request, api).await;
                Err(self.fire().await.err().unwrap_or(ApiError::HungUp(HangUp::Close)))
            }
        }
    }

    /// Fires after the handler, whose answer this is, if the rule says so. A fault in the body of the answer is returned,
    /// because the journal has to record the whole answer first.
    async fn end(&self, response: Response) -> (Response, Option<AnswerFault>) {
        self.learn(|facts| facts.see_form(None, &[]));
        let place = self.place();
        let fires_here = match place {
            // The request was refused before the name of its file was known.
            Some(Place::Before) => !response.status().is_success(),
            Some(Place::After) => response.status().is_success(),
            Some(Place::Answer(place)) if response.status().is_success() => {
                let fault = self.answer_fault(place, &response);
                return (response, fault);
            }
            Some(Place::Request(_) | Place::Answer(_)) | None => false,
        };
        if !fires_here {
            return (response, None);
        }
        match self.fire().await {
            Ok(()) => (response, None),
            Err(error) => (error.into_response(), None),
        }
    }

    /// Reads a short body, if a rule has a condition on its JSON. The returned request still has all of it.
    async fn look_into(&self, request: Request<Body>) -> Request<Body> {
        let awaits_json = matches!(&*lock(&self.phase), Phase::Undecided { facts, .. } if facts.awaits_json());
        if !awaits_json {
            return request;
        }
        let (parts, mut body) = request.into_parts();
        let length = body.size_hint();
        let (mut pieces, mut bytes, mut is_whole) = (Vec::new(), Vec::new(), false);
        while bytes.len() <= KEPT_BYTES {
            let Some(frame) = body.frame().await else {
                is_whole = true;
                break;
            };
            let piece = frame.map(|frame| frame.into_data().unwrap_or_default());
            let is_broken = piece.is_err();
            bytes.extend_from_slice(piece.as_deref().unwrap_or_default());
            pieces.push(piece);
            if is_broken {
                break;
            }
        }
        self.learn(|facts| facts.see_json(is_whole.then_some(&bytes)));
        let all = stream::iter(pieces).chain(body.into_data_stream());
        Request::from_parts(parts, Body::new(Announced { body: Body::from_stream(all), length }))
    }

    /// Shows the fault in the journal, unless another one fired before.
    fn note(&self, fault: FaultRecord) {
        self.fired.get_or_init(|| fault);
    }

    /// Reads a request without handling it: the client can send all of it, and the journal can show it.
    async fn drain(&self, request: Request<Body>, api: &Api) {
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

    /// Fires the claimed rule. The request goes on, unless this returns the error that ends it.
    async fn fire(&self) -> Result<(), ApiError> {
        let Phase::Claimed(claim) = self.take_phase() else { return Ok(()) };
        let mut disarming = claim.disarming();
        let action = self.begin_action(claim);
        if let Then::Slow { bytes_per_second } = action.then {
            self.throttle.set(bytes_per_second, disarming.clone());
        }
        action.perform(&mut disarming).await
    }

    /// Counts the rule as fired, shows that in the journal, and returns what it does.
    fn begin_action(&self, claim: Claim) -> Action {
        let rule = claim.rule();
        let action = rule.action.clone();
        self.note(FaultRecord {
            rule: Some(claim.index),
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
        Some(AnswerFault { after_bytes, disarming: claim.disarming(), action: self.begin_action(claim) })
    }

    /// The request with a body that can become slow, if a rule may ask for that.
    fn throttled(&self, request: Request<Body>) -> Request<Body> {
        let may_be_slow = match &*lock(&self.phase) {
            Phase::Undecided { armed, .. } => armed.rules.iter().any(CheckedRule::slows_uploads),
            Phase::Claimed(claim) => claim.rule().slows_uploads(),
            Phase::Over => false,
        };
        if may_be_slow { request.map(|body| self.throttle.clone().hold_back(body)) } else { request }
    }

    /// Adds facts from the body, and decides with them which rule fires, if that is still open.
    fn learn(&self, add: impl FnOnce(&mut RequestFacts)) {
        let mut phase = lock(&self.phase);
        *phase = match std::mem::replace(&mut *phase, Phase::Over) {
            Phase::Undecided { armed, mut facts } => {
                add(&mut facts);
                armed.decide(facts)
            }
            decided @ (Phase::Claimed(_) | Phase::Over) => decided,
        };
    }

    /// Where the claimed rule fires, unless it was disarmed since.
    fn place(&self) -> Option<Place> {
        match &*lock(&self.phase) {
            Phase::Claimed(claim) => Some(claim.rule().place).filter(|_| !claim.is_disarmed()),
            Phase::Undecided { .. } | Phase::Over => None,
        }
    }

    fn take_phase(&self) -> Phase {
        std::mem::replace(&mut *lock(&self.phase), Phase::Over)
    }
}

impl FaultHooks for RequestFaults {
    fn plan_upload(self: Arc<Self>, name: &str, parts: &[PartSeen]) -> Option<UploadFault> {
        self.learn(|facts| facts.see_form(Some(name), parts));
        let at = match self.place() {
            Some(Place::Before) => None,
            Some(Place::Request(place)) => Some(place),
            Some(Place::After | Place::Answer(_)) => return None,
            None => {
                self.throttle.lift();
                return None;
            }
        };
        Some(UploadFault { at, action: Box::pin(async move { self.fire().await }) })
    }

    fn fired(&self) -> Option<&FaultRecord> {
        self.fired.get()
    }
}

/// Sleeps this long, or until `end`.
async fn pause_until(longest: Duration, end: impl Future<Output = ()>) {
    tokio::select! {
        () = pause(longest) => {}
        () = end => {}
    }
}
