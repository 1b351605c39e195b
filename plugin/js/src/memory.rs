//! Turns what is to be remembered into plain objects, and what a program remembers into a recollection.
//!
//! What the program says that it does not know is never taken for something that it forgot to say.

use crate::convert::{bytes, list, object};
use js_sys::{Array, Uint8Array};
use mcp_policy::{Memo, Recollection, Topic};
use wasm_bindgen::JsValue;

pub(crate) fn topics(topics: &[Topic]) -> Result<JsValue, JsValue> {
    let topics: Result<Array, JsValue> = topics.iter().map(topic).collect();
    Ok(topics?.into())
}

fn topic(topic: &Topic) -> Result<JsValue, JsValue> {
    let mut members = vec![("name", topic.name.as_str().into())];
    let issued_to = topic.issued_to.as_deref();
    members.extend(issued_to.map(|caller| ("issuedTo", caller.into())));
    object(&members)
}

pub(crate) fn memos(memos: &[Memo]) -> Result<JsValue, JsValue> {
    let memos: Result<Array, JsValue> = memos.iter().map(memo).collect();
    Ok(memos?.into())
}

fn memo(memo: &Memo) -> Result<JsValue, JsValue> {
    object(&[
        ("topic", topic(&memo.topic)?),
        ("learnt", Uint8Array::from(memo.learnt.as_slice()).into()),
        ("first", memo.first.into()),
    ])
}

/// `null` says that nobody can tell, and in the list that nothing was learnt.
pub(crate) fn recollection(value: &JsValue) -> Result<Recollection, JsValue> {
    if value.is_null() {
        return Ok(Recollection::Unavailable);
    }
    let learnt = |value: &JsValue| {
        let nothing = value.is_null();
        (!nothing).then(|| bytes(value, "event.learnt")).transpose()
    };
    Ok(Recollection::Recalled(list(value, "event.learnt", learnt)?))
}
