//! What the faults of a world do to one request, from its head to its answer.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::body::{Body, HttpBody};
use axum::extract::FromRequestParts;
use axum::http::Request;
use axum::response::Response;

use super::armed::{Armed, Claim, Decision};
use super::body::{AnswerPlace, Place, RequestPlace};
use super::preset::is_upload;
use super::request_facts::RequestFacts;
use super::rule::{Action, Then};
use super::strike::Stop;
use super::transfer::{AnswerFault, Throttle};
use crate::api::error::ApiError;
use crate::api::extract::{Caller, read_json};
use crate::api::multipart;
use crate::api::operation::Operation;
use crate::api::state::Api;
use crate::api::trace::{FiredFault, Strike, UploadFault, UploadFaults, UploadPosition};
use crate::connection::HangUp;
use crate::control::bench::Bench;
use crate::domain::ids::OrgId;

/// The faults that wait for one request.
#[derive(Clone, Debug)]
pub(super) struct RequestFaults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    operation: Option<&'static Operation>,
    phase: Mutex<Phase>,
    fired: OnceLock<FiredFault>,
    /// How the connection is to end, if a fault said so while the body was read.
    ending: OnceLock<HangUp>,
    /// How fast the body is read.
    pace: Throttle,
}

/// What is known of the rule that strikes.
#[derive(Debug)]
enum Phase {
    /// It depends on the name of the file in the body.
    Undecided { armed: Arc<Armed>, target: RequestFacts },
    /// This one will, if the request comes to its place.
    Claimed(Claim),
    /// None will, or one has.
    Over,
}

impl Phase {
    fn decide(armed: Arc<Armed>, target: RequestFacts) -> Self {
        match armed.decide(|rule| target.judge(rule)) {
            Decision::Nothing => Self::Over,
            Decision::Claimed(claim) => Self::Claimed(claim),
            Decision::Later => Self::Undecided { armed, target },
        }
    }

    fn place(&self) -> Option<Place> {
        match self {
            Self::Claimed(claim) => Some(claim.rule().place),
            Self::Undecided { .. } | Self::Over => None,
        }
    }
}

impl RequestFaults {
    /// That of a request of which no rule knows.
    pub(super) fn free(operation: Option<&'static Operation>) -> Self {
        Self::new(operation, Phase::Over)
    }

    /// What waits for a request to this world.
    pub(super) fn of(
        request: &Request<Body>,
        state: &Bench,
        org: &OrgId,
        operation: Option<&'static Operation>,
        armed: Arc<Armed>,
    ) -> Self {
        let mut target = RequestFacts::new(request, operation);
        if armed.rules().iter().any(|rule| rule.matcher.asks_for_file()) {
            target.look_up_names(request, state, org);
        }
        Self::new(operation, Phase::decide(armed, target))
    }

    fn new(operation: Option<&'static Operation>, phase: Phase) -> Self {
        Self(Arc::new(Shared {
            operation,
            phase: Mutex::new(phase),
            fired: OnceLock::new(),
            ending: OnceLock::new(),
            pace: Throttle::default(),
        }))
    }

    /// Lets happen what happens before the request is handled.
    ///
    /// # Errors
    /// When it is not handled.
    pub(super) async fn begin(&self, request: Request<Body>, api: &Api) -> Result<Request<Body>, Stop> {
        let claimed = match &*self.phase() {
            Phase::Claimed(claim) if claim.rule().place == Place::Before => Some(claim.rule().action.clone()),
            Phase::Claimed(_) | Phase::Undecided { .. } | Phase::Over => None,
        };
        match claimed {
            None => Ok(self.hold_back(request)),
            Some(Action { then: Then::GoOn, .. }) => {
                self.happen().await?;
                Ok(request)
            }
            Some(_) => {
                self.take_in(request, api).await;
                Err(self.happen().await.err().unwrap_or(Stop::NoAnswer(HangUp::Close)))
            }
        }
    }

