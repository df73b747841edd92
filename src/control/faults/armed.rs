//! The armed rules of each world, and how often each matched and fired.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::watch;

use super::body::RuleBody;
use super::request_facts::{Relevance, RequestFacts};
use super::rule::{CheckedRule, MAX_RULES, read_rules};
use crate::api::operations;
use crate::control::clearings::Clearings;
use crate::control::matching::Condition;
use crate::domain::{OrgId, Reservation, lock};
use crate::wire::InvalidValue;

/// How many worlds may have rules.
const MAX_WORLDS: usize = 10_000;

/// How many rules are kept that never fired.
const MAX_UNFIRED: usize = 1000;

/// What a world with rules takes beside them, in bytes.
const RECORD_BYTES: usize = 1024;

/// What a condition, and a star in its pattern, take beside their texts, in bytes.
const CONDITION_BYTES: usize = 2 * size_of::<Condition>();
const STAR_BYTES: usize = 64;

/// The fault rules of all worlds.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    worlds: Mutex<BTreeMap<OrgId, Arc<Armed>>>,
    /// When rules were disarmed.
    cleared: Clearings,
    /// Rules that never fired before their world started afresh, without what they do, if they are kept.
    unfired: Mutex<Option<Vec<ArmedFault>>>,
}

/// The rules of one world.
#[derive(Debug)]
pub(super) struct Armed {
    pub(super) rules: Vec<CheckedRule>,
    shared: Arc<Shared>,
}

/// What rules have in common with those that are added to them.
#[derive(Debug)]
struct Shared {
    counts: Mutex<Vec<RuleCounts>>,
    /// Whether they are disarmed or replaced; wakes requests that they hold up.
    disarmed: watch::Sender<bool>,
    /// What the rules take.
    charges: Mutex<Vec<Reservation>>,
}

/// What becomes of the rules that are armed already.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Earlier {
    Replaced,
    Kept,
}

/// Waits until the rules are disarmed or replaced.
#[derive(Clone, Debug)]
pub(super) struct Disarming(watch::Receiver<bool>);

impl Disarming {
    pub(super) fn is_over(&self) -> bool {
        *self.0.borrow()
    }

    pub(super) async fn wait(&mut self) {
        // It fails when the rules are gone, which comes after they were disarmed.
        let _ = self.0.wait_for(|disarmed| *disarmed).await;
    }
}

/// How often a rule matched, fired, or may yet fire.
#[derive(Clone, Copy, Debug, Default)]
struct RuleCounts {
    matched: u64,
    fired: u64,
    /// Requests in progress that it fires for if they reach its place.
    claimed: u64,
}

/// What the rules of a world have decided about a request. A claim that is dropped goes back to its rule.
#[derive(Debug)]
pub(super) enum Phase {
    /// That depends on the name of the file in the body.
    Undecided { armed: Arc<Armed>, facts: RequestFacts },
    /// This rule fires, if the request reaches its place.
    Claimed(Claim),
    /// No rule fires, or one has fired.
    Over,
}

/// The right of a rule to fire for a request, which counts against the rule's `times`. Dropped without [`Claim::fire`], it
/// is given back: the request never reached the rule's place.
#[derive(Debug)]
pub(super) struct Claim {
    armed: Arc<Armed>,
    pub(super) index: usize,
    settled: bool,
}

built! {
    /// An armed fault rule, and how often it fired.
    #[derive(Clone)]
    #[non_exhaustive]
    pub struct ArmedFault;
    fn new(org: &OrgId, index: usize, rule: &CheckedRule, counts: RuleCounts) {}
    /// The organisation in whose world it is armed.
    pub org: String = org.to_string(),
    /// Its place in the list, from 0.
    pub index: usize = index,
    /// How many requests it applied to.
    pub matched: u64 = counts.matched,
    /// How many of them it struck.
    pub fired: u64 = counts.fired,
    /// Whether it has not fired yet.
    pub never_fired: bool = counts.fired == 0,
    /// The rule, completed by its preset.
    pub(super) rule: RuleBody = rule.body.clone(),
}

impl ArmedFault {
    /// Its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.rule.name.as_deref()
    }
}

/// Its name, or its place, and its world.
impl fmt::Display for ArmedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name:?}")?,
            None => write!(f, "rule {}", self.index)?,
        }
        write!(f, " in {}", self.org)
    }
}

