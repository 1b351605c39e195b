//! The diagnostics of one policy, as text and as JSON.
//!
//! It never leaves out an error.

use super::diagnostic::Level;
use super::location::Located;
use super::render;
use crate::input::Input;
use crate::report::{CommandResult, ExitStatus, Report, to_json};
use serde::{Serialize, Serializer};

/// Which diagnostics matter.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Warnings are findings too.
    pub deny_warnings: bool,
    /// Names of warnings and notes that are left out, such as `session-scope`.
    pub allow: Vec<String>,
}

/// The diagnostics of one policy, in the order of its text.
#[derive(Debug)]
pub struct PolicyReport {
    policy: Input,
    diagnostics: Vec<Located>,
    deny_warnings: bool,
}

impl PolicyReport {
    pub(super) fn new(policy: &Input, diagnostics: Vec<Located>, options: &Options) -> Self {
        let is_shown = |found: &Located| {
            found.level == Level::Error || options.allow.iter().all(|name| name != found.name)
        };
        Self {
            policy: policy.clone(),
            diagnostics: diagnostics.into_iter().filter(is_shown).collect(),
            deny_warnings: options.deny_warnings,
        }
    }
}

impl Report for PolicyReport {
    fn status(&self) -> ExitStatus {
        let fails = |level| match level {
            Level::Error => true,
            Level::Warning => self.deny_warnings,
            Level::Note => false,
        };
        let mut levels = self.diagnostics.iter().map(|found| found.level);
        ExitStatus::from_clean(!levels.any(fails))
    }

    fn text(&self) -> String {
        render::text(&self.policy, &self.diagnostics)
    }

    fn json(&self) -> CommandResult<String> {
        to_json(self)
    }
}

impl Serialize for PolicyReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct File<'a> {
            file: &'a str,
            findings: &'a [Located],
        }
        let file = File {
            file: &self.policy.name,
            findings: &self.diagnostics,
        };
        file.serialize(serializer)
    }
}
