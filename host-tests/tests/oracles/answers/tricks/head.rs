//! The status and the media types of an answer.

use super::super::trick::{Trick, What, one};

/// The values of the `content-type` fields: the right one, or those of a trick.
pub(in super::super) fn types(stream: bool, tricks: &[Trick]) -> Vec<String> {
    let right = if stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    let tricks = tricks.iter().filter(|trick| trick.what == What::Type);
    let types = tricks.fold(vec![right], |_, trick| {
        one(&mut trick.rng(), TYPES).to_vec()
    });
    types.into_iter().map(Into::into).collect()
}

/// The status: 200, or that of a trick.
pub(in super::super) fn status(tricks: &[Trick]) -> u16 {
    const OTHERS: [u16; 9] = [201, 206, 400, 401, 404, 422, 500, 503, 599];
    let tricks = tricks.iter().filter(|trick| trick.what == What::Status);
    tricks.fold(200, |_, trick| one(&mut trick.rng(), &OTHERS))
}

const TYPES: &[&[&str]] = &[
    &[],
    &["text/html"],
    &["text/html; charset=utf-8"],
    &["text/plain"],
    &["text/plain; x=application/json"],
    &["text/plain;application/json"],
    &["application/octet-stream"],
    &["application/json-seq"],
    &["application/problem+json"],
    &["text/json"],
    &["Application/JSON"],
    &["application/json", "text/html"],
    &["text/html", "application/json"],
    &["text/html, application/json"],
    &["application/json, text/event-stream"],
    &["text/event-stream", "application/json"],
    &["text/plain; x=text/event-stream"],
    &["application/json; x=text/event-stream"],
    &["text/event-stream; x=application/json"],
    &["text/event-stream;x=y"],
    &["Text/Event-Stream"],
];
