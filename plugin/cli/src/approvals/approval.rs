//! Turns the JSON of an approval into its members.
//!
//! It never takes an approval with a member of another kind than the interface says. Members that it does not know are kept,
//! to be shown.

use super::address::Id;
use super::place::{Place, Read};
use super::values::{compact, lines, quoted};
use crate::audit::Moment;
use crate::style::{BAD, DIM, GOOD, WARNING};

/// The states of an approval.
const STATES: [&str; 6] = [
    "pending",
    "approved",
    "refused",
    "cancelled",
    "used",
    "expired",
];

/// The members of an approval that are read.
const KNOWN: [&str; 14] = [
    "id",
    "state",
    "grant",
    "server",
    "kind",
    "name",
    "asked",
    "expires",
    "rule",
    "message",
    "arguments",
    "input",
    "decided",
    "lately",
];

/// The state of an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(&'static str);

/// A call that waits for a person, or has waited.
#[derive(Clone, Debug)]
pub(super) struct Approval {
    pub(super) id: Id,
    pub(super) state: State,
    pub(super) grant: String,
    pub(super) server: Option<String>,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) asked: (String, Moment),
    pub(super) expires: (String, Moment),
    pub(super) rule: String,
    pub(super) message: Option<String>,
    /// Lines with each argument; `None` in a list.
    pub(super) arguments: Option<String>,
    /// Lines with the members in which the call answers an earlier request of its server.
    pub(super) input: Option<String>,
    pub(super) decided: Option<Verdict>,
    pub(super) lately: Vec<Earlier>,
    /// Lines with the members that this version does not know.
    pub(super) also: String,
    /// All of it, as it was sent.
    pub(super) json: String,
}

/// A person's decision.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) by: String,
    pub(super) time: String,
    pub(super) reason: Option<String>,
}

/// What the same caller asked for lately.
#[derive(Clone, Debug)]
pub(super) struct Earlier {
    pub(super) id: Id,
    pub(super) state: State,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) asked: Moment,
}

impl State {
    pub(super) fn read(place: &Place<'_>) -> Read<Self> {
        let text = place.text()?;
        let known = STATES.into_iter().find(|state| *state == text);
        known
            .map(Self)
            .ok_or_else(|| place.found(&text, format_args!("one of {}", STATES.join(", "))))
    }

    pub(super) fn name(self) -> &'static str {
        self.0
    }

    pub(super) fn is_pending(self) -> bool {
        self.0 == "pending"
    }

    /// The name in its colour.
    pub(super) fn styled(self) -> String {
        let style = match self.0 {
            "pending" => WARNING,
            "approved" | "used" => GOOD,
            "refused" => BAD,
            _ => DIM,
        };
        format!("{style}{}{style:#}", self.0)
    }
}

impl Approval {
    pub(super) fn read(place: &Place<'_>) -> Read<Self> {
        let text = |name: &str| place.member(name)?.text();
        Ok(Self {
            id: id(&place.member("id")?)?,
            state: State::read(&place.member("state")?)?,
            grant: text("grant")?,
            server: place.optional_text("server")?,
            kind: text("kind")?,
            name: text("name")?,
            asked: place.member("asked")?.time()?,
            expires: place.member("expires")?.time()?,
            rule: text("rule")?,
            message: place.optional_text("message")?,
            arguments: arguments(place)?,
            input: input(place),
            decided: place.optional("decided").map(Verdict::read).transpose()?,
            lately: lately(place)?,
            also: also(place),
            json: compact(place.value),
        })
    }
}

impl Verdict {
    fn read(place: Place<'_>) -> Read<Self> {
        let place = place.object()?;
        Ok(Self {
            by: place.member("by")?.text()?,
            time: place.member("time")?.time()?.0,
            reason: place.optional_text("reason")?,
        })
    }
}

impl Earlier {
    fn read(place: &Place<'_>) -> Read<Self> {
        Ok(Self {
            id: id(&place.member("id")?)?,
            state: State::read(&place.member("state")?)?,
            kind: place.member("kind")?.text()?,
            name: place.member("name")?.text()?,
            asked: place.member("asked")?.time()?.1,
        })
    }
}

fn id(place: &Place<'_>) -> Read<Id> {
    let text = place.text()?;
    Id::whole(&text).ok_or_else(|| place.found(&text, "32 characters of `0` to `9` and `a` to `f`"))
}

fn arguments(place: &Place<'_>) -> Read<Option<String>> {
    let Some(arguments) = place.optional("arguments") else {
        return Ok(None);
    };
    let arguments = arguments.object()?;
    Ok(Some(lines("args", arguments.value)))
}

fn input(place: &Place<'_>) -> Option<String> {
    let input = place.optional("input")?;
    Some(lines("input", input.value))
}

fn lately(place: &Place<'_>) -> Read<Vec<Earlier>> {
    let Some(lately) = place.optional("lately") else {
        return Ok(Vec::new());
    };
    lately.elements()?.iter().map(Earlier::read).collect()
}

fn also(place: &Place<'_>) -> String {
    let members = place.value.members();
    let unknown = members.filter(|(name, _)| !KNOWN.contains(&&**name));
    unknown
        .map(|(name, value)| lines(&quoted(&name), value))
        .collect()
}
