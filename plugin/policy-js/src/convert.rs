//! Turns values of JavaScript into values of the engine and back, one to one.
//!
//! It never guesses: a value that is not what its type says is an error, and a number that does not fit is not wrapped.

use js_sys::{Array, Error, Object, RangeError, Reflect, TypeError, Uint8Array};
use policy::{Event, Millis, Next, PolicyError, Reply, Seed, Step};
use wasm_bindgen::{JsCast, JsValue};

/// Header fields, names in lower case.
type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// The largest whole number that JavaScript counts to without leaving one out.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

pub(crate) fn error(message: &str) -> JsValue {
    Error::new(message).into()
}

fn no(what: &str, expected: &str) -> JsValue {
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

/// Names and values in turn.
pub(crate) fn headers(value: &JsValue) -> Result<Fields, JsValue> {
    let what = "a list of names and values in turn, like Node's `rawHeaders`";
    let list = value
        .dyn_ref::<Array>()
        .ok_or_else(|| no("headers", what))?;
    let texts: Option<Vec<_>> = list.iter().map(|text| latin1(&text)).collect();
    let texts = texts.ok_or_else(|| {
        no(
            "headers",
            "a list of texts of which each character is a byte",
        )
    })?;
    let (pairs, []) = texts.as_chunks::<2>() else {
        return Err(no("headers", what));
    };
    let field = |[name, value]: &[Vec<u8>; 2]| (name.to_ascii_lowercase(), value.clone());
    Ok(pairs.iter().map(field).collect())
}

/// The bytes of a text in Latin-1.
fn latin1(value: &JsValue) -> Option<Vec<u8>> {
    let text = value.dyn_ref::<js_sys::JsString>()?;
    text.iter().map(|unit| u8::try_from(unit).ok()).collect()
}

pub(crate) fn peer(facts: &JsValue) -> Result<Option<String>, JsValue> {
    let peer = field(facts, "peer", "facts")?;
    if peer.is_undefined() {
        return Ok(None);
    }
    let text = peer.as_string().ok_or_else(|| no("facts.peer", "a text"))?;
    Ok(Some(text))
}

pub(crate) fn seed(facts: &JsValue) -> Result<Option<Seed>, JsValue> {
    let seed = field(facts, "seed", "facts")?;
    if seed.is_undefined() {
        return Ok(None);
    }
    let bytes = bytes(&seed, "facts.seed")?;
    let seed = bytes
        .try_into()
        .map_err(|_| no("facts.seed", "16 bytes long"))?;
    Ok(Some(seed))
}

pub(crate) fn millis(now: f64) -> Result<Millis, JsValue> {
    match whole(now) {
        Some(now) => Ok(Millis(now)),
        None => Err(RangeError::new(
            "`now` is not a time in milliseconds since 1970, like `Date.now()`",
        )
        .into()),
    }
}

/// A number without its fraction, if it is one of those that are exact.
fn whole(number: f64) -> Option<u64> {
    (0.0..=MAX_SAFE_INTEGER)
        .contains(&number)
        .then_some(number as u64)
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

pub(crate) fn event(event: &JsValue) -> Result<Event, JsValue> {
    let get = |name| field(event, name, "event");
    match get("type")?.as_string().as_deref() {
        Some("body") => Ok(Event::Body {
            bytes: bytes(&get("bytes")?, "event.bytes")?,
            end: boolean(&get("end")?, "event.end")?,
        }),
        Some("held") => {
            let length = get("length")?.as_f64().and_then(whole);
            let length = length.ok_or_else(|| no("event.length", "a number of bytes"))?;
            // What no memory can hold is longer than any limit.
            Ok(Event::Held(usize::try_from(length).unwrap_or(usize::MAX)))
        }
        Some("trailers") => Ok(Event::END),
        Some("bodyLost") => Ok(Event::BodyLost),
        _ => Err(no(
            "event.type",
            "\"body\", \"held\", \"trailers\" or \"bodyLost\"",
        )),
    }
}

pub(crate) fn step(step: Step, remove_authorization: bool) -> Result<JsValue, JsValue> {
    let audit = step.audit.map(|audit| audit.line());
    let next = match &step.next {
        Next::More => "more",
        Next::Ask(_) => "ask",
        Next::Forward => "forward",
        Next::Answer(_) => "answer",
    };
    let mut members = vec![
        ("next", next.into()),
        ("removeAuthorization", remove_authorization.into()),
    ];
    members.extend(audit.map(|line| ("audit", line.into())));
    if let Next::Answer(Reply {
        status,
        headers,
        body,
    }) = &step.next
    {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, (*value).into()))
            .collect();
        members.push(("status", (*status).into()));
        members.push(("headers", object(&headers)?));
        members.push(("body", Uint8Array::from(body.as_slice()).into()));
    }
    object(&members)
}

fn object(members: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object.into())
}

/// A member of an object; undefined where it is not there.
fn field(value: &JsValue, name: &str, what: &str) -> Result<JsValue, JsValue> {
    Reflect::get(value, &name.into()).map_err(|_| no(what, "an object"))
}
