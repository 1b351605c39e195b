//! Which calls a comparison reports.
//!
//! It is data; `comparison` reads it.

/// Which calls are reported.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only those of this grant. Its caller makes the JSON-RPC requests too, which name no caller.
    pub grant: Option<String>,
    /// Undecidable calls are findings too.
    pub deny_undecidable: bool,
}
