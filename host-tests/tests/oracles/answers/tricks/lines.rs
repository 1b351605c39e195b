//! Changes the lines of an event stream: adds lines that some readers ignore, and lines that only some readers see.

use super::super::trick::{Trick, What, one};
use super::text::insert;
use fastrand::Rng;

/// A line and its line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Line {
    pub(in super::super) text: String,
    pub(in super::super) end: &'static str,
}

/// Lines as one text.
pub(in super::super) fn joined(lines: &[Line]) -> String {
    lines
        .iter()
        .map(|line| line.text.clone() + line.end)
        .collect()
}

/// Applies a trick to the lines; one of another layer changes nothing.
pub(in super::super) fn changed_lines(lines: &mut Vec<Line>, trick: Trick) {
    let mut rng = trick.rng();
    match trick.what {
        What::Decoy => decoy(lines, &mut rng),
        What::Cut => cut(lines, &mut rng),
        What::Divided => divided(lines, &mut rng),
        What::Noise => noise(lines, &mut rng),
        What::Open => drop(lines.pop()),
        _ => {}
    }
}

/// The index of a random data line, and the line end there.
fn data(lines: &[Line], rng: &mut Rng) -> Option<(usize, &'static str)> {
    let is_data =
        |(at, line): (usize, &Line)| line.text.starts_with("data:").then_some((at, line.end));
    let found: Vec<_> = lines.iter().enumerate().filter_map(is_data).collect();
    (!found.is_empty()).then(|| one(rng, &found))
}

/// Data that no reader reads as a message.
const DECOYS: [&str; 8] = [
    "[]",
    "[",
    "{",
    "null",
    "1",
    "{\"a\":[",
    "",
    "{\"jsonrpc\":\"2.0\",\"x\":",
];
/// Lines without data.
const OTHERS: [&str; 9] = [
    ": x",
    "id: 1",
    "event: message",
    "retry: 5",
    "x: y",
    "x",
    "Data: 1",
    "data : 1",
    " data: 1",
];

/// Adds a data line before or after the data, and perhaps a line of another field between them.
fn decoy(lines: &mut Vec<Line>, rng: &mut Rng) {
    let Some((at, end)) = data(lines, rng) else {
        return;
    };
    let line = |text: String| Line { text, end };
    let decoy = line(format!("data: {}", one(rng, &DECOYS)));
    let other = rng.bool().then(|| line(one(rng, &OTHERS).into()));
    let added: Vec<_> = match rng.bool() {
        true => [Some(decoy), other].into_iter().flatten().collect(),
        false => [other, Some(decoy)].into_iter().flatten().collect(),
    };
    let place = match rng.u8(..4) {
        0 => 0,
        1 => at + 1,
        _ => at,
    };
    lines.splice(place..place, added);
}

/// Characters that some reader treats as a line end.
const ENDS: [&str; 9] = [
    "\r", "\u{b}", "\u{c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}", "\u{2029}",
];

/// Inserts a line end that only some readers recognise: in a comment or field that hides data, between decoy and data,
/// in the data, or instead of a line end.
fn cut(lines: &mut [Line], rng: &mut Rng) {
    let Some((at, _)) = data(lines, rng) else {
        return;
    };
    let end = one(rng, &ENDS);
    let text = std::mem::take(&mut lines[at].text);
    lines[at].text = match rng.u8(..5) {
        0 => format!("{}{end}{text}", one(rng, &OTHERS)),
        1 => format!("data: {}{end}{end}{text}", one(rng, &DECOYS)),
        2 => insert(text, end, "{}[],", 1, rng),
        3 => format!(
            "{text}{end}{}",
            one(rng, &["data: []", "data: 1", "x", "", ": x"])
        ),
        _ => text,
    };
    if end == "\r" && rng.bool() {
        let own = rng.usize(..lines.len());
        let all = rng.bool();
        let mut places = lines.iter_mut().enumerate();
        places
            .by_ref()
            .filter(|(place, _)| all || *place == own)
            .for_each(|(_, line)| line.end = "\r");
    }
}

/// Divides the data into two lines, as an honest server may, and perhaps puts a line of another field between them.
fn divided(lines: &mut Vec<Line>, rng: &mut Rng) {
    let Some((at, end)) = data(lines, rng) else {
        return;
    };
    let two = insert(lines[at].text.clone(), "\n", "{}[],", 1, rng);
    let Some((first, second)) = two.split_once('\n') else {
        return;
    };
    let mut texts = vec![first.to_owned(), format!("data: {second}")];
    if rng.bool() {
        texts.insert(1, one(rng, &OTHERS).into());
    }
    let new = texts.into_iter().map(|text| Line { text, end });
    lines.splice(at..=at, new);
}

fn noise(lines: &mut Vec<Line>, rng: &mut Rng) {
    let texts: &[&str] = one(
        rng,
        &[
            &[": ping"][..],
            &["id: 0", "data:", ""],
            &["id: 0", "retry: 3000", "data: ", ""],
            &["event: message"],
            &["x: y"],
            &["event: message", "data: {}", ""],
            &["id: \u{0}1"],
            &["data"],
            &[""],
        ],
    );
    let place = rng.usize(..=lines.len());
    let end = lines.first().map_or("\n", |line| line.end);
    let new = texts.iter().map(|&text| Line {
        text: text.into(),
        end,
    });
    lines.splice(place..place, new);
}
