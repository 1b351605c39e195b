//! Turns what is to be remembered into plain objects, and what a program remembers into a recollection.
//!
//! What the program says that it does not know is never taken for something that it forgot to say.

use crate::convert::{bytes, list, object};
use js_sys::{Array, Uint8Array};
use policy::{Memo, Recollection};
use wasm_bindgen::JsValue;

pub(crate) fn topics(topics: &[String]) -> JsValue {
    let topics = topics.iter().map(JsValue::from);
    topics.collect::<Array>().into()
}

pub(crate) fn memos(memos: &[Memo]) -> Result<JsValue, JsValue> {
    let memos: Result<Array, JsValue> = memos.iter().map(memo).collect();
    Ok(memos?.into())
}

fn memo(memo: &Memo) -> Result<JsValue, JsValue> {
    object(&[
        ("topic", memo.topic.as_str().into()),
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
