//! Tools that a policy pins to a reviewed definition.
//!
//! It never identifies a tool by its name alone.

use super::entry::{Entry, Pin};
use super::options::Mode;
use super::policy::Policy;
use super::rule_set::RuleSet;
use super::subject::server_parts_of_sets;
use crate::read::Definition;
use crate::words::Rule;
use crate::words::state::StateKey;

/// A tool that a policy pins.
#[derive(Clone, Debug)]
pub(crate) struct Pinned {
    /// The name of its rule set in names of state.
    set: String,
    /// The server's part of names of state.
    server: Box<str>,
    /// The place of the tool's entry.
    entry: Rule,
    pub(crate) pin: Pin,
    reset: Option<Box<str>>,
    pub(crate) mode: Mode,
}

impl Pinned {
    /// `None` for a tool without a pin. `server` is the server's part of names of state, and `mode` the mode of rules
    /// outside entries.
    pub(crate) fn new(set: &RuleSet, entry: &Entry, server: &str, mode: Mode) -> Option<Self> {
        let pin = entry.pin?;
        Some(Self {
            set: set.place.id(),
            server: server.into(),
            entry: entry.rule.clone(),
            pin,
            reset: entry.reset.clone(),
            mode: entry.mode.unwrap_or(mode),
        })
    }

    pub(crate) fn tool(&self) -> &str {
        self.entry.named()
    }

    pub(crate) fn rule(&self) -> Rule {
        self.entry.clone().member("pin")
    }

    /// The key of the definition that was listed last.
    pub(crate) fn last(&self) -> StateKey {
        self.key("last")
    }

    /// The key of the definition that later ones are compared with: the pinned one, or the first.
    pub(crate) fn reviewed(&self) -> StateKey {
        self.key("reviewed")
    }

    fn key(&self, which: &str) -> StateKey {
        let Self { set, server, .. } = self;
        // No name of a tool holds a line break.
        let reset = self
            .reset
            .iter()
            .fold(String::new(), |_, reset| format!("{reset}\n"));
        let name = format!("{set}/pin/{which}/{server}{reset}{}", self.tool());
        StateKey::named(name)
    }

    /// Every tool that the rule set pins.
    pub(crate) fn all(set: &RuleSet, server: &str, mode: Mode) -> impl Iterator<Item = Self> {
        let entries = set.tools.values();
        entries.filter_map(move |entry| Self::new(set, entry, server, mode))
    }

    /// The keys of all state that a policy's pins need, for each server at which they hold.
    pub(crate) fn keys(policy: &Policy) -> impl Iterator<Item = StateKey> {
        let servers = server_parts_of_sets(policy);
        let pinned = policy.sets().zip(servers).flat_map(|(set, servers)| {
            let at = |server: String| Self::all(set, &server, policy.mode).collect::<Vec<_>>();
            servers.into_iter().flat_map(at)
        });
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
