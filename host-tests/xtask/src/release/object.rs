//! Turns a JSON object into one with a member more.
//!
//! It never looks at other members.

use serde_json::Value;

/// A JSON object with one member more.
pub(super) fn with(mut object: Value, key: &str, value: impl Into<Value>) -> Value {
    if let Value::Object(members) = &mut object {
        members.insert(key.into(), value.into());
    }
    object
}
