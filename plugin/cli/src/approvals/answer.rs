//! Turns an HTTP answer of a gateway into its document, into the gateway's refusal, or into the reason why it is neither.
//!
//! It never shows a secret of a URL, and of an untrusted text only a short line.

use super::place::Place;
use crate::http_url::{redirect_target, without_secrets};
use crate::listed_tools::html;
use crate::report::{CommandError, CommandResult, ExitStatus, Report};
use crate::sanitize::{ascii, line, quoted};
use crate::style::BAD;
use mcp_policy::document::Document;
use mcp_policy::host::{Policy, Problem};

/// How to be known to the gateway.
const CREDENTIALS: &str = "send a token (`--token-env VARIABLE`) or a certificate (`--cert FILE --key FILE`) by which the gateway knows you";

/// An answer of a gateway over HTTP.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayAnswer {
    /// The URL that was asked.
    pub url: String,
    /// The status.
    pub status: u16,
    /// The header field of this name.
    pub location: Option<String>,
    /// The body, whole.
    pub body: Vec<u8>,
}

/// The answer to a question: a report, or the gateway's refusal.
#[derive(Debug)]
pub enum Asked<T> {
    /// The gateway answered.
    Answered(T),
    /// The gateway refused.
    Refused(Refused),
}

/// The sentence by which a gateway refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    sentence: String,
}

impl Report for Refused {
    fn status(&self) -> ExitStatus {
        ExitStatus::Findings
    }

    fn text(&self) -> String {
        let sentence = line(&self.sentence, 500);
        format!("{BAD}not done{BAD:#}: {sentence}\n")
    }

    fn json(&self) -> CommandResult<String> {
        let error = super::values::quoted(&self.sentence);
        Ok(ascii(&format!("{{\"error\":{error}}}\n")))
    }
}

impl Refused {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
        }
    }
}

impl<T> Asked<T> {
    /// The answer as `then` goes on with it.
    ///
    /// # Errors
    /// Those of `then`.
    pub fn and_then<U>(
        self,
        then: impl FnOnce(T) -> CommandResult<Asked<U>>,
    ) -> CommandResult<Asked<U>> {
        match self {
            Self::Answered(answer) => then(answer),
            Self::Refused(refused) => Ok(Asked::Refused(refused)),
        }
    }
}

impl GatewayAnswer {
    /// The document of the answer, as `read` reads it.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Place<'_>) -> Result<T, String>,
    ) -> CommandResult<Asked<T>> {
        match self.status {
            200 => {
                let document = self.document()?;
                let root = Place::root(document.root());
                let read = root.and_then(|root| read(&root));
                read.map(Asked::Answered).map_err(|error| self.error(error))
            }
            401 => Err(self.error(format!(
                "the gateway answered 401{}; {CREDENTIALS}",
                self.words()
            ))),
            400..=499 => match self.sentence() {
                Some(sentence) => Ok(Asked::Refused(Refused { sentence })),
                None => Err(self.error(self.unexpected())),
            },
            _ => Err(self.error(self.unexpected())),
        }
    }

    fn document(&self) -> CommandResult<Document<'_>> {
        Policy::document(&self.body).map_err(|error| {
            let why = match error.problem {
                Problem::Json { line, column, fault } => format!("line {line}, column {column}: {fault}"),
                _ => "it is not JSON (RFC 8259)".into(),
            };
            match html::page(&String::from_utf8_lossy(&self.body)) {
                Some(_) => self.error(format!(
                    "the gateway answered 200 with an HTML page{}, not with JSON; if it is a login, {CREDENTIALS}",
                    self.words()
                )),
                None => self.error(format!("the gateway answered 200 without strict JSON: {}", line(&why, 200))),
            }
        })
    }

    /// The sentence of a refusal, if the body is one.
    fn sentence(&self) -> Option<String> {
        let document = Policy::document(&self.body).ok()?;
        let root = Place::root(document.root()).ok()?;
        root.member("error").ok()?.text().ok()
    }

    /// The sentence about a status that no page of approvals has.
    fn unexpected(&self) -> String {
        let (status, words) = (self.status, self.words());
        let what = format!("the gateway answered {status}");
        match status {
            300..=399 => format!("{what}, {}", self.redirect()),
            403 => format!("{what}{words}; {CREDENTIALS}"),
            404 | 405 => format!(
                "{what}{words}: no page of approvals is there; the policy's `approvals.url` names it"
            ),
            500..=599 => {
                format!("{what}{words}: it failed, or a server behind it; look at its log")
            }
            _ => format!("{what}{words}, as no page of approvals does"),
        }
    }

    fn redirect(&self) -> String {
        let location = self.location.as_deref();
        let target = location.and_then(|location| redirect_target(location, Some(&self.url)));
        let to = target.map_or_else(
            || "a redirect without a URL to go to".into(),
            |to| format!("a redirect to {to}"),
        );
        format!("{to}, which is not followed; if a login is there, {CREDENTIALS}")
    }

    /// The gateway's own words: the sentence of an error, the title of a page, or the beginning of a text.
    fn words(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let words = match html::page(&body) {
            Some(title) => title.unwrap_or_default(),
            None => self.sentence().unwrap_or_else(|| body.trim().into()),
        };
        match words.is_empty() {
            true => String::new(),
            false => format!(" ({})", quoted(&words, 120)),
        }
    }

    pub(super) fn error(&self, message: impl std::fmt::Display) -> CommandError {
        CommandError::about(without_secrets(&self.url), message)
    }
}
