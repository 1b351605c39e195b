//! Turns the errors of a refused schema into its reason, in one line.

use mcp_policy::host::{PolicyError, Problem};

/// The reason, by the first mistake's key or kind.
pub(super) fn refused(errors: &[PolicyError]) -> String {
    let first = errors.first().expect("a refused policy has a mistake");
    let last = first.at.rsplit('/').next().unwrap_or_default();
    match &first.problem {
        Problem::UnknownKey { key, .. } => format!("the keyword `{key}`"),
        Problem::InvalidKey { write, .. } | Problem::InvalidValue { write, .. } => match last {
            "$id" => "`$id` below the root".into(),
            "$ref" => "a `$ref` that leads elsewhere, or does not stand alone in draft-07".into(),
            "$schema" => "a `$schema` of another draft".into(),
            _ if write.contains("binary64") => "a number that readers differ about".into(),
            _ if write.contains("`$schema`") => "a keyword that the draft does not have".into(),
            _ if write.contains("ignores its siblings") => {
                "what stands beside `$ref` in draft-07".into()
            }
            _ if write.contains("whole number") => "a length written with a fraction".into(),
            _ if write.contains("regular expression") => {
                "a regular expression that the linear engine does not have".into()
            }
            _ => format!("{first}"),
        },
        _ => format!("{first}"),
    }
}
