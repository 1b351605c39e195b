//! Tools that a policy pins to a reviewed definition.
//!
//! It never knows a tool by its name alone.

use super::entry::{Entry, Pin};
use super::options::Mode;
use super::policy::Policy;
use crate::read::Definition;
use crate::words::Rule;
use crate::words::state::StateKey;

/// A tool that a policy pins.
#[derive(Clone, Debug)]
pub(crate) struct Pinned {
    pub(crate) tool: Box<str>,
    pub(crate) pin: Pin,
    pub(crate) mode: Mode,
}

impl Pinned {
    /// `None` for a tool without a pin. `mode` is that of rules that stand in no entry.
    pub(crate) fn new(entry: &Entry, mode: Mode) -> Option<Self> {
        Some(Self {
            tool: entry.key().into(),
            pin: entry.pin?,
            mode: entry.mode.unwrap_or(mode),
        })
    }

    pub(crate) fn rule(&self) -> Rule {
        Rule::new("tools").key(&self.tool).member("pin")
    }

    /// Under what the definition is remembered that was listed last.
    pub(crate) fn last(&self) -> StateKey {
        StateKey::named(format!("main/pin/last/{}", self.tool))
    }

    /// Under what the definition is remembered that later ones are held against: the pinned one, or the first.
    pub(crate) fn reviewed(&self) -> StateKey {
        StateKey::named(format!("main/pin/reviewed/{}", self.tool))
    }

    /// Every tool that the policy pins.
    pub(crate) fn all(policy: &Policy, mode: Mode) -> impl Iterator<Item = Self> {
        let entries = policy.tools.values();
        entries.filter_map(move |entry| Self::new(entry, mode))
    }

    /// Everything that is remembered for a policy's pins.
    pub(crate) fn keys(policy: &Policy) -> impl Iterator<Item = StateKey> {
        let pinned = Self::all(policy, policy.mode);
        pinned.flat_map(|pinned| [pinned.last(), pinned.reviewed()])
    }

    /// Whether a definition is the one that was reviewed, or the first that is seen.
    pub(crate) fn is(&self, definition: &Definition, reviewed: Option<&Definition>) -> bool {
        match self.pin {
            Pin::Digest(digest) => definition.digest == digest,
            Pin::FirstUse => reviewed.is_none_or(|first| first.digest == definition.digest),
        }
    }
}