    /// Lets happen what happens behind the handler, whose answer this is. What happens to the answer's body is given
    /// back.
    pub(super) async fn end(&self, response: Response) -> (Response, Option<AnswerFault>) {
        if let Some(ending) = self.0.ending.get() {
            return (Stop::NoAnswer(*ending).into_response(), None);
        }
        self.name_in_body(None);
        let place = self.phase().place();
        let strikes_here = match place {
            // The name of the file did not become known, and the request was refused without it.
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
        match self.happen().await {
            Ok(()) => (response, None),
            Err(stop) => (stop.into_response(), None),
        }
    }

    /// Nothing more happens: what was claimed is given back, even if somebody keeps the course itself.
    pub(super) fn close(&self) {
        drop(self.take_phase());
    }

    /// The request was struck, though by no rule.
    pub(super) fn learn(&self, fault: FiredFault) {
        self.0.fired.get_or_init(|| fault);
    }

    /// Reads a request that nobody will handle, so that the client has sent it all and the journal can tell of it.
    pub(super) async fn take_in(&self, request: Request<Body>, api: &Api) {
        let (mut parts, body) = request.into_parts();
        // Whatever is wrong with the request, the fault is what it is told.
        drop(Caller::from_request_parts(&mut parts, api).await);
        let request = Request::from_parts(parts, body);
        if self.0.operation.is_some_and(is_upload) {
            multipart::dissect(api, request).await;
        } else {
            drop(read_json(request, api).await);
        }
    }

    /// The rule strikes.
    async fn happen(&self) -> Result<(), Stop> {
        let Phase::Claimed(claim) = self.take_phase() else { return Ok(()) };
        let mut disarming = claim.disarming();
        let action = self.fire(claim);
        if let Then::Slow { bytes_per_second } = action.then {
            self.0.pace.set(bytes_per_second);
        }
        action.happen(&mut disarming).await
    }

    fn fire(&self, claim: Claim) -> Action {
        let rule = claim.rule();
        let action = rule.action.clone();
        self.learn(FiredFault {
            rule: Some(claim.index()),
            name: rule.name.clone(),
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

    /// The request with a body that can become slow, if it may have to.
    fn hold_back(&self, request: Request<Body>) -> Request<Body> {
        let may_be_slow = match &*self.phase() {
            Phase::Undecided { armed, .. } => armed.rules().iter().any(|rule| rule.slows_uploads()),
            Phase::Claimed(claim) => claim.rule().slows_uploads(),
            Phase::Over => false,
        };
        if may_be_slow { request.map(|body| self.0.pace.clone().hold_back(body)) } else { request }
    }

    fn name_in_body(&self, name: Option<&str>) {
        let mut phase = self.phase();
        *phase = match std::mem::replace(&mut *phase, Phase::Over) {
            Phase::Undecided { armed, mut target } => {
                target.name_in_body(name);
                Phase::decide(armed, target)
            }
            decided @ (Phase::Claimed(_) | Phase::Over) => decided,
        };
    }

    fn take_phase(&self) -> Phase {
        std::mem::replace(&mut *self.phase(), Phase::Over)
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.0.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UploadFaults for RequestFaults {
    fn plan(&self, name: &str) -> Option<UploadFault> {
        self.name_in_body(Some(name));
        let Some(place) = self.phase().place() else {
            self.0.pace.lift();
            return None;
        };
        let at = match place {
            Place::Before => UploadPosition::BodyRead,
            Place::Request(RequestPlace::PartHeaders) => UploadPosition::PartHeaders,
            Place::Request(RequestPlace::AfterFileBytes(bytes)) => UploadPosition::FileBytes(bytes),
            Place::Request(RequestPlace::BeforeClosingBoundary) => UploadPosition::BeforeClosingBoundary,
            Place::After | Place::Answer(_) => return None,
        };
        Some(UploadFault { at, strike: Box::new(InBody(self.clone())) })
    }

    fn fired(&self) -> Option<&FiredFault> {
        self.0.fired.get()
    }
}

/// A fault that strikes while the body is read.
#[derive(Debug)]
struct InBody(RequestFaults);

impl Strike for InBody {
    fn strike(&self) -> Pin<Box<dyn Future<Output = Result<(), ApiError>> + Send + '_>> {
        Box::pin(async {
            match self.0.happen().await {
                Ok(()) => Ok(()),
                Err(Stop::Answer(injected)) => Err(ApiError::Injected(injected)),
                Err(Stop::NoAnswer(ending)) => {
                    self.0.0.ending.get_or_init(|| ending);
                    // Nobody sees it.
                    Err(ApiError::BodyCutOff)
                }
            }
        })
    }
}
