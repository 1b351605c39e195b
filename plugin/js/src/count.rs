//! Turns charges into plain objects, and what a program says of its counts into a reservation.
//!
//! It never rounds an amount: those are millionths in a `bigint`, for the doubles of JavaScript would lose some.

use crate::convert::{boolean, field, index, list, millis, no, object};
use js_sys::Array;
use mcp_policy::{Amount, Charge, Maximum, Millis, Refund, Reservation, Tally, Window};
use wasm_bindgen::JsValue;

pub(crate) fn charges(charges: &[Charge], now: Millis) -> Result<JsValue, JsValue> {
    let charges: Result<Array, JsValue> = charges.iter().map(|of| charge(of, now)).collect();
    Ok(charges?.into())
}

fn charge(charge: &Charge, now: Millis) -> Result<JsValue, JsValue> {
    let Millis(ends) = charge.window().end(now);
    let maxima: Result<Array, JsValue> = charge.maxima().iter().map(maximum).collect();
    let mut members = vec![
        ("counter", charge.counter().into()),
        ("cost", charge.cost().0.into()),
        ("window", window(charge.window())?),
        ("ends", (ends as f64).into()),
        ("maxima", maxima?.into()),
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
        Window::Lasting(seconds) => of("lasting", seconds),
    }
}

fn of(kind: &str, seconds: u64) -> Result<JsValue, JsValue> {
    object(&[("type", kind.into()), ("seconds", (seconds as f64).into())])
}

fn maximum(maximum: &Maximum) -> Result<JsValue, JsValue> {
    object(&[
        ("max", maximum.max.0.into()),
        ("enforced", maximum.is_enforced().into()),
        ("order", maximum.order().into()),
    ])
}

pub(crate) fn refund(refund: &Refund) -> Result<JsValue, JsValue> {
    let returned: Result<Array, JsValue> = refund.returned().map(returned).collect();
    Ok(returned?.into())
}

fn returned((charge, Millis(ends)): (&Charge, Millis)) -> Result<JsValue, JsValue> {
    object(&[
        ("counter", charge.counter().into()),
        ("subject", charge.subject().unwrap_or_default().into()),
        ("cost", charge.cost().0.into()),
        ("ends", (ends as f64).into()),
    ])
}

pub(crate) fn reservation(value: &JsValue) -> Result<Reservation, JsValue> {
    let get = |name| field(value, name, "reservation");
    match get("type")?.as_string().as_deref() {
        Some("reserved") => {
            let tallies = list(&get("tallies")?, "reservation.tallies", tally)?;
            Ok(Reservation::Reserved(tallies))
        }
        Some("full") => {
            let (charge, maximum) = position(&get("at")?)?;
            Ok(Reservation::Full {
                charge,
                maximum,
                used: amount(&get("used")?, "reservation.used")?,
                ends: time(&get("ends")?, "reservation.ends")?,
                shadowed: list(&get("shadowed")?, "reservation.shadowed", position)?,
            })
        }
        Some("unavailable") => Ok(Reservation::Unavailable),
        _ => Err(no(
            "reservation.type",
            "\"reserved\", \"full\" or \"unavailable\"",
        )),
    }
}

fn tally(value: &JsValue) -> Result<Tally, JsValue> {
    let get = |name| field(value, name, "tally");
    let shadowed = Some(get("shadowed")?).filter(|shadowed| !shadowed.is_undefined());
    let shadowed = shadowed.map(|shadowed| index(&shadowed, "tally.shadowed"));
    Ok(Tally {
        used: amount(&get("used")?, "tally.used")?,
        ends: time(&get("ends")?, "tally.ends")?,
        shadowed: shadowed.transpose()?,
        added: boolean(&get("added")?, "tally.added")?,
    })
}

/// Which charge, and which of its maxima.
fn position(value: &JsValue) -> Result<(usize, usize), JsValue> {
    let part = |name, what| index(&field(value, name, "position")?, what);
    Ok((
        part("charge", "position.charge")?,
        part("maximum", "position.maximum")?,
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
