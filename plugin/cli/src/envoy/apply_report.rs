//! What each Envoy did with a policy, as text and as JSON.
//!
//! It never calls a policy in force that some Envoy has not taken.

use super::discovery::Progress;
use crate::report::{CommandResult, ExitStatus, Report, to_json};
use crate::style::{BAD, GOOD};
use serde::Serialize;

/// What one Envoy did with a policy.
#[derive(Clone, Debug, Serialize)]
pub struct Applied {
    /// The URL of its admin interface.
    pub admin: String,
    /// Whether the policy decides about its calls now.
    pub in_force: bool,
    /// The time from the delivery to this state, in milliseconds.
    pub after_ms: u64,
    /// Why it refused the policy, in its own words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<String>,
}

/// What came of a delivery.
#[derive(Clone, Debug, Serialize)]
pub struct ApplyReport {
    /// The file that Envoy reads.
    pub file: String,
    /// The name of the delivery in Envoy's statistics: the time of it.
    pub version: String,
    /// Empty where nothing was waited for.
    pub envoys: Vec<Applied>,
    /// The former content of the file was written back, because an Envoy refused the new one.
    pub restored: bool,
}

impl Report for ApplyReport {
    fn status(&self) -> ExitStatus {
        ExitStatus::from_clean(self.envoys.iter().all(|envoy| envoy.in_force))
    }

    fn text(&self) -> String {
        let mut text: String = self.envoys.iter().map(Applied::lines).collect();
        if self.envoys.is_empty() {
            let Self { file, version, .. } = self;
            text = format!(
                "{file}: written, version {version}; no Envoy was asked whether it is in force\n"
            );
        }
        if self.status() != ExitStatus::Clean {
            text += &format!("{}: {}\n", self.file, self.left());
        }
        text
    }

    fn json(&self) -> CommandResult<String> {
        to_json(self)
    }
}

impl ApplyReport {
    /// The state in which a refusal leaves the file.
    fn left(&self) -> &'static str {
        match self.restored {
            true => "holds the former policy again",
            false => "holds the refused policy, because there was no former one",
        }
    }
}

impl Applied {
    /// The state of one Envoy.
    #[must_use]
    pub fn new(admin: &str, progress: Progress, after_ms: u64, refusals: Vec<String>) -> Self {
        Self {
            admin: admin.into(),
            in_force: progress == Progress::InForce,
            after_ms,
            refusals,
        }
    }

    fn lines(&self) -> String {
        let Self {
            admin, after_ms, ..
        } = self;
        if self.in_force {
            return format!("{admin}: {GOOD}in force{GOOD:#} after {after_ms} ms\n");
        }
        let mut refusals = self.refusals.iter().map(|why| format!("  {why}\n"));
        let words: String = refusals.by_ref().collect();
        let why = match words.is_empty() {
            true => {
                "; its log says why, and `--log FILE` shows that here once Envoy has written it\n"
                    .into()
            }
            false => format!(":\n{words}"),
        };
        format!("{admin}: {BAD}refused{BAD:#}{why}")
    }
}
