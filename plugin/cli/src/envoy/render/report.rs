//! The result of a rendering: a configuration with warnings, or the mistakes of the policy.
//!
//! It never holds a configuration around a policy with mistakes.

use crate::check::{Options, PolicyReport, check};
use crate::input::Input;
use crate::report::{CommandResult, ExitStatus, Report, to_json};
use crate::style::WARNING;
use serde::Serialize;

/// A configuration of Envoy, or the mistakes of the policy for it.
#[derive(Debug, Serialize)]
pub struct RenderReport {
    /// What keeps the gateway from protecting, or from answering.
    warnings: Vec<String>,
    /// What to do before Envoy starts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next: Vec<String>,
    /// `None` where the policy has mistakes.
    configuration: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyReport>,
}

impl RenderReport {
    /// The mistakes of a policy; `None` for one that a gateway accepts.
    pub(super) fn of_mistakes(policy: &Input) -> Option<Self> {
        let checked = check(policy, None, &Options::default());
        (checked.status() != ExitStatus::Clean).then(|| Self {
            warnings: Vec::new(),
            next: Vec::new(),
            configuration: None,
            policy: Some(checked),
        })
    }

    pub(super) fn written(configuration: String, warnings: Vec<String>, next: Vec<String>) -> Self {
        Self {
            warnings,
            next,
            configuration: Some(configuration),
            policy: None,
        }
    }

    /// The text of the configuration; `None` where the policy has mistakes.
    #[must_use]
    pub fn configuration(&self) -> Option<&str> {
        self.configuration.as_deref()
    }
}

impl Report for RenderReport {
    fn status(&self) -> ExitStatus {
        ExitStatus::from_clean(self.configuration.is_some())
    }

    /// The mistakes, or the warnings and the next steps. [`configuration`](Self::configuration) is the configuration itself.
    fn text(&self) -> String {
        let mistakes = self.policy.as_ref().map(Report::text);
        let warnings = self.warnings.iter();
        let warnings = warnings.map(|text| format!("{WARNING}warning{WARNING:#}: {text}\n"));
        let next = self.next.iter().map(|text| format!("next: {text}\n"));
        mistakes.into_iter().chain(warnings).chain(next).collect()
    }

    fn json(&self) -> CommandResult<String> {
        to_json(self)
    }
}
