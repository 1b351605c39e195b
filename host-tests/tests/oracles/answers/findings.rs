//! Collects the finds of a search by kind: how often, after how long, and an example for each reader, as a report.

use super::kind::Kind;
use super::plan::Plan;
use host_tests::server_response::Received;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// All finds.
#[derive(Debug, Default)]
pub(super) struct Findings {
    kinds: BTreeMap<Kind, Found>,
}

#[derive(Debug)]
struct Found {
    count: usize,
    first: Duration,
    /// Examples by the planted thing's place and the reader's name.
    examples: BTreeMap<(&'static str, &'static str), String>,
}

/// A planted thing that a reader saw.
pub(super) struct Finding {
    pub(super) plan: Plan,
    pub(super) reader: &'static str,
    pub(super) seen: String,
    /// What the client received.
    pub(super) received: Received,
}

impl Findings {
    /// Adds a find whose tricks are all needed.
    pub(super) fn add(&mut self, finding: &Finding, after: Duration) {
        let found = self.kinds.entry(Kind::of(&finding.plan)).or_insert(Found {
            count: 0,
            first: after,
            examples: BTreeMap::new(),
        });
        found.count += 1;
        let key = (finding.plan.place.name, finding.reader);
        let told = told(finding);
        let shortest = found.examples.entry(key).or_insert_with(|| told.clone());
        if told.len() < shortest.len() {
            *shortest = told;
        }
    }

    /// The kinds with at least one find.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        self.kinds.keys().copied().collect()
    }

    /// True where this reader saw something.
    pub(super) fn has(&self, reader: &str) -> bool {
        let mut keys = self.kinds.values().flat_map(|found| found.examples.keys());
        keys.any(|(_, own)| *own == reader)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
}

fn told(finding: &Finding) -> String {
    let Finding {
        plan,
        reader,
        seen,
        received,
    } = finding;
    let (place, policy) = (plan.place.name, plan.scene.policy.replace('\n', ""));
    let tricks: Vec<_> = plan.tricks.iter().map(|trick| trick.what).collect();
    let answer = plan.answer();
    let types: Vec<_> = answer
        .headers
        .iter()
        .map(|(_, value)| value.escape_ascii().to_string())
        .collect();
    format!(
        "{reader} sees {seen} ({place}, {tricks:?}, {:?})\n      policy   {policy}\n      request  {:?}\n      response {} {types:?} {}\n      received {} {}",
        plan.split,
        plan.scene.request,
        answer.status,
        answer.body.escape_ascii(),
        received.status,
        received.body.escape_ascii()
    )
}

/// The number of examples that the report shows of each kind.
const SHOWN: usize = 3;

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, found) in &self.kinds {
            let readers: BTreeSet<_> = found.examples.keys().map(|(_, reader)| *reader).collect();
            let readers = Vec::from_iter(readers).join(", ");
            let (count, seconds) = (found.count, found.first.as_secs_f32());
            writeln!(
                f,
                "{kind}: {count} times, first after {seconds:.2} s, by {readers}"
            )?;
        }
        for (kind, found) in &self.kinds {
            writeln!(f, "\n{kind}")?;
            let mut examples: Vec<_> = found.examples.values().collect();
            examples.sort_by_key(|told| told.len());
            for example in examples.iter().take(SHOWN) {
                writeln!(f, "    {example}")?;
            }
        }
        Ok(())
    }
}
