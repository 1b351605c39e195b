//! Turns the rules that cases evaluated into those that no case reached.
//!
//! A rule that refuses is reached when it refused a call, in shadow too; a rule that lets calls pass, when a call passed by
//! it. An evaluation alone never counts.

use mcp_policy::document::RuleInfo;
use mcp_policy::host::Policy;
use mcp_policy::trace::{RuleOutcome, RuleTrace};
use mcp_policy_cases::{Case, Outcome};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// The rules that cases reach, policy by policy.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Coverage {
    policies: Vec<Reach>,
}

/// The rules that the cases of one policy reach.
#[derive(Debug, Serialize)]
pub(super) struct Reach {
    /// The policy's file, or the case that holds it.
    pub(super) policy: String,
    pub(super) rules: usize,
    /// Their places in the policy, as JSON Pointers.
    pub(super) unreached: BTreeSet<String>,
    #[serde(skip)]
    pub(super) text: String,
    /// The policy has a file of its own.
    #[serde(skip)]
    pub(super) is_file: bool,
}

impl Coverage {
    pub(super) fn add(
        &mut self,
        case: &Case,
        file: &Path,
        outcome: &Outcome,
        steps: &[Vec<RuleTrace>],
    ) {
        let (Outcome::Observed(seen), Ok(policy)) =
            (outcome, Policy::parse(case.policy.as_bytes()))
        else {
            return;
        };
        let rules = policy.rules();
        let Some(reach) = self.reach(case, file, &rules) else {
            return;
        };
        for (seen, traces) in seen.iter().zip(steps) {
            let reached = traces
                .iter()
                .filter_map(|trace| reached(&rules, trace, seen.forward));
            for rule in reached {
                reach.unreached.remove(rule);
            }
        }
    }

    /// The coverage of the case's policy.
    fn reach(&mut self, case: &Case, file: &Path, rules: &[RuleInfo]) -> Option<&mut Reach> {
        let mut known = self.policies.iter();
        let known = known.position(|reach| reach.text == case.written_policy);
        let index = known.unwrap_or(self.policies.len());
        if known.is_none() {
            self.policies.push(Reach::new(case, file, rules));
        }
        self.policies.get_mut(index)
    }

    pub(super) fn is_complete(&self) -> bool {
        self.policies.iter().all(|reach| reach.unreached.is_empty())
    }

    pub(super) fn policies(&self) -> &[Reach] {
        &self.policies
    }
}

impl Reach {
    fn new(case: &Case, file: &Path, rules: &[RuleInfo]) -> Self {
        let policy = case.policy_file.as_ref().map(|policy| beside(file, policy));
        Self {
            policy: policy.as_deref().unwrap_or(file).display().to_string(),
            rules: rules.len(),
            unreached: rules.iter().map(|rule| rule.pointer.clone()).collect(),
            text: case.written_policy.clone(),
            is_file: case.policy_file.is_some(),
        }
    }
}

/// The rule that an evaluation reaches, in a call that is forwarded or not.
fn reached<'t>(rules: &[RuleInfo], trace: &'t RuleTrace, forwarded: bool) -> Option<&'t String> {
    let rule = trace.rule.as_ref()?;
    let passes = |known: &RuleInfo| !known.refuses && known.pointer == *rule;
    let passed = || forwarded && rules.iter().any(passes);
    (trace.outcome != RuleOutcome::Allow || passed()).then_some(rule)
}

/// The path of a file that a case names, without the folders that it leaves again.
fn beside(case: &Path, named: &str) -> PathBuf {
    let mut path = case.parent().map_or_else(PathBuf::new, PathBuf::from);
    for part in Path::new(named).components() {
        let inside = matches!(path.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::ParentDir if inside => drop(path.pop()),
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use crate::report::Report as _;
    use crate::test::Suite;
    use mcp_policy_cases::corpus;
    use serde_json::{Value as Json, json};
    use std::path::Path;

    #[test]
    fn rules_of_policies_and_servers_are_reached_by_their_own_calls_alone() {
        let case = json!({
            "why": "The call of one caller at one server.",
            "policy": {
                "version": "1",
                "default": "deny",
                "tools": { "run": {} },
                "grants": {
                    "ci": {
                        "match": { "claim": { "sub": "ci" } },
                        "policy": "ci",
                        "tools": { "run": { "limits": [ { "counter": "r", "window": "minute", "max": 9 } ] } },
                    },
                    "ada": { "match": { "claim": { "sub": "ada" } }, "policy": "main" },
                },
                "policies": { "ci": { "default": "deny", "tools": { "run": {} } }, "files": { "default": "allow" } },
                "servers": { "files": { "match": { "path": "/files" }, "policy": "files" }, "git": { "match": { "path": "/git" } } },
            },
            "steps": [ { "call": "run", "path": "/files", "claims": { "sub": "ci" }, "expect": "forward" } ],
        });
        let case = corpus::parse("case.json", &case.to_string(), Path::new("")).expect("a case");
        let mut suite = Suite::new(true);
        let observed = suite.play("case.json", Path::new("case.json"), &case);
        assert!(observed.is_none(), "{observed:?}");
        let report = suite.report().json().expect("JSON");
        let report: Json = serde_json::from_str(&report).expect("JSON");
        let expected = json!([
            "/default",
            "/grants/ada",
            "/grants/ci/tools/run/limits/0",
            "/policies/ci/default",
            "/servers/git",
            "/tools/run",
        ]);
        assert_eq!(report["coverage"][0]["unreached"], expected, "{report}");
    }
}
