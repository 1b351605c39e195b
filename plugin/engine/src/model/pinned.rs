//! Tools that a policy pins to a reviewed definition.
//!
//! It never identifies a tool by its name alone.

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
    /// `None` for a tool without a pin. `mode` is the mode of rules outside entries.
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

    /// The key of the definition that was listed last.
    pub(crate) fn last(&self) -> StateKey {
        StateKey::named(format!("main/pin/last/{}", self.tool))
    }

    /// The key of the definition that later ones are compared with: the pinned one, or the first.
    pub(crate) fn reviewed(&self) -> StateKey {
        StateKey::named(format!("main/pin/reviewed/{}", self.tool))
    }

    /// Every tool that the policy pins.
    pub(crate) fn all(policy: &Policy, mode: Mode) -> impl Iterator<Item = Self> {
        let entries = policy.tools.values();
        entries.filter_map(move |entry| Self::new(entry, mode))
    }

    /// The keys of all state that a policy's pins need.
    pub(crate) fn keys(policy: &Policy) -> impl Iterator<Item = StateKey> {
        let pinned = Self::all(policy, policy.mode);
        pinned.flat_map(|pinned| [pinned.last(), pinned.reviewed()])
    }

    /// Whether a definition is the reviewed one. Without a `reviewed` definition, the first one counts as reviewed.
    pub(crate) fn is(&self, definition: &Definition, reviewed: Option<&Definition>) -> bool {
        match self.pin {
            Pin::Digest(digest) => definition.digest == digest,
            Pin::FirstUse => reviewed.is_none_or(|first| first.digest == definition.digest),
        }
    }
}
