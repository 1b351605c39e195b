//! The result of `limits`: a configuration, differences, or what keeps the policy from being counted by the service.
//!
//! It never holds a configuration beside a limit that the service cannot count.

use super::comparison::{Difference, Kind};
use super::kept::Problem;
use crate::check::PolicyReport;
use crate::report::{CommandResult, ExitStatus, Report, to_json};
use crate::sanitize::printable;
use crate::style::{BAD, WARNING};
use serde::Serialize;

/// A configuration of the service, or its differences from the policy.
#[derive(Debug, Default, Serialize)]
pub struct LimitsReport {
    /// The mistakes of the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyReport>,
    /// The limits that the service cannot count.
    problems: Vec<Problem>,
    /// What the operator must know about the service.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    /// `None` in a comparison, and where something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<Comparison>,
}

#[derive(Debug, Serialize)]
struct Comparison {
    /// The file with the limits of the service.
    running: String,
    /// How many limits the policy has.
    limits: usize,
    differences: Vec<Difference>,
}

impl LimitsReport {
    pub(super) fn refused(policy: PolicyReport) -> Self {
        Self {
            policy: Some(policy),
            ..Self::default()
        }
    }

    pub(super) fn not_counted(problems: Vec<Problem>) -> Self {
        Self {
            problems,
            ..Self::default()
        }
    }

    pub(super) fn written(notes: &[&str], configuration: String) -> Self {
        Self {
            notes: notes.iter().map(|note| (*note).into()).collect(),
            configuration: Some(configuration),
            ..Self::default()
        }
    }

    pub(super) fn compared(running: &str, limits: usize, differences: Vec<Difference>) -> Self {
        let comparison = Comparison {
            running: running.into(),
            limits,
            differences,
        };
        Self {
            comparison: Some(comparison),
            ..Self::default()
        }
    }

    /// The text of the configuration; `None` in a comparison, and where something is wrong.
    #[must_use]
    pub fn configuration(&self) -> Option<&str> {
        self.configuration.as_deref()
    }
}

impl Report for LimitsReport {
    fn status(&self) -> ExitStatus {
        let compared = self.comparison.as_ref();
        let is_same = compared.is_some_and(|comparison| comparison.differences.is_empty());
        ExitStatus::from_clean(self.configuration.is_some() || is_same)
    }

    /// Everything but the configuration.
    fn text(&self) -> String {
        let mistakes = self.policy.iter().map(Report::text);
        let problems = self.problems.iter().map(|problem| {
            let (at, message) = (printable(&problem.at), printable(&problem.message));
            format!("{BAD}error{BAD:#}: {at}: {message}\n")
        });
        let notes = self.notes.iter();
        let notes = notes.map(|note| format!("{WARNING}note{WARNING:#}: {note}\n"));
        let compared = self.comparison.iter().map(Comparison::text);
        mistakes
            .chain(problems)
            .chain(notes)
            .chain(compared)
            .collect()
    }

    fn json(&self) -> CommandResult<String> {
        to_json(self)
    }
}

impl Comparison {
    fn text(&self) -> String {
        let running = printable(&self.running);
        if self.differences.is_empty() {
            let limits = match self.limits {
                1 => "1 limit".into(),
                limits => format!("{limits} limits"),
            };
            return format!("{running}: {limits}, as in the policy\n");
        }
        self.differences.iter().map(Difference::line).collect()
    }
}

impl Difference {
    fn line(&self) -> String {
        let limit = printable(&self.limit);
        let [policy, service] = [&self.policy, &self.service];
        let [policy, service] =
            [policy, service].map(|numbers| numbers.as_deref().map(printable).unwrap_or_default());
        match self.is {
            Kind::Missing => format!("{BAD}missing{BAD:#} {limit}: {policy}\n"),
            Kind::Different => {
                format!("{BAD}different{BAD:#} {limit}: {service}; by the policy {policy}\n")
            }
            Kind::Additional => format!("{BAD}additional{BAD:#} {limit}: {service}\n"),
        }
    }
}
