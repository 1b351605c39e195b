//! A limit as a service keeps it, and a limit that a service cannot keep.
//!
//! It knows no service.

use mcp_policy::host::Window;
use serde::Serialize;

/// A limit as a service keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// Equal for limits that count the same calls.
    pub(super) key: String,
    /// The limit's name for persons.
    pub(super) name: String,
    /// Its numbers, in the words of the service.
    pub(super) numbers: String,
}

/// A limit of the policy that the service cannot count as the policy says.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    /// The limit, as a JSON Pointer.
    pub(super) at: String,
    /// What was found, and what to write.
    pub(super) message: String,
}

/// A window of the calendar, which no service has, and the duration to write in its place.
pub(super) fn without(window: Window) -> &'static str {
    match window {
        Window::Month => r#"months of the calendar; write "window": "30d""#,
        _ => r#"weeks that begin on Monday; write "window": "7d""#,
    }
}
