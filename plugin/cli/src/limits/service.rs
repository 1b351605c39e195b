//! Turns a policy into the configuration of a service, or compares it with that of a running one.
//!
//! It never writes a part of the limits: a service lets a call pass that it has no limit for.

use super::comparison::differences;
use super::kept::{Kept, Problem};
use super::report::LimitsReport;
use super::{envoy_ratelimit, limitador};
use crate::check;
use crate::input::Input;
use crate::report::{CommandError, CommandResult, ExitStatus, Report as _};
use mcp_policy::document::SharedLimits;
use mcp_policy::host::Policy;

/// The service that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Limitador, from version 2.0 on.
    Limitador,
    /// envoyproxy/ratelimit.
    EnvoyRatelimit,
}

const NO_COUNTERS: &str = r#"`counters` is missing, so each gateway counts by itself; write "counters": { "backend": "rate_limit_service", "cluster": "…", "domain": "…" }"#;

const OF_LIMITADOR: &str = "/counters/backend: found \"limitador_http\", by which no other service than Limitador is asked; write --format limitador, or \"rate_limit_service\"";

/// The configuration of the service.
///
/// # Errors
/// A policy without `counters`, or with those of another service.
pub fn limits(policy: &Input, format: Format) -> CommandResult<LimitsReport> {
    let shared = match shared(policy)? {
        Ok(shared) => shared,
        Err(refused) => return Ok(refused),
    };
    format.is_asked(policy, &shared)?;
    let problems = format.problems(&shared);
    if !problems.is_empty() {
        return Ok(LimitsReport::not_counted(problems));
    }
    let text = format.configuration(&shared);
    Ok(LimitsReport::written(format.notes(&shared), text))
}

/// The differences of the limits of a running service, as it shows them, from those of the policy.
///
/// # Errors
/// A policy without `counters`, or with those of another service; limits that are not in a form of the service.
pub fn compare(policy: &Input, format: Format, running: &Input) -> CommandResult<LimitsReport> {
    let shared = match shared(policy)? {
        Ok(shared) => shared,
        Err(refused) => return Ok(refused),
    };
    format.is_asked(policy, &shared)?;
    let found = format.running(running, &shared.domain)?;
    let problems = format.problems(&shared);
    if !problems.is_empty() {
        return Ok(LimitsReport::not_counted(problems));
    }
    let expected = format.expected(&shared);
    let differences = differences(&expected, &found);
    Ok(LimitsReport::compared(
        &running.name,
        expected.len(),
        differences,
    ))
}

/// The limits that the service counts, or the mistakes of the policy.
fn shared(policy: &Input) -> CommandResult<Result<SharedLimits, LimitsReport>> {
    let Ok(parsed) = Policy::parse(&policy.bytes) else {
        let checked = check::check(policy, None, &check::Options::default());
        debug_assert_ne!(checked.status(), ExitStatus::Clean);
        return Ok(Err(LimitsReport::refused(checked)));
    };
    let shared = parsed.shared_limits();
    let shared = shared.ok_or_else(|| CommandError::about(&policy.name, NO_COUNTERS))?;
    Ok(Ok(shared))
}

impl Format {
    /// An error where the policy asks by a protocol that the service does not have.
    fn is_asked(self, policy: &Input, shared: &SharedLimits) -> CommandResult<()> {
        match self {
            Self::EnvoyRatelimit if shared.of_limitador => {
                Err(CommandError::about(&policy.name, OF_LIMITADOR))
            }
            _ => Ok(()),
        }
    }

    fn problems(self, shared: &SharedLimits) -> Vec<Problem> {
        match self {
            Self::Limitador => limitador::problems(shared),
            Self::EnvoyRatelimit => envoy_ratelimit::problems(shared),
        }
    }

    fn notes(self, shared: &SharedLimits) -> &'static [&'static str] {
        match self {
            _ if shared.limits.is_empty() => &[],
            Self::Limitador => limitador::NOTES,
            Self::EnvoyRatelimit if shared.atomic => envoy_ratelimit::NOTES_OF_ATOMIC,
            Self::EnvoyRatelimit => &[],
        }
    }

    fn configuration(self, shared: &SharedLimits) -> String {
        match self {
            Self::Limitador => limitador::configuration(shared),
            Self::EnvoyRatelimit => envoy_ratelimit::configuration(shared),
        }
    }

    fn expected(self, shared: &SharedLimits) -> Vec<Kept> {
        match self {
            Self::Limitador => limitador::expected(shared),
            Self::EnvoyRatelimit => envoy_ratelimit::expected(shared),
        }
    }

    fn running(self, input: &Input, domain: &str) -> CommandResult<Vec<Kept>> {
        match self {
            Self::Limitador => limitador::running(input, domain),
            Self::EnvoyRatelimit => envoy_ratelimit::running(input, domain),
        }
    }
}