/// What rules take while they are armed, in bytes. Patterns are kept as they are written, and cut at their stars.
pub(in crate::control) fn weight(bodies: &[RuleBody]) -> u64 {
    if bodies.is_empty() {
        return 0;
    }
    let json = serde_json::to_vec(bodies).unwrap_or_default();
    let conditions: usize = bodies.iter().map(RuleBody::count_conditions).sum();
    let stars = memchr::memchr_iter(b'*', &json).count();
    let rules = bodies.len() * 2 * size_of::<CheckedRule>() + conditions * 2 * CONDITION_BYTES;
    (rules + 2 * json.len() + stars * STAR_BYTES + RECORD_BYTES) as u64
}

impl Faults {
    /// Whether no world has rules.
    pub(crate) fn is_idle(&self) -> bool {
        lock(&self.worlds).is_empty()
    }

    /// Checks rules and arms them in place of those that a world has, or after them. `charge` is for their [`weight`].
    /// Fails at the first mistake in one of them, and when too many worlds have rules; then nothing is changed.
    pub(in crate::control) fn arm(
        &self,
        org: OrgId,
        bodies: Vec<RuleBody>,
        earlier: Earlier,
        charge: Reservation,
    ) -> Result<(), InvalidValue> {
        let rules = read_rules(bodies)?;
        if rules.is_empty() {
            if let Earlier::Replaced = earlier {
                self.clear(Some(&org));
            }
            return Ok(());
        }
        let mut worlds = lock(&self.worlds);
        if worlds.len() >= MAX_WORLDS && !worlds.contains_key(&org) {
            let sentence = format!("Faults are armed in {MAX_WORLDS} worlds already; disarm some of them first.");
            return Err(InvalidValue::new("org", sentence));
        }
        if let (Earlier::Kept, Some(armed)) = (earlier, worlds.get_mut(&org)) {
            *armed = Arc::new(armed.and(&rules, charge)?);
            return Ok(());
        }
        let replaced = worlds.insert(org, Arc::new(Armed::new(rules, charge)));
        drop(worlds);
        replaced.iter().for_each(|armed| armed.end());
        Ok(())
    }

    /// Disarms the rules of one world, or of all. Delays, also those of `Prefer`, slow transfers and stalls end.
    pub(crate) fn clear(&self, org: Option<&OrgId>) {
        let mut worlds = lock(&self.worlds);
        let disarmed: Vec<_> = match org {
            Some(org) => worlds.remove(org).into_iter().collect(),
            None => std::mem::take(&mut *worlds).into_values().collect(),
        };
        drop(worlds);
        disarmed.iter().for_each(|armed| armed.end());
        self.cleared.note(org);
    }

    /// Disarms the rules of one world, or of all, because it starts afresh.
    pub(in crate::control) fn end(&self, org: Option<&OrgId>) {
        if let Some(unfired) = &mut *lock(&self.unfired) {
            let gone = self.rules(org).into_iter().filter(|rule| rule.never_fired);
            let room = MAX_UNFIRED.saturating_sub(unfired.len());
            unfired.extend(
                gone.take(room)
                    .map(|gone| ArmedFault { rule: RuleBody { name: gone.rule.name, ..RuleBody::default() }, ..gone }),
            );
        }
        self.clear(org);
    }

    /// From now on keeps the rules that never fired before their world started afresh, for [`Faults::unfired`].
    pub(crate) fn keep_unfired(&self) {
        lock(&self.unfired).get_or_insert_default();
    }

    /// The rules of all worlds that never fired, of those too that ended with their world if they are kept.
    pub(in crate::control) fn unfired(&self) -> Vec<ArmedFault> {
        let kept = lock(&self.unfired).clone().unwrap_or_default();
        kept.into_iter().chain(self.rules(None).into_iter().filter(|rule| rule.never_fired)).collect()
    }

    /// Returns when the faults in the world of a request that came in then are disarmed.
    pub(crate) async fn until_cleared(&self, org: Option<&OrgId>, began: Instant) {
        self.cleared.until_over(org, began).await;
    }

    /// The rules of one world, or of all, in their order.
    pub(crate) fn rules(&self, org: Option<&OrgId>) -> Vec<ArmedFault> {
        self.rules_about(org, &[])
    }

    /// Those of them that requests for one of these operations may meet, or all if none is named.
    pub(in crate::control) fn rules_about(&self, org: Option<&OrgId>, only: &[&str]) -> Vec<ArmedFault> {
        let worlds = lock(&self.worlds);
        let wanted = worlds.iter().filter(|(name, _)| org.is_none_or(|org| org == *name));
        wanted.flat_map(|(name, armed)| armed.view(name, only)).collect()
    }

