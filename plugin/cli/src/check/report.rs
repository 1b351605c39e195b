//! The diagnostics of one policy and its most expensive messages, as text and as JSON.
//!
//! It never leaves out an error.

use super::access::CallerAccess;
use super::dearest::Cost;
use super::diagnostic::Level;
use super::location::Located;
use super::render::{self, Shown};
use crate::input::Input;
use crate::report::{CommandResult, ExitStatus, Report, to_json};
use serde::{Serialize, Serializer};
use std::ops::Range;

/// Which diagnostics matter.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Warnings are findings too.
    pub deny_warnings: bool,
    /// Names of warnings and notes that are left out, such as `session-scope`.
    pub allow: Vec<String>,
    /// The present time, in seconds since 1970; without it, no grant counts as expired.
    pub now: Option<u64>,
}

/// The result of a check.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// In the order of the text.
    pub(super) diagnostics: Vec<Located>,
    /// Of the most expensive call and result; empty if the policy has a mistake, or no rule takes any work.
    pub(super) dearest: Vec<Cost>,
}

/// The diagnostics of one policy, in the order of its text.
#[derive(Debug)]
pub struct PolicyReport {
    pub(super) policy: Input,
    pub(super) diagnostics: Vec<Located>,
    pub(super) dearest: Vec<Cost>,
    /// What a caller has, if one is named.
    pub(super) access: Option<CallerAccess>,
    deny_warnings: bool,
    /// The place of the policy in a file with more than the policy.
    pub(super) within: Option<String>,
    /// The part of the file that may hold tokens.
    pub(super) secret: Option<Range<usize>>,
}

impl PolicyReport {
    pub(super) fn new(policy: &Input, checked: Checked, options: &Options) -> Self {
        let is_shown = |found: &Located| {
            found.level == Level::Error || options.allow.iter().all(|name| name != found.name)
        };
        Self {
            policy: policy.clone(),
            diagnostics: checked.diagnostics.into_iter().filter(is_shown).collect(),
            dearest: checked.dearest,
            access: None,
            deny_warnings: options.deny_warnings,
            within: None,
            secret: render::secret(&policy.bytes),
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
        let text = render::text(&Shown {
            file: &self.policy,
            within: self.within.as_deref(),
            findings: &self.diagnostics,
            dearest: &self.dearest,
            secret: self.secret.as_ref(),
        });
        let access = self.access.as_ref().map(CallerAccess::text);
        text + &access.unwrap_or_default()
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
            #[serde(skip_serializing_if = "Option::is_none")]
            within: Option<&'a str>,
            findings: &'a [Located],
            #[serde(skip_serializing_if = "<[Cost]>::is_empty")]
            dearest: &'a [Cost],
            #[serde(skip_serializing_if = "Option::is_none")]
            access: Option<&'a CallerAccess>,
        }
        let file = File {
            file: &self.policy.name,
            within: self.within.as_deref(),
            findings: &self.diagnostics,
            dearest: &self.dearest,
            access: self.access.as_ref(),
        };
        file.serialize(serializer)
    }
}
