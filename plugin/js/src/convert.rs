//! Turns values of JavaScript into values of the engine and back, one to one.
//!
//! It never guesses: a value of another type is an error, and a number that does not fit is not wrapped.

use js_sys::{Array, Error, Object, RangeError, Reflect, TypeError, Uint8Array};
use mcp_policy::host::{Headers, HostContext, Millis, PolicyError, Seed, Verified};
use wasm_bindgen::{JsCast, JsValue};

/// The largest whole number up to which a JavaScript number is exact.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

pub(crate) fn error(message: &str) -> JsValue {
    Error::new(message).into()
}

pub(crate) fn no(what: &str, expected: &str) -> JsValue {
    TypeError::new(&format!("`{what}` is not {expected}")).into()
}

/// 16 bytes of `crypto.getRandomValues`.
pub(crate) fn entropy() -> Result<Seed, JsValue> {
    let mut seed = Seed::default();
    getrandom::fill(&mut seed)
        .map_err(|_| error("there is no `crypto.getRandomValues` to make a secret with"))?;
    Ok(seed)
}

pub(crate) fn policy_error(errors: &[PolicyError]) -> JsValue {
    let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
    let error = Error::new(&lines.join("\n"));
    error.set_name("PolicyError");
    let problem = |error: &PolicyError| {
        let message = error.problem.to_string();
        object(&[
            ("at", error.at.as_str().into()),
            ("message", message.into()),
        ])
    };
    let problems: Result<Array, JsValue> = errors.iter().map(problem).collect();
    match problems.and_then(|problems| Reflect::set(&error, &"problems".into(), &problems)) {
        Ok(_) => error.into(),
        Err(thrown) => thrown,
    }
}

/// The bytes of a policy, or its text in UTF-8. Half a surrogate pair is an error: it has no UTF-8, and a replacement would
/// be another policy.
pub(crate) fn document(value: &JsValue) -> Result<Vec<u8>, JsValue> {
    let Some(text) = value.dyn_ref::<js_sys::JsString>() else {
        let bytes = value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec);
        return bytes.ok_or_else(|| no("text", "a Uint8Array or a text"));
    };
    let text: Result<String, _> = char::decode_utf16(text.iter()).collect();
    text.map(String::into_bytes)
        .map_err(|_| no("text", "well-formed: it has half a surrogate pair"))
}

/// Names and values in turn.
pub(crate) fn headers(value: &JsValue, what: &str) -> Result<Headers, JsValue> {
    let text = |text: &JsValue| {
        let bytes = latin1(text);
        bytes.ok_or_else(|| no(what, "a list of texts of which each character is a byte"))
    };
    let texts = list(value, what, text)?;
    let (pairs, []) = texts.as_chunks::<2>() else {
        return Err(no(
            what,
            "a list of names and values in turn, like Node's `rawHeaders`",
        ));
    };
    let fields = pairs.iter();
    Ok(fields
        .map(|[name, value]| (name.to_ascii_lowercase(), value))
        .collect())
}

/// The bytes of a text in Latin-1.
fn latin1(value: &JsValue) -> Option<Vec<u8>> {
    let text = value.dyn_ref::<js_sys::JsString>()?;
    text.iter().map(|unit| u8::try_from(unit).ok()).collect()
}

/// The program's `HostContext`; `default` is the seed where it names none.
pub(crate) fn context(context: &JsValue, default: Seed) -> Result<HostContext, JsValue> {
    let get = |name| field(context, name, "context").map(given);
    let peer = |peer: JsValue| peer.as_string().ok_or_else(|| no("context.peer", "a text"));
    let cluster = |name: JsValue| {
        name.as_string()
            .ok_or_else(|| no("context.cluster", "a text"))
    };
    let explain = |explain| boolean(&explain, "context.explain");
    Ok(HostContext {
        peer: get("peer")?.map(peer).transpose()?,
        verified: get("verified")?.map_or(Ok(Verified::default()), |given| verified(&given))?,
        cluster: get("cluster")?.map(cluster).transpose()?,
        seed: get("seed")?.map_or(Ok(default), |value| seed(&value))?,
        explain: get("explain")?.map_or(Ok(false), explain)?,
    })
}

/// The program's `Verified`.
fn verified(verified: &JsValue) -> Result<Verified, JsValue> {
    let text = |name: &str| {
        let value = given(field(verified, name, "context.verified")?);
        let text = |value: JsValue| {
            let text = value.as_string();
            text.ok_or_else(|| no(&format!("context.verified.{name}"), "a text"))
        };
        value.map(text).transpose()
    };
    Ok(Verified {
        claims: text("claims")?,
        uri_san: text("uriSan")?,
        dns_san: text("dnsSan")?,
        subject: text("subject")?,
    })
}

/// The value of a variable, if it is a text.
pub(crate) fn variable(environment: &JsValue, name: &str) -> Option<String> {
    Reflect::get(environment, &name.into()).ok()?.as_string()
}

/// The value, unless it is undefined.
fn given(value: JsValue) -> Option<JsValue> {
    (!value.is_undefined()).then_some(value)
}

fn seed(value: &JsValue) -> Result<Seed, JsValue> {
    let bytes = bytes(value, "context.seed")?;
    bytes
        .try_into()
        .map_err(|_| no("context.seed", "16 bytes long"))
}

pub(crate) fn millis(number: f64, what: &str) -> Result<Millis, JsValue> {
    let message =
        || format!("`{what}` is not a time in milliseconds since 1970, like `Date.now()`");
    let whole = whole(number.floor()).map(Millis);
    whole.ok_or_else(|| RangeError::new(&message()).into())
}

/// A position or a length. A number beyond the address space becomes a position that no list has.
pub(crate) fn index(value: &JsValue, what: &str) -> Result<usize, JsValue> {
    let index = value.as_f64().and_then(whole);
    let index = index.ok_or_else(|| no(what, "a whole number from 0"))?;
    Ok(usize::try_from(index).unwrap_or(usize::MAX))
}

/// The number, if it is whole and exact.
fn whole(number: f64) -> Option<u64> {
    let exact = (0.0..=MAX_SAFE_INTEGER).contains(&number) && number.fract() == 0.0;
    exact.then_some(number as u64)
}

pub(crate) fn list<T>(
    value: &JsValue,
    what: &str,
    each: impl Fn(&JsValue) -> Result<T, JsValue>,
) -> Result<Vec<T>, JsValue> {
    let list = value.dyn_ref::<Array>().ok_or_else(|| no(what, "a list"))?;
    list.iter().map(|value| each(&value)).collect()
}

pub(crate) fn boolean(value: &JsValue, what: &str) -> Result<bool, JsValue> {
    value.as_bool().ok_or_else(|| no(what, "true or false"))
}

pub(crate) fn bytes(value: &JsValue, what: &str) -> Result<Vec<u8>, JsValue> {
    let array = value.dyn_ref::<Uint8Array>();
    array
        .map(Uint8Array::to_vec)
        .ok_or_else(|| no(what, "a Uint8Array"))
}

pub(crate) fn object(members: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object.into())
}

/// A member of an object; undefined where it is absent.
pub(crate) fn field(value: &JsValue, name: &str, what: &str) -> Result<JsValue, JsValue> {
    Reflect::get(value, &name.into()).map_err(|_| no(what, "an object"))
}