    /// The organisations in whose worlds rules are armed, and how many.
    pub(in crate::control) fn organizations(&self) -> Vec<(OrgId, usize)> {
        let worlds = lock(&self.worlds);
        worlds.iter().map(|(org, armed)| (org.clone(), armed.rules.len())).collect()
    }

    /// Whether rules are armed in the world of an organisation.
    pub(in crate::control) fn has(&self, org: &OrgId) -> bool {
        self.of(org).is_some()
    }

    pub(super) fn of(&self, org: &OrgId) -> Option<Arc<Armed>> {
        lock(&self.worlds).get(org).cloned()
    }
}

impl Armed {
    fn new(rules: Vec<CheckedRule>, charge: Reservation) -> Self {
        let shared = Shared {
            counts: Mutex::new(vec![RuleCounts::default(); rules.len()]),
            disarmed: watch::Sender::new(false),
            charges: Mutex::new(vec![charge]),
        };
        Self { rules, shared: Arc::new(shared) }
    }

    /// These rules and more behind them. Fails when there are too many.
    fn and(&self, more: &[CheckedRule], charge: Reservation) -> Result<Self, InvalidValue> {
        let rules = [&self.rules, more].concat();
        if rules.len() > MAX_RULES {
            let sentence =
                format!("With those that are armed there are {} rules; {MAX_RULES} are allowed.", rules.len());
            return Err(InvalidValue::new("rules", sentence));
        }
        lock(&self.shared.counts).resize(rules.len(), RuleCounts::default());
        lock(&self.shared.charges).push(charge);
        Ok(Self { rules, shared: Arc::clone(&self.shared) })
    }

    fn end(&self) {
        self.shared.disarmed.send_replace(true);
    }

    /// The first rule that applies to a request and may still fire gets the right to do so. Rules before it that
    /// apply are counted as matched. If that cannot be decided yet, nothing is counted.
    pub(super) fn decide(self: Arc<Self>, facts: RequestFacts) -> Phase {
        let mut counts = lock(&self.shared.counts);
        let mut matched = Vec::new();
        let mut claimed = None;
        for (index, rule) in self.rules.iter().enumerate() {
            match facts.judge(rule) {
                Relevance::No => {}
                Relevance::Later => {
                    drop(counts);
                    return Phase::Undecided { armed: self, facts };
                }
                Relevance::Yes => {
                    matched.push(index);
                    if counts[index].is_open(rule) {
                        claimed = Some(index);
                        break;
                    }
                }
            }
        }
        for index in matched {
            counts[index].matched += 1;
        }
        let Some(index) = claimed else { return Phase::Over };
        counts[index].claimed += 1;
        drop(counts);
        Phase::Claimed(Claim { armed: self, index, settled: false })
    }

    fn view(&self, org: &OrgId, only: &[&str]) -> Vec<ArmedFault> {
        let named = || operations().iter().filter(|operation| only.contains(&operation.name));
        let is_wanted = |rule: &CheckedRule| only.is_empty() || named().any(|one| rule.may_fire_for(one));
        let counts = lock(&self.shared.counts).clone();
        let rules = self.rules.iter().zip(counts).enumerate().filter(|(_, (rule, _))| is_wanted(rule));
        rules.map(|(index, (rule, counts))| ArmedFault::new(org, index, rule, counts)).collect()
    }
}

impl RuleCounts {
    /// Whether the rule fires at its next match.
    fn is_open(self, rule: &CheckedRule) -> bool {
        let RuleBody { skip, times, .. } = &rule.body;
        self.matched >= skip.unwrap_or(0) && times.is_none_or(|times| self.fired + self.claimed < times)
    }
}

impl Claim {
    pub(super) fn rule(&self) -> &CheckedRule {
        &self.armed.rules[self.index]
    }

    /// Whether the rule is disarmed.
    pub(super) fn is_disarmed(&self) -> bool {
        *self.armed.shared.disarmed.borrow()
    }

    /// To wait until the rule is disarmed.
    pub(super) fn disarming(&self) -> Disarming {
        Disarming(self.armed.shared.disarmed.subscribe())
    }

    /// The rule fires.
    pub(super) fn fire(mut self) {
        self.settle(1);
    }

    fn settle(&mut self, fired: u64) {
        if !std::mem::replace(&mut self.settled, true) {
            let counts = &mut lock(&self.armed.shared.counts)[self.index];
            counts.claimed = counts.claimed.saturating_sub(1);
            counts.fired += fired;
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.settle(0);
    }
}
