//! The HTTP API of Limitador: `POST /check_and_report` with JSON. Its answer is its status.
//!
//! It never takes a call for counted without the status 200.

use super::addition::Addition;
use crate::count::charge::{Charge, Count, Reservation};
use crate::words::Millis;
use crate::words::json::{ObjectLine, element, quoted};

/// A request: one value for each addition, by the counter's id. `hits` is added to each.
pub(super) fn request(namespace: &str, additions: &[Addition<'_>], hits: u32) -> String {
    let mut values = String::new();
    for addition in additions {
        let (counter, subject) = (quoted(addition.counter), quoted(&addition.subject));
        element(&mut values).extend([&counter, ":", &subject]);
    }
    let mut line = ObjectLine::new();
    line.text("namespace", namespace);
    line.object("values", &values);
    line.json("delta", &hits.to_string());
    line.end()
}

/// The outcome by the status of an answer. It does not tell which limit is full.
pub(super) fn outcome(charges: &[Charge], status: u16, now: Millis) -> Option<Reservation> {
    let end = |charge: &Charge| charge.counter.window.end(now);
    match status {
        200 => {
            let mut counts = Vec::new();
            for charge in charges {
                counts.push(Count::of_service(None, end(charge)));
            }
            Some(Reservation::Reserved(counts))
        }
        429 => {
            let first = charges.first()?;
            first.full(0, None, end(first))
        }
        _ => None,
    }
}
