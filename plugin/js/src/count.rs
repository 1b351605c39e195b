//! Turns charges into plain objects, and the counts of a program into a reservation.
//!
//! It never rounds an amount: amounts are millionths in a `bigint`, because doubles would lose digits.

use crate::convert::{boolean, field, index, list, millis, no, object};
use crate::state;
use js_sys::Array;
use mcp_policy::host::{Amount, Charge, Count, LimitRef, Millis, Refund, Reservation, Window};
use wasm_bindgen::JsValue;

pub(crate) fn charges(charges: &[Charge], now: Millis) -> Result<JsValue, JsValue> {
    let charges: Result<Array, JsValue> = charges.iter().map(|of| charge(of, now)).collect();
    Ok(charges?.into())
}

fn charge(charge: &Charge, now: Millis) -> Result<JsValue, JsValue> {
    let Millis(ends) = charge.window().end(now);
    let limits: Result<Array, JsValue> = charge.limits().iter().map(limit).collect();
    let mut members = vec![
        ("counter", charge.counter().into()),
        ("cost", charge.cost().0.into()),
        ("window", window(charge.window())?),
        ("ends", (ends as f64).into()),
        ("limits", limits?.into()),
    ];
    members.extend(charge.subject().map(|subject| ("subject", subject.into())));
    object(&members)
}

fn window(window: Window) -> Result<JsValue, JsValue> {
    match window {
        Window::Seconds(seconds) => of("seconds", seconds),
        Window::Week => object(&[("type", "week".into())]),
        Window::Month => object(&[("type", "month".into())]),
        Window::Sliding(seconds) => of("sliding", seconds),
        Window::Running(seconds) => of("running", seconds),
        Window::Extending(seconds) => of("extending", seconds),
    }
}

fn of(kind: &str, seconds: u64) -> Result<JsValue, JsValue> {
    object(&[("type", kind.into()), ("seconds", (seconds as f64).into())])
}

fn limit(limit: &LimitRef) -> Result<JsValue, JsValue> {
    object(&[
        ("max", limit.max().0.into()),
        ("enforced", limit.is_enforced().into()),
        ("position", limit.position().into()),
    ])
}

pub(crate) fn refund(refund: &Refund) -> Result<JsValue, JsValue> {
    let task = refund.task().map(state::key).transpose()?;
    let returned = refund.returned().map(|one| returned(one, task.as_ref()));
    let returned: Result<Array, JsValue> = returned.collect();
    Ok(returned?.into())
}

fn returned(
    (charge, Millis(ends)): (&Charge, Millis),
    task: Option<&JsValue>,
) -> Result<JsValue, JsValue> {
    let mut members = vec![
        ("counter", charge.counter().into()),
        ("subject", charge.subject().unwrap_or_default().into()),
        ("cost", charge.cost().0.into()),
        ("ends", (ends as f64).into()),
    ];
    members.extend(task.map(|task| ("task", task.clone())));
    object(&members)
}

pub(crate) fn reservation(value: &JsValue) -> Result<Reservation, JsValue> {
    let get = |name| field(value, name, "reservation");
    match get("type")?.as_string().as_deref() {
        Some("reserved") => {
            let counts = list(&get("counts")?, "reservation.counts", count)?;
            Ok(Reservation::Reserved(counts))
        }
        Some("full") => {
            let (charge, limit) = limit_index(&get("at")?)?;
            Ok(Reservation::Full {
                charge,
                limit,
                used: amount(&get("used")?, "reservation.used")?,
                ends: time(&get("ends")?, "reservation.ends")?,
                shadowed: list(&get("shadowed")?, "reservation.shadowed", limit_index)?,
            })
        }
        Some("unavailable") => Ok(Reservation::Unavailable),
        _ => Err(no(
            "reservation.type",
            "\"reserved\", \"full\" or \"unavailable\"",
        )),
    }
}

fn count(value: &JsValue) -> Result<Count, JsValue> {
    let get = |name| field(value, name, "count");
    let shadowed = Some(get("shadowed")?).filter(|shadowed| !shadowed.is_undefined());
    let shadowed = shadowed.map(|shadowed| index(&shadowed, "count.shadowed"));
    Ok(Count {
        used: Some(amount(&get("used")?, "count.used")?),
        ends: time(&get("ends")?, "count.ends")?,
        shadowed: shadowed.transpose()?,
        added: boolean(&get("added")?, "count.added")?,
    })
}

/// The positions of a charge and of one of its limits.
fn limit_index(value: &JsValue) -> Result<(usize, usize), JsValue> {
    let part = |name, what| index(&field(value, name, "limitIndex")?, what);
    Ok((
        part("charge", "limitIndex.charge")?,
        part("limit", "limitIndex.limit")?,
    ))
}

fn amount(value: &JsValue, what: &str) -> Result<Amount, JsValue> {
    let millionths = u64::try_from(value.clone());
    millionths
        .map(Amount)
        .map_err(|_| no(what, "a bigint of millionths, from 0n to 2n ** 64n - 1n"))
}

fn time(value: &JsValue, what: &str) -> Result<Millis, JsValue> {
    millis(value.as_f64().unwrap_or(f64::NAN), what)
}
