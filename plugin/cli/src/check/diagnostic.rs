//! A finding of `check` about one place of a policy.
//!
//! It never holds a position in the text: `location` finds that.

use crate::source_map::pointer_token;
use mcp_policy::host::{PolicyError, Problem};
use serde::Serialize;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// No gateway accepts the policy.
    Error,
    /// It may differ from its author's intent.
    Warning,
    /// It is correct, and protects less than some readers expect.
    Note,
}

/// A mistake, a warning or a note about one place of a policy.
#[derive(Debug)]
pub(super) struct Diagnostic {
    pub(super) level: Level,
    /// The kind of diagnostic, such as `unknown-key`.
    pub(super) name: &'static str,
    /// A JSON Pointer.
    pub(super) at: String,
    /// It is about the name of the member there, not its value.
    pub(super) on_name: bool,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// Other places with the same problem.
    pub(super) also: Vec<String>,
}

impl Diagnostic {
    fn new(
        level: Level,
        name: &'static str,
        at: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            level,
            name,
            at: at.into(),
            on_name: false,
            message: message.into(),
            help: None,
            also: Vec::new(),
        }
    }

    /// A file that holds no policy which can be checked.
    pub(super) fn not_yaml(message: String) -> Self {
        Self::new(Level::Error, "yaml", "", message)
    }

    /// A value that readers of YAML differ about.
    pub(super) fn doubtful() -> Self {
        let message = "readers of YAML take this for different values; write a text in quotes, and `true`, `false` or a decimal number without";
        Self::new(Level::Error, "yaml", "", message)
    }

    /// A policy that holds headers, where the gateway cannot or does not.
    pub(super) fn no_header_holding() -> Self {
        let message = "every request would hang: the gateway around this policy cannot hold headers, or is not told to; take it out, or write \"allow_on_headers_stop_iteration\": true beside the policy where Envoy reads it";
        Self::new(
            Level::Error,
            "no-header-holding",
            "/host/hold_request_headers",
            message,
        )
    }

    /// A gateway that lets messages pass without the plugin.
    pub(super) fn fails_open() -> Self {
        let message = "every message passes when the plugin crashes; write FAIL_RELOAD for Envoy and Istio, FAIL_CLOSE for Higress, or false for Envoy Gateway";
        Self::new(Level::Warning, "fails-open", "", message)
    }

    /// A mistake that the engine found.
    pub(super) fn error(error: &PolicyError) -> Self {
        let name = match &error.problem {
            Problem::Json { .. } => "json",
            Problem::UnknownKey { .. } => "unknown-key",
            Problem::Unsupported(_) => "unsupported",
            Problem::MissingKey(_) => "missing-key",
            Problem::InvalidKey { .. } | Problem::InvalidValue { .. } => "invalid-value",
        };
        let message = match &error.problem {
            Problem::Json { fault, .. } => fault.to_string(),
            problem => problem.to_string(),
        };
        Self {
            on_name: is_key(error),
            ..Self::new(Level::Error, name, &error.at, message)
        }
    }

    pub(super) fn warning(
        name: &'static str,
        at: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Level::Warning, name, at, message)
    }

    pub(super) fn note(
        name: &'static str,
        at: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::new(Level::Note, name, at, message)
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }

    pub(super) fn did_you_mean(self, name: Option<&str>) -> Self {
        match name {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    pub(super) fn on_name(self) -> Self {
        Self {
            on_name: true,
            ..self
        }
    }

    /// One diagnostic about several places; none about no place.
    pub(super) fn once(
        places: impl IntoIterator<Item = String>,
        diagnostic: impl FnOnce(String) -> Self,
    ) -> Option<Self> {
        let mut places = places.into_iter();
        let first = places.next()?;
        Some(Self {
            also: places.collect(),
            ..diagnostic(first)
        })
    }
}

/// Whether an error is about the key at its place, not about the value there.
fn is_key(error: &PolicyError) -> bool {
    match &error.problem {
        Problem::UnknownKey { .. } | Problem::MissingKey(_) | Problem::InvalidKey { .. } => true,
        Problem::Unsupported(what) => error.at.rsplit('/').next() == Some(&*pointer_token(what)),
        Problem::InvalidValue { .. } | Problem::Json { .. } => false,
    }
}
