//! The commands of `mcp-policy`, without their input and output: each is a function from texts and options to a report.
//!
//! | command | entry point |
//! |---|---|
//! | `check` | [`check::check`] |
//! | `test` | [`test::Suite`] |
//! | `explain` | [`explain::explain`] |
//! | `diff` | [`diff::diff`] |
//! | `import` | [`import::import`] |
//! | `scan` | [`scan::scan`] |
//! | `init` | [`init::init`] |
//! | `pin` | [`pin::PinnablePolicy`] |
//! | `audit` | [`audit::AuditLog`] |
//! | `approvals` | [`approvals::Address`], [`approvals::Pending`], [`approvals::Asked`], [`approvals::Decided`] |
//! | `limits` | [`limits::limits`], [`limits::compare`] |
//! | `envoy apply` | [`envoy::PluginFile`] |
//! | `envoy render` | [`envoy::render::render`] |
//! | `schema` | [`schema`] |
//!
//! The reports of `check` and `test` also have findings, which [`ci`] writes as annotations of GitHub or as SARIF.
//! Lists of tools are read by [`listed_tools::ListedTools`], in the forms in which people have them.
//!
//! A [`Report`] is text for a terminal or JSON for a program, and has an [`ExitStatus`]. Commands decide about calls with the
//! engine that runs in the gateway. This library never opens a file or a connection, reads no environment variable and no
//! clock, and prints nothing: its caller does. The module `program`, of the feature `command-line`, is such a caller: the command line
//! on a machine that is handed in, and with the feature `program` on this process.
//!
//! ```
//! use mcp_policy_cli::{ExitStatus, Input, Report as _, check};
//!
//! let policy = Input {
//!     name: "policy.json".into(),
//!     bytes: br#"{ "version": "1", "default": "deny", "tool": {} }"#.to_vec(),
//! };
//! let report = check::check(&policy, None, &check::Options::default());
//! assert_eq!(report.status(), ExitStatus::Findings);
//! assert!(report.text().contains("unknown key `tool`"));
//! ```

#![forbid(unsafe_code)]

pub mod approvals;
pub mod audit;
pub mod check;
pub mod ci;
pub mod diff;
pub mod envoy;
pub mod explain;
pub mod http_url;
pub mod import;
pub mod init;
pub mod limits;
pub mod listed_tools;
pub mod pin;
#[cfg(feature = "command-line")]
pub mod program;
pub mod sanitize;
pub mod scan;
pub mod style;
pub mod test;

mod applied;
mod approvers;
mod argument_path;
mod audit_line;
mod example;
mod input;
mod invisible;
mod layout;
mod name_patterns;
mod nearest;
mod not_json;
mod page;
mod pretend;
mod report;
mod rule_set_pointer;
mod schema;
mod source_map;
mod summary;
mod table;
mod yaml;

pub use input::Input;
pub use report::{CommandError, CommandResult, ExitStatus, Report, to_json};
pub use schema::schema;
