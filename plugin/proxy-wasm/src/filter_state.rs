//! Turns a line of the audit log into the stream's filter state, from where the host's access logs print it.
//!
//! It never fails a request.

use crate::host;
use mcp_policy::host::access_log_values;
use std::cell::Cell;

/// The members of lines that the policy shows to access logs.
pub(crate) struct FilterState {
    names: Vec<&'static str>,
    /// The host refused a value, which was logged.
    failed: Cell<bool>,
}

impl FilterState {
    pub(crate) fn new(names: Vec<&'static str>) -> Self {
        Self {
            names,
            failed: Cell::new(false),
        }
    }

    /// Shows the line of a decision about the current stream.
    pub(crate) fn show(&self, line: &str) {
        if self.names.is_empty() {
            return;
        }
        for (name, value) in access_log_values(line, &self.names) {
            // One element with a dot: an access log cannot read a path of several.
            if let Err(status) = host::set_property(&format!("mcp.{name}"), &value) {
                self.warn(status);
            }
        }
    }

    fn warn(&self, status: host::Status) {
        if !self.failed.replace(true) {
            host::log_error(&format!(
                "mcp-policy: the host did not take `filter_state` ({status:?}), so access logs lack it"
            ));
        }
    }
}
