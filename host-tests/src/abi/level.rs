//! How urgent a line of the log is. It never decides whether one is written.

/// How urgent a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Critical,
}

impl Level {
    pub(super) fn from_code(code: u32) -> Option<Self> {
        use Level::{Critical, Debug, Error, Info, Trace, Warn};
        let levels = [Trace, Debug, Info, Warn, Error, Critical];
        levels.get(code as usize).copied()
    }
}
