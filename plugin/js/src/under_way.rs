//! Turns ids of requests under way into plain objects, and a program's answer into the result of opening an id.
//!
//! It never guesses: an answer of another type throws.

use crate::convert::{field, millis, no, object};
use mcp_policy::host::{IdEnd, Millis, Opening, RequestKey};
use wasm_bindgen::JsValue;

pub(crate) fn request(request: &RequestKey) -> Result<JsValue, JsValue> {
    object(&[
        ("session", request.session.as_str().into()),
        ("id", request.id.as_str().into()),
        ("isIssued", request.is_issued.into()),
    ])
}

pub(crate) fn end(end: &IdEnd) -> Result<JsValue, JsValue> {
    let Millis(opening) = end.opening;
    object(&[
        ("key", request(&end.key)?),
        ("opening", (opening as f64).into()),
        ("isAnswered", end.is_answered.into()),
    ])
}

pub(crate) fn opening(value: &JsValue) -> Result<Opening, JsValue> {
    let get = |name| field(value, name, "opening");
    match get("type")?.as_string().as_deref() {
        Some("open") => {
            let opening = get("opening")?.as_f64().unwrap_or(f64::NAN);
            Ok(Opening::Open(millis(opening, "opening.opening")?))
        }
        Some("inUse") => Ok(Opening::InUse),
        Some("unclear") => Ok(Opening::Unclear),
        _ => Err(no("opening.type", "\"open\", \"inUse\" or \"unclear\"")),
    }
}
