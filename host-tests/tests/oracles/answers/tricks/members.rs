//! Changes a message: duplicate members, names in other spellings, batches.

use super::super::place::Place;
use super::super::scene::LONGEST;
use super::super::trick::{Trick, What, one};
use super::super::written::Written;
use fastrand::Rng;

/// Applies a trick to the message; one of another layer changes nothing.
pub(in super::super) fn changed_message(
    mut message: Written,
    place: &Place,
    trick: Trick,
) -> Written {
    let mut rng = trick.rng();
    match trick.what {
        What::Twice => twice(&mut message, place, &mut rng),
        What::LookAlike => look_alike(&mut message, place, &mut rng),
        What::Escape => on_planted(&mut message, place, |text| escaped(&text)),
        What::Long => long(&mut message, place, &mut rng),
        What::Batch => return batch(message, &mut rng),
        _ => {}
    }
    message
}

/// An object on the path to the planted thing, and the index of the member on that path.
fn holder<'m>(
    message: &'m mut Written,
    place: &Place,
    rng: &mut Rng,
) -> Option<(&'m mut Vec<(String, Written)>, usize)> {
    let way = message.way_to(&|text| place.is_planted(text))?;
    if way.is_empty() {
        return None;
    }
    let depth = rng.usize(..way.len());
    match message.at(&way[..depth]) {
        Written::Object(members) => Some((members, way[depth])),
        _ => None,
    }
}

fn twice(message: &mut Written, place: &Place, rng: &mut Rng) {
    let Some((members, index)) = holder(message, place, rng) else {
        return;
    };
    let (name, value) = members[index].clone();
    let other = innocent(place, &value, rng);
    members.insert(index + rng.usize(..2), (name, other));
}

/// An innocent value instead of the planted thing.
fn innocent(place: &Place, value: &Written, rng: &mut Rng) -> Written {
    match rng.u8(..4) {
        0 => Written::Raw(one(rng, &["null", "1", "{}", "[]", "true"]).into()),
        _ => place.innocent(value),
    }
}

/// Adds a long member beside one on the path to the planted thing.
fn long(message: &mut Written, place: &Place, rng: &mut Rng) {
    if let Some((members, index)) = holder(message, place, rng) {
        let pad = one(rng, &["x", "tools, ", "\\u0020", "[{"]);
        let pad = pad.repeat(LONGEST / pad.len());
        members.insert(index + rng.usize(..2), ("pad".into(), Written::Text(pad)));
    }
}

fn look_alike(message: &mut Written, place: &Place, rng: &mut Rng) {
    let Some((members, index)) = holder(message, place, rng) else {
        return;
    };
    let (name, value) = members[index].clone();
    members[index].0 = dressed(&name, rng);
    if rng.bool() {
        let other = innocent(place, &value, rng);
        members.insert(index + rng.usize(..2), (name, other));
    }
}

/// A spelling of the name that some reader accepts.
fn dressed(name: &str, rng: &mut Rng) -> String {
    match rng.u8(..6) {
        0 => name.to_uppercase(),
        1 => name.replace('s', "\u{17f}").replace('k', "\u{212a}"),
        2 => format!("{name}\\u0000"),
        3 => format!("{name}\\u0000x"),
        _ => {
            let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
            first.to_uppercase() + rest
        }
    }
}

/// Changes the planted text or name.
fn on_planted(message: &mut Written, place: &Place, change: impl Fn(String) -> String) {
    let Some(way) = message.way_to(&|text| place.is_planted(text)) else {
        return;
    };
    if let Written::Text(text) = message.at(&way) {
        *text = change(std::mem::take(text));
        return;
    }
    if let Some((&index, before)) = way.split_last()
        && let Written::Object(members) = message.at(before)
    {
        members[index].0 = change(std::mem::take(&mut members[index].0));
    }
}

fn escaped(text: &str) -> String {
    let escape = |c: char| format!("\\u{:04X}", u32::from(c));
    text.chars()
        .map(|c| if c == 'o' { escape(c) } else { c.to_string() })
        .collect()
}

fn batch(message: Written, rng: &mut Rng) -> Written {
    let other = Written::of(one(
        rng,
        &[
            r#"{"jsonrpc":"2.0","method":"notifications/said"}"#,
            "[]",
            "1",
            r#"{"jsonrpc":"2.0","id":7,"result":{}}"#,
        ],
    ));
    match rng.u8(..3) {
        0 => Written::List(vec![message]),
        1 => Written::List(vec![other, message]),
        _ => Written::List(vec![message, other]),
    }
}
