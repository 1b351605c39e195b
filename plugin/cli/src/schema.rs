//! `schema`: the JSON Schema of a policy, with which editors complete and underline.
//!
//! It never checks a policy: [`check`](crate::check) does.

use crate::report::{CommandResult, to_json};

/// The JSON Schema of a policy, as indented JSON.
///
/// # Errors
/// None is known: the schema is JSON.
pub fn schema() -> CommandResult<String> {
    to_json(&mcp_policy::document::json_schema())
}
