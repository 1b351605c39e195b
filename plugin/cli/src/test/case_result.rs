//! The result of one case, as programs read it.
//!
//! It never holds the case itself.

use super::place::Place;
use serde::Serialize;
use serde_json::Value as Json;

/// A case, and its result.
#[derive(Debug, Serialize)]
pub(super) struct CaseResult {
    pub(super) file: String,
    /// The purpose of the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
    #[serde(flatten)]
    pub(super) verdict: Verdict,
}

/// How a case ended.
#[derive(Debug, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(super) enum Verdict {
    Passed,
    /// Its file was rewritten.
    Blessed {
        /// How many outcomes were: those of steps, or the one of the policy.
        changed: usize,
    },
    /// It cannot be played here.
    Skipped {
        reason: String,
    },
    Failed {
        differences: Vec<Difference>,
    },
    /// The file is not a case, or something happened that no case can expect.
    Broken {
        message: String,
    },
}

/// An observation that differs from the expectation.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    /// Counted from 1; `None` for the policy itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) step: Option<usize>,
    pub(super) expected: Option<Json>,
    pub(super) seen: Json,
    /// Of the step in the file, where the file's text is known.
    #[serde(skip)]
    pub(super) place: Option<Place>,
}
