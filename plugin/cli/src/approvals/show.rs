//! Turns the answer about one approval into all that a person needs to decide.
//!
//! It never leaves out or cuts an argument, and never shows the token of the form.

use super::address::Id;
use super::answer::{Asked, GatewayAnswer};
use super::approval::{Approval, Earlier, State, Verdict};
use super::place::{Place, Read};
use super::times::{ago, until};
use super::values::{field, one_line};
use crate::report::{CommandResult, ExitStatus, Report};
use crate::sanitize::ascii;
use crate::style::DIM;
use crate::table::table;

/// The answer of a gateway about one approval.
#[derive(Debug)]
pub struct Shown {
    pub(super) view: View,
    now: u64,
}

/// The part that this person may see.
#[derive(Debug)]
pub(super) enum View {
    /// All of it: the person is an approver.
    Whole(Box<Approval>, Standing),
    /// The state alone: the person is no approver.
    State(State),
}

/// Whether this person can decide.
#[derive(Debug)]
pub(super) enum Standing {
    /// With this token of the form.
    Can(String),
    /// Not, for this reason.
    Cannot(String),
    /// The gateway does not say.
    Unsaid,
}

impl Shown {
    /// The approval of an answer, which must be that of this id; `now` is in seconds since 1970.
    ///
    /// # Errors
    /// When the answer is no approval, or that of another id.
    pub fn read(answer: &GatewayAnswer, id: &Id, now: u64) -> CommandResult<Asked<Self>> {
        answer.read(|root| {
            let view = match root.optional("approval") {
                Some(approval) => whole(root, approval, id)?,
                None => View::State(State::read(&root.member("state")?)?),
            };
            Ok(Self { view, now })
        })
    }
}

fn whole(root: &Place<'_>, approval: Place<'_>, id: &Id) -> Read<View> {
    let approval = read(approval, id)?;
    let standing = match (root.optional("csrf"), root.optional("cannot")) {
        (_, Some(cannot)) => Standing::Cannot(cannot.text()?),
        (Some(token), None) => Standing::Can(token.text()?),
        (None, None) => Standing::Unsaid,
    };
    Ok(View::Whole(Box::new(approval), standing))
}

/// The approval of this id.
pub(super) fn read(place: Place<'_>, id: &Id) -> Read<Approval> {
    let place = place.object()?;
    let approval = Approval::read(&place)?;
    match approval.id == *id {
        true => Ok(approval),
        false => {
            let expected = format!("the id that was asked for, `{}`", id.text());
            Err(place.member("id")?.found(approval.id.text(), expected))
        }
    }
}

impl Report for Shown {
    fn status(&self) -> ExitStatus {
        ExitStatus::from_clean(matches!(self.view, View::Whole(..)))
    }

    fn text(&self) -> String {
        match &self.view {
            View::Whole(approval, standing) => {
                let who = self.who(approval);
                let (arguments, also) = (arguments(approval), also(approval));
                let (lately, standing) = (self.lately(approval), standing.line());
                format!("{who}{arguments}{also}{lately}{standing}")
            }
            View::State(state) => format!(
                "{}; the gateway shows the rest to the approvers of this call alone\n",
                state.styled()
            ),
        }
    }

    fn json(&self) -> CommandResult<String> {
        let json = match &self.view {
            View::Whole(approval, Standing::Cannot(why)) => {
                let why = super::values::quoted(why);
                format!("{{\"approval\":{},\"cannot\":{why}}}\n", approval.json)
            }
            View::Whole(approval, _) => format!("{{\"approval\":{}}}\n", approval.json),
            View::State(state) => format!("{{\"state\":\"{}\"}}\n", state.name()),
        };
        Ok(ascii(&json))
    }
}

impl Shown {
    fn who(&self, approval: &Approval) -> String {
        let ((asked, since), (expires, end)) = (&approval.asked, &approval.expires);
        let fields = [
            ("id", Some(approval.id.text().into())),
            ("kind", Some(approval.kind.clone())),
            ("name", Some(approval.name.clone())),
            ("grant", Some(approval.grant.clone())),
            ("server", approval.server.clone()),
            ("rule", Some(approval.rule.clone())),
            ("message", approval.message.clone()),
            ("asked", Some(format!("{asked}, {}", ago(*since, self.now)))),
            (
                "expires",
                Some(format!("{expires}, {}", until(*end, self.now))),
            ),
        ];
        let mut text = format!("  state     {}\n", approval.state.styled());
        for (label, value) in fields {
            text += &value.map_or_else(String::new, |value| field(label, &value));
        }
        text + &approval
            .decided
            .as_ref()
            .map_or_else(String::new, Verdict::lines)
    }

    fn lately(&self, approval: &Approval) -> String {
        if approval.lately.is_empty() {
            return String::new();
        }
        let rows: Vec<_> = approval
            .lately
            .iter()
            .map(|one| one.row(self.now))
            .collect();
        let titles = &["id", "asked", "state", "call"];
        format!("the same caller asked lately for\n{}", table(titles, &rows))
    }
}

impl Verdict {
    fn lines(&self) -> String {
        let reason = self.reason.as_deref();
        let reason = reason.map_or_else(String::new, |reason| field("because", reason));
        format!(
            "{}{}{reason}",
            field("decided", &self.time),
            field("by", &self.by)
        )
    }
}

impl Earlier {
    fn row(&self, now: u64) -> Vec<String> {
        vec![
            self.id.text().chars().take(12).collect(),
            ago(self.asked, now),
            self.state.name().into(),
            format!("{} {}", one_line(&self.kind), one_line(&self.name)),
        ]
    }
}

impl Standing {
    fn line(&self) -> String {
        match self {
            Self::Cannot(why) => format!("you cannot decide: {}\n", one_line(why)),
            Self::Can(_) | Self::Unsaid => String::new(),
        }
    }
}

fn arguments(approval: &Approval) -> String {
    let arguments = approval.arguments.as_deref();
    let input = approval.input.as_deref();
    let input = input.map(|lines| section("answer to an earlier request of the server", lines));
    section("arguments", arguments.unwrap_or("  none\n")) + &input.unwrap_or_default()
}

fn also(approval: &Approval) -> String {
    match approval.also.is_empty() {
        true => String::new(),
        false => section("members that this version does not know", &approval.also),
    }
}

fn section(title: &str, lines: &str) -> String {
    format!("{DIM}{title}{DIM:#}\n{lines}")
}
