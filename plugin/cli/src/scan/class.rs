//! The classes of tools, from lookups to payments, and their severity.
//!
//! It never judges a tool: `classify` does.

use serde::{Deserialize, Serialize};

/// The effect of a call. The worst class comes last, and wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Class {
    /// Looks up, searches, computes, waits.
    Read,
    /// Changes something.
    Write,
    /// Runs a program that the caller chooses.
    Execute,
    /// Deletes, ends, or replaces as a whole.
    Destructive,
    /// Moves money, or changes a debt.
    Financial,
}

impl Class {
    pub(crate) const ALL: [Self; 5] = [
        Self::Read,
        Self::Write,
        Self::Execute,
        Self::Destructive,
        Self::Financial,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Execute => "Execute",
            Self::Destructive => "Destructive",
            Self::Financial => "Financial",
        }
    }

    pub(crate) fn severity(self) -> &'static str {
        match self {
            Self::Read => "Low",
            Self::Write => "Medium",
            Self::Execute => "High",
            Self::Destructive | Self::Financial => "Critical",
        }
    }
}
