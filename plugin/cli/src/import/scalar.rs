//! The JSON values of scalars, as Intercept reads them.
//!
//! It never guesses about a scalar that readers of YAML differ about.

use crate::yaml::Value;
use serde_json::{Value as Json, json};

/// The value of a scalar; `None` for a list or a map.
///
/// # Errors
/// Why the scalar has no value that all readers agree on.
pub(super) fn scalar(value: &Value) -> Option<Result<Json, String>> {
    if let Some(digits) = value.digits() {
        return Some(whole(&digits));
    }
    Some(match value {
        Value::Null => Ok(Json::Null),
        Value::Bool(bool) => Ok((*bool).into()),
        Value::Float(number) => Ok(json!(number)),
        Value::Text(text) => Ok(text.as_str().into()),
        Value::Int(text) | Value::Odd(text) => Err(odd(text)),
        Value::List(_) | Value::Map(_) => return None,
    })
}

/// A scalar, or a list of such values; `None` for anything else.
pub(super) fn plain(value: &Value) -> Option<Json> {
    match value {
        Value::List(list) => list.iter().map(|node| plain(&node.value)).collect(),
        value => scalar(value)?.ok(),
    }
}

/// Go reads whole numbers of more than 63 bits as another type, which is not a number to Intercept.
pub(super) fn whole(digits: &str) -> Result<Json, String> {
    let number: Result<i64, _> = digits.parse();
    number
        .map(Into::into)
        .map_err(|_| format!("`{digits}` has more than 63 bits"))
}

pub(super) fn odd(text: &str) -> String {
    format!("readers of YAML differ about `{text}`; write it in quotes, or as a decimal number")
}
