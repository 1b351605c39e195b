//! Turns the suite's results, direct and through the gateway, into the changes that the gateway made.
//!
//! It excuses no difference that is not listed here with its reason.

use super::suite::{Check, Results, Status};
use std::collections::{BTreeMap, BTreeSet};

/// Scenarios that fail directly too, by the start of their names, with the reason. The gateway must not change their
/// checks either.
const RED: [(&str, &str); 7] = [
    ("tasks-", "neither SDK serves the extension for tasks"),
    ("auth/client-credentials-", OTHER_LOGIN),
    ("auth/cross-app-access-", OTHER_LOGIN),
    ("auth/enterprise-managed-", OTHER_LOGIN),
    ("auth/dpop", OTHER_LOGIN),
    ("auth/wif-", OTHER_LOGIN),
    (
        "auth/2025-03-26-oauth-metadata-",
        "the SDK refuses the suite's server, which does not give its own address as the issuer",
    ),
];
const OTHER_LOGIN: &str = "an extension for another way to log in, which the fixture has not";

/// Checks, or whole scenarios, that the gateway makes fail by design.
const REFUSED: [(&str, &str); 1] = [(
    "auth/2025-03-26-oauth-endpoint-fallback",
    "the client registers at the address of the MCP server itself, where the gateway lets nothing through but MCP",
)];

/// All results of one party, directly and by each way.
pub(crate) struct Column {
    pub(crate) who: String,
    pub(crate) direct: Results,
    /// The results by the name of each way through the gateway.
    pub(crate) through: Vec<(&'static str, Results)>,
}

impl Column {
    /// The failures, a line for each check. `scenarios` has the names of all scenarios.
    pub(crate) fn wrong(&self, scenarios: &BTreeSet<String>) -> Vec<String> {
        let mut wrong = missing("directly", &self.direct, scenarios);
        wrong.extend(self.red());
        for (way, results) in &self.through {
            wrong.extend(missing(way, results, scenarios));
            wrong.extend(unexpected(way, &self.direct, results));
        }
        let line = |line| format!("{}: {line}", self.who);
        wrong.into_iter().map(line).collect()
    }

    /// Unexpected failures without a gateway: the fixtures or the list of them are wrong.
    fn red(&self) -> Vec<String> {
        let checks = self.direct.iter().flat_map(|(scenario, checks)| {
            let failed = checks
                .iter()
                .filter(|check| check.status == Status::Failure);
            failed.map(move |check| (scenario, check))
        });
        let wrong = checks.filter(|(scenario, _)| why_red(scenario).is_none());
        wrong
            .map(|(scenario, check)| format!("directly: {scenario}: {}", told(check)))
            .collect()
    }
}

/// The reason why a scenario may fail directly.
pub(crate) fn why_red(scenario: &str) -> Option<&'static str> {
    let mut red = RED.iter();
    let own = red.find(|(start, _)| scenario.starts_with(start));
    own.map(|(_, why)| *why)
}

/// The reason why the gateway may change a check.
pub(crate) fn why_refused(difference: &Difference) -> Option<&'static str> {
    let mut refused = REFUSED.iter();
    let own = refused.find(|(id, _)| difference.is_of(id));
    own.map(|(_, why)| *why)
}

/// Obsolete reasons: their scenarios were played and did not fail.
pub(crate) fn stale(columns: &[Column]) -> Vec<String> {
    let fails = |checks: &[Check]| checks.iter().any(|check| check.status == Status::Failure);
    let stale = RED.iter().filter(|(start, _)| {
        let played = columns.iter().flat_map(|column| &column.direct);
        let own = played.filter(|(scenario, _)| scenario.starts_with(start));
        let own: Vec<_> = own.map(|(_, checks)| fails(checks)).collect();
        !own.is_empty() && !own.contains(&true)
    });
    stale
        .map(|(start, _)| format!("{start}…: all pass now; take it from the list"))
        .collect()
}

fn missing(way: &str, results: &Results, scenarios: &BTreeSet<String>) -> Vec<String> {
    let played = results.keys().cloned().collect();
    let missing = scenarios.symmetric_difference(&played);
    missing
        .map(|scenario| format!("{way}: {scenario} was not played, or is not in the suite's list"))
        .collect()
}

/// Checks that differ and must not, and those that must differ and do not.
fn unexpected(way: &str, direct: &Results, through: &Results) -> Vec<String> {
    let differences = differences(direct, through);
    let not_meant = differences.iter().filter(|own| why_refused(own).is_none());
    let wrong = not_meant.map(|own| format!("{way}: {}", own.line));
    let made = |id: &str| {
        let mut checks = direct.values().flatten();
        direct.contains_key(id) || checks.any(|check| check.id == id)
    };
    let differs = |id: &str| differences.iter().any(|own| own.is_of(id));
    let same = REFUSED
        .iter()
        .filter(|(id, _)| made(id) && !differs(id))
        .map(|(id, _)| format!("{way}: `{id}` is the same now; take it from the list"));
    wrong.chain(same).collect()
}

pub(crate) struct Difference {
    scenario: String,
    pub(crate) check: String,
    line: String,
}

impl Difference {
    fn is_of(&self, id: &str) -> bool {
        self.scenario == id || self.check == id
    }
}

/// Each check whose status through the gateway is different.
pub(crate) fn differences(direct: &Results, through: &Results) -> Vec<Difference> {
    let both = direct
        .iter()
        .filter_map(|(name, checks)| Some((name, checks, through.get(name)?)));
    both.flat_map(|(scenario, direct, through)| of_scenario(scenario, direct, through))
        .collect()
}

fn of_scenario(scenario: &str, direct: &[Check], through: &[Check]) -> Vec<Difference> {
    let (directly, other) = (statuses(direct), statuses(through));
    let ids: BTreeSet<_> = directly.keys().chain(other.keys()).collect();
    let differ = ids
        .into_iter()
        .filter(|id| directly.get(*id) != other.get(*id));
    let difference = |id: &&str| Difference {
        scenario: scenario.into(),
        check: (*id).to_owned(),
        line: format!(
            "{scenario}: `{id}`: directly {:?}, through the gateway {:?}{}",
            directly.get(id).map_or(&[][..], Vec::as_slice),
            other.get(id).map_or(&[][..], Vec::as_slice),
            errors(through, id)
        ),
    };
    differ.map(difference).collect()
}

/// The statuses of each check. A check may occur several times, in an order that depends on time. Notes are not checks.
fn statuses(checks: &[Check]) -> BTreeMap<&str, Vec<Status>> {
    let mut statuses: BTreeMap<&str, Vec<Status>> = BTreeMap::new();
    for check in checks.iter().filter(|check| check.status != Status::Info) {
        statuses.entry(&check.id).or_default().push(check.status);
    }
    statuses.values_mut().for_each(|own| own.sort_unstable());
    statuses
}

fn errors(checks: &[Check], id: &str) -> String {
    let own = checks.iter().filter(|check| check.id == id);
    own.filter_map(|check| check.error.as_deref())
        .map(|error| format!("; {error}"))
        .collect()
}

fn told(check: &Check) -> String {
    let why = check.error.as_deref().unwrap_or("no word why");
    format!("`{}` ({}) failed: {why}", check.id, check.name)
}
