//! Checks of what a client did, for test scripts.

use schemars::JsonSchema;
use serde::Deserialize;

use super::call::*;
use super::faults::ArmedFault;
use super::strict::{StrictCheck, StrictVerdict};
use crate::control::journal::{Count, RequestMatch, Tally, Verdict};
use crate::control::matching::MatchBody;

/// What to check.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Check {
    #[serde(rename = "match")]
    matched: Option<MatchBody>,
    count: Option<usize>,
    at_least: Option<usize>,
    at_most: Option<usize>,
    faults: Option<FaultCheck>,
    strict: Option<StrictCheck>,
}

/// What is asked of fault rules.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum FaultCheck {
    AllFired,
}

built! {
    /// What came of the check: what was found of requests if those were checked, and of rules if those were.
    #[schemars(rename = "Verdict", transform = absent_not_null)]
    pub(super) struct Checked;
    fn new(verdict: Option<Verdict>, never_fired: Option<Vec<ArmedFault>>, strict: Option<StrictVerdict>) {
        let of_rules = never_fired.as_ref().map(|rules| match &rules[..] {
            [] => "Every fault rule has fired.".to_owned(),
            rules => {
                let names: Vec<String> = rules.iter().map(ToString::to_string).collect();
                format!("Fault rules that never fired: {}.", names.join(", "))
            }
        });
        let found = strict.as_ref().map(|strict| match strict.count {
            0 => "A strict check finds nothing.".to_owned(),
            _ => strict.to_string(),
        });
        let messages: Vec<String> = verdict.iter().map(ToString::to_string).chain(of_rules).chain(found).collect();
    }
    ok: bool = verdict.as_ref().is_none_or(|verdict| verdict.ok)
        && never_fired.as_ref().is_none_or(Vec::is_empty)
        && strict.as_ref().is_none_or(|strict| strict.ok),
    /// What was expected and what was seen, for an assertion to say.
    message: String = messages.join("\n"),
    #[serde(flatten)]
    requests: Option<Tally> = verdict.map(|verdict| verdict.tally),
    /// The rules that struck nothing.
    ?never_fired: Vec<ArmedFault> = never_fired,
    /// What a strict check found.
    ?strict: StrictVerdict = strict,
}

pub(super) const VERIFY: Operation = Operation::post("verify", "/_mock/verify", "Check what a client did")
    .answers(&[Answer::ok::<Checked>().with(TELLS_UNKNOWN)])
    .query(&[ORG, ALL])
    .json::<Check>();

pub(super) async fn verify(call: ControlCall, Scope(org): Scope, ControlBody(check): ControlBody<Check>) -> ApiResult {
    let expected = expected(&check)?;
    if check.matched.is_none() && check.faults.is_none() && check.strict.is_none() {
        let hint = "Set match to what the requests must be, faults to \"all-fired\", or strict to {}.";
        return Err(InvalidValue::new("match", hint).into());
    }
    if check.matched.is_some() || check.strict.is_some() {
        call.bench.check_journal()?;
    }
    let within = |wrong: InvalidValue| wrong.within("match");
    let wanted = check.matched.map(|matched| RequestMatch::read(matched, org.clone()).map_err(within)).transpose()?;
    at_leisure(call.bench, move |bench| {
        let verdict = wanted.map(|wanted| bench.journal.verify(&wanted, expected));
        let rules = |FaultCheck::AllFired| bench.faults.rules(org.as_ref()).into_iter();
        let never_fired =
            check.faults.map(rules).map(|rules| rules.filter(|rule| rule.never_fired).collect::<Vec<_>>());
        let strict = check.strict.map(|strict| strict.of(bench, org.as_ref()));
        let checked = Checked::new(verdict, never_fired, strict);
        Ok(tell_unknown(bench, org.as_ref(), json(StatusCode::OK, &checked)))
    })
    .await
}

/// How many requests there must be; at least one unless told otherwise.
fn expected(check: &Check) -> Result<Count, InvalidValue> {
    let (least, most) = match (check.count, check.at_least, check.at_most) {
        (Some(_), Some(_), _) => return Err(InvalidValue::new("atLeast", "It cannot be combined with count.")),
        (Some(_), _, Some(_)) => return Err(InvalidValue::new("atMost", "It cannot be combined with count.")),
        (Some(count), None, None) => (count, count),
        (None, None, None) => (1, usize::MAX),
        (None, least, most) => (least.unwrap_or(0), most.unwrap_or(usize::MAX)),
    };
    if least > most {
        return Err(InvalidValue::new("atMost", format!("It must not be less than atLeast, which is {least}.")));
    }
    let counted = [("count", check.count), ("atLeast", check.at_least), ("atMost", check.at_most)];
    match counted.into_iter().find(|(_, given)| given.is_some()) {
        Some((name, _)) if check.matched.is_none() => {
            Err(InvalidValue::new(name, "It counts what fits match, so set match too."))
        }
        Some(_) | None => Ok(Count::within(&(least..=most))),
    }
}
