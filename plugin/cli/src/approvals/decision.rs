//! Turns a person's decision into the form that a gateway takes, and the gateway's answer into the outcome.
//!
//! It never calls a decision done that the gateway does not show as done.

use super::address::Id;
use super::answer::{Asked, GatewayAnswer, Refused};
use super::approval::Approval;
use super::show::{Shown, Standing, View, read};
use super::values::one_line;
use crate::report::{CommandError, CommandResult, ExitStatus, Report};
use crate::sanitize::ascii;
use crate::style::BAD;

/// The most characters of a reason.
const REASON: usize = 500;

/// A person's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The call may be made.
    Approve,
    /// The call may not be made.
    Refuse,
}

/// The fields of a form, by their names.
pub type Form = Vec<(&'static str, String)>;

/// The question before a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    decision: Decision,
    kind: String,
    name: String,
}

/// What came of a decision.
#[derive(Debug)]
pub struct Decided {
    approval: Approval,
    done: bool,
}

impl Decision {
    /// The name of the command and of the form's value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Refuse => "refuse",
        }
    }

    /// Whether an approval in this state has this decision. An approved call may have been made already.
    fn is_done(self, state: &str) -> bool {
        match self {
            Self::Approve => ["approved", "used"].contains(&state),
            Self::Refuse => state == "refused",
        }
    }

    /// A reason that a gateway takes.
    ///
    /// # Errors
    /// When it is too long.
    pub fn reason(self, reason: &str) -> CommandResult<&str> {
        match reason.chars().count() {
            ..=REASON => Ok(reason),
            count => Err(CommandError::about(
                "--reason",
                format_args!("it has {count} characters; write at most {REASON}"),
            )),
        }
    }

    /// The question to the person, and the form to send.
    ///
    /// # Errors
    /// When the answer holds neither a token for the form nor a reason why there is none.
    pub fn prepare(
        self,
        shown: Shown,
        reason: Option<&str>,
    ) -> CommandResult<Asked<(Question, Form)>> {
        let (approval, standing) = match shown.view {
            View::Whole(approval, standing) => (approval, standing),
            View::State(_) => {
                return Ok(Asked::Refused(Refused::new(
                    "You are no approver of this call.",
                )));
            }
        };
        match standing {
            Standing::Can(token) => Ok(Asked::Answered((
                self.question(&approval),
                self.form(token, reason),
            ))),
            Standing::Cannot(why) => Ok(Asked::Refused(Refused::new(why))),
            Standing::Unsaid if !approval.state.is_pending() => Ok(Asked::Refused(Refused::new(
                format!("This call is {} already.", approval.state.name()),
            ))),
            Standing::Unsaid => Err(CommandError::new(
                "the answer: found neither `csrf` nor `cannot`; expected one of them",
            )),
        }
    }

    fn question(self, approval: &Approval) -> Question {
        Question {
            decision: self,
            kind: approval.kind.clone(),
            name: approval.name.clone(),
        }
    }

    fn form(self, token: String, reason: Option<&str>) -> Form {
        let mut form = vec![("decision", self.name().into()), ("csrf", token)];
        let reason = reason.filter(|reason| !reason.trim().is_empty());
        form.extend(reason.map(|reason| ("reason", reason.into())));
        form
    }
}

impl Question {
    /// The words of the question.
    #[must_use]
    pub fn text(&self) -> String {
        let decision = match self.decision {
            Decision::Approve => "Approve",
            Decision::Refuse => "Refuse",
        };
        let kind = one_line(&self.kind);
        format!("{decision}? Type the name of the {kind} to go on: ")
    }

    /// Whether the typed line is the name, as it is or as it is shown.
    #[must_use]
    pub fn is_answered_by(&self, line: &str) -> bool {
        let line = line.trim();
        let shown = ascii(&super::values::quoted(&self.name));
        !line.is_empty() && (line == self.name || line == shown)
    }
}

impl Decided {
    /// The outcome in an answer, which must be about the approval of this id.
    ///
    /// # Errors
    /// When the answer is no approval, or that of another id.
    pub fn read(answer: &GatewayAnswer, id: &Id, decision: Decision) -> CommandResult<Asked<Self>> {
        answer.read(|root| {
            let approval = read(root.member("approval")?, id)?;
            let done = decision.is_done(approval.state.name());
            Ok(Self { approval, done })
        })
    }
}

impl Report for Decided {
    fn status(&self) -> ExitStatus {
        ExitStatus::from_clean(self.done)
    }

    fn text(&self) -> String {
        let approval = &self.approval;
        let not = match self.done {
            true => String::new(),
            false => format!("{BAD}not done{BAD:#}: it is "),
        };
        let (kind, name) = (one_line(&approval.kind), one_line(&approval.name));
        let grant = one_line(&approval.grant);
        let server = approval.server.as_deref();
        let server = server.map_or_else(String::new, |server| format!(" at {}", one_line(server)));
        let state = approval.state.styled();
        format!(
            "{not}{state}: {kind} {name} of {grant}{server} ({})\n",
            approval.id.text()
        )
    }

    fn json(&self) -> CommandResult<String> {
        Ok(ascii(&format!("{{\"approval\":{}}}\n", self.approval.json)))
    }
}
