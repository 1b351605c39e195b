//! Turns a pin and the stored definitions of a tool into whether the tool is still the reviewed one.
//!
//! It never identifies a tool by its name alone.

use crate::model::{Effect, Pin, Pinned};
use crate::read::Definition;
use crate::words::state::{Lookup, StateKey};
use crate::words::text::clip_name;
use crate::words::{ASK, Reason, Refusal};

/// The check of a call of a pinned tool.
#[derive(Debug)]
pub(crate) struct PinCheck {
    pub(crate) pinned: Pinned,
    /// The effect on calls as long as the tool was never listed.
    pub(crate) unseen: Effect,
}

impl PinCheck {
    /// The keys to look up.
    pub(crate) fn keys(&self) -> Vec<StateKey> {
        let reviewed = (self.pinned.pin == Pin::FirstUse).then(|| self.pinned.reviewed());
        [self.pinned.last()].into_iter().chain(reviewed).collect()
    }

    /// Judges by the result of the lookup: a note for the trace, or the refusal of the call.
    pub(crate) fn judge(&self, found: &Lookup) -> Result<&'static str, Refusal> {
        let tool = clip_name(self.pinned.tool());
        let values = match found {
            Lookup::Found(values) => Some(values),
            Lookup::Unavailable => None,
        };
        let Some(values) = values.filter(|values| values.len() == self.keys().len()) else {
            let message =
                "The gateway cannot verify the definition of this tool right now. Try again later.";
            return Err(self.refusal(Reason::Unavailable, message.into()));
        };
        let values = |at: usize| values.get(at).and_then(Option::as_deref);
        let Some(last) = values(0) else {
            let message = format!(
                "The tool `{tool}` has not been listed yet, so the gateway cannot verify its definition. List the tools (tools/list), then try again."
            );
            return match self.unseen {
                Effect::Allow => Ok("never listed"),
                Effect::Deny => Err(self.refusal(Reason::Pinned, message)),
            };
        };
        let reviewed = values(1).and_then(Definition::of_bytes);
        let last = Definition::of_bytes(last);
        if last.is_some_and(|last| self.pinned.is(&last, reviewed.as_ref())) {
            return Ok("as it is pinned");
        }
        let message =
            format!("The definition of tool `{tool}` differs from the reviewed one. {ASK}");
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
