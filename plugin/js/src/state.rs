//! Turns keys and writes of state into plain objects, and a program's values into the answer to a lookup.
//!
//! An unavailable value is never mistaken for a missing one.

use crate::convert::{bytes, list, object};
use js_sys::{Array, Uint8Array};
use mcp_policy::host::{Lookup, StateKey, StateWrite};
use wasm_bindgen::JsValue;

pub(crate) fn keys(keys: &[StateKey]) -> Result<JsValue, JsValue> {
    let keys: Result<Array, JsValue> = keys.iter().map(key).collect();
    Ok(keys?.into())
}

pub(crate) fn key(key: &StateKey) -> Result<JsValue, JsValue> {
    let mut members = vec![("name", key.name.as_str().into())];
    let owner = key.owner.as_deref();
    members.extend(owner.map(|caller| ("owner", caller.into())));
    object(&members)
}

pub(crate) fn writes(writes: &[StateWrite]) -> Result<JsValue, JsValue> {
    let writes: Result<Array, JsValue> = writes.iter().map(write).collect();
    Ok(writes?.into())
}

fn write(write: &StateWrite) -> Result<JsValue, JsValue> {
    object(&[
        ("key", key(&write.key)?),
        ("value", Uint8Array::from(write.value.as_slice()).into()),
        ("ifAbsent", write.if_absent.into()),
    ])
}

/// The answer to a lookup. `null` means unavailable values; in the list it means a key without a value.
pub(crate) fn lookup(values: &JsValue) -> Result<Lookup, JsValue> {
    if values.is_null() {
        return Ok(Lookup::Unavailable);
    }
    let value = |value: &JsValue| {
        let given = !value.is_null();
        given.then(|| bytes(value, "event.values")).transpose()
    };
    Ok(Lookup::Found(list(values, "event.values", value)?))
}
