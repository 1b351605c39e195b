//! Turns a pin and what was seen of a tool into whether it is still the tool that somebody reviewed.
//!
//! It never knows a tool by its name alone.

use super::{ASK, Reason, Refusal, Rule, cut};
use crate::memory::{Recollection, Topic};
use crate::parse::{Effect, Entry, Mode, Pin, Policy};
use crate::read::Definition;

/// A tool that a policy pins.
#[derive(Clone, Debug)]
pub(crate) struct Pinned {
    pub(crate) tool: Box<str>,
    pub(crate) pin: Pin,
    pub(crate) mode: Mode,
}

/// What a call of a pinned tool must meet.
#[derive(Debug)]
pub(crate) struct PinCheck {
    pub(crate) pinned: Pinned,
    /// What happens as long as nothing was seen.
    pub(crate) unseen: Effect,
}

impl Pinned {
    /// `None` for a tool without a pin. `mode` is that of rules that stand in no entry.
    pub(crate) fn new(entry: &Entry, mode: Mode) -> Option<Self> {
        Some(Self {
            tool: entry.key.clone(),
            pin: entry.pin?,
            mode: entry.mode.unwrap_or(mode),
        })
    }

    pub(crate) fn rule(&self) -> Rule {
        Rule::new("tools").key(&self.tool).member("pin")
    }

    /// Under what the definition is remembered that was listed last.
    pub(crate) fn last(&self) -> Topic {
        Topic::named(format!("main/pin/last/{}", self.tool))
    }

    /// Under what the definition is remembered that later ones are held against: the pinned one, or the first.
    pub(crate) fn reviewed(&self) -> Topic {
        Topic::named(format!("main/pin/reviewed/{}", self.tool))
    }

    /// Every tool that the policy pins.
    pub(crate) fn all(policy: &Policy, mode: Mode) -> impl Iterator<Item = Self> {
        let entries = policy.tools.values();
        entries.filter_map(move |entry| Self::new(entry, mode))
    }

    /// Everything that is remembered for a policy's pins.
    pub(crate) fn topics(policy: &Policy) -> impl Iterator<Item = Topic> {
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

impl PinCheck {
    /// What has to be recalled.
    pub(crate) fn topics(&self) -> Vec<Topic> {
        let reviewed = (self.pinned.pin == Pin::FirstUse).then(|| self.pinned.reviewed());
        [self.pinned.last()].into_iter().chain(reviewed).collect()
    }

    /// Judges by what was recalled; says what was found, or why the call is refused.
    pub(crate) fn judge(&self, recalled: &Recollection) -> Result<&'static str, Refusal> {
        let tool = cut(&self.pinned.tool);
        let learnt = match recalled {
            Recollection::Recalled(learnt) => Some(learnt),
            Recollection::Unavailable => None,
        };
        let Some(learnt) = learnt.filter(|learnt| learnt.len() == self.topics().len()) else {
            let message = "The gateway cannot tell right now whether the tool is the one that was reviewed. Try again later.";
            return Err(self.refusal(Reason::Unavailable, message.into()));
        };
        let learnt = |at: usize| learnt.get(at).and_then(Option::as_deref);
        let Some(last) = learnt(0) else {
            let message = format!(
                "The tool `{tool}` has not been listed yet, so nobody knows whether it is the one that was reviewed. List the tools (tools/list), then try again."
            );
            return match self.unseen {
                Effect::Allow => Ok("never listed"),
                Effect::Deny => Err(self.refusal(Reason::Pinned, message)),
            };
        };
        let reviewed = learnt(1).and_then(Definition::of_bytes);
        let last = Definition::of_bytes(last);
        if last.is_some_and(|last| self.pinned.is(&last, reviewed.as_ref())) {
            return Ok("as it is pinned");
        }
        let message = format!(
            "The tool `{tool}` is no longer the one that was reviewed: its definition has changed. {ASK}"
        );
        Err(self.refusal(Reason::Pinned, message))
    }

    fn refusal(&self, reason: Reason, message: String) -> Refusal {
        let rule = Some(self.pinned.rule());
        Refusal {
            reason,
            rule,
            message,
        }
    }
}
