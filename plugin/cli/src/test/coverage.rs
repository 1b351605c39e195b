//! Turns the rules that cases looked at into those that none reached.
//!
//! A rule that refuses is reached when it refused a call, in shadow too; one that lets calls pass, when one passed by it. A
//! rule that was only looked at has shown nothing.

use super::Steps;
use mcp_policy::{Policy, RuleSeen, Said};
use mcp_policy_cases::{Case, Outcome};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// How far cases reach into their policies.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Coverage {
    policies: Vec<Reach>,
}

/// How far the cases of one policy reach into it.
#[derive(Debug, Serialize)]
pub(super) struct Reach {
    /// The policy's file, or the case that it stands in.
    pub(super) policy: String,
    pub(super) rules: usize,
    /// Their places in the policy, as JSON Pointers.
    pub(super) unreached: BTreeSet<String>,
    #[serde(skip)]
    text: String,
}

impl Coverage {
    pub(super) fn add(&mut self, case: &Case, file: &Path, outcome: &Outcome, steps: Steps<'_>) {
        let (Outcome::Seen(seen), Ok(policy)) = (outcome, Policy::parse(case.policy.as_bytes()))
        else {
            return;
        };
        let rules = policy.rules_seen();
        let reach = self.of(case, file, &rules);
        for (seen, findings) in seen.iter().zip(steps) {
            for finding in findings {
                let decided = finding.said != Said::Passes;
                let passed = seen.forward
                    && rules
                        .iter()
                        .any(|rule| !rule.refuses && Some(&rule.pointer) == finding.rule.as_ref());
                if let Some(rule) = finding.rule.as_ref().filter(|_| decided || passed) {
                    reach.unreached.remove(rule);
                }
            }
        }
    }

    fn of(&mut self, case: &Case, file: &Path, rules: &[RuleSeen]) -> &mut Reach {
        let known = self
            .policies
            .iter()
            .position(|reach| reach.text == case.policy);
        let index = known.unwrap_or(self.policies.len());
        if known.is_none() {
            let place = case.policy_file.as_ref().map(|policy| beside(file, policy));
            self.policies.push(Reach {
                policy: place.as_deref().unwrap_or(file).display().to_string(),
                rules: rules.len(),
                unreached: rules.iter().map(|rule| rule.pointer.clone()).collect(),
                text: case.policy.clone(),
            });
        }
        // It is there: it was found, or was just put there.
        #[allow(
            clippy::indexing_slicing,
            reason = "the index is that of what was found or pushed"
        )]
        &mut self.policies[index]
    }

    pub(super) fn is_complete(&self) -> bool {
        self.policies.iter().all(|reach| reach.unreached.is_empty())
    }

    pub(super) fn policies(&self) -> &[Reach] {
        &self.policies
    }
}

/// A file that a case names, without the folders that are left again.
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
