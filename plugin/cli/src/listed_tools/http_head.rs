//! Takes the head of an HTTP answer, as `curl -i` saves it, off its body.
//!
//! It never decodes a body.

use super::http_answer::HttpAnswer;

/// The answer that a text begins with, and its body; `None` where the text begins with no status line.
///
/// Answers of a proxy and interim answers may stand before it.
pub(super) fn answer(text: &str) -> Option<(HttpAnswer, &str)> {
    let mut rest = text;
    let mut last = None;
    while let Some((answer, body)) = one(rest) {
        last = Some((answer, body));
        rest = body;
    }
    last
}

fn one(text: &str) -> Option<(HttpAnswer, &str)> {
    let (status, mut rest) = line(text);
    let mut answer = HttpAnswer::new(status_of(status)?);
    loop {
        let (field, after) = line(rest);
        rest = after;
        match field.split_once(':') {
            Some((name, value)) => answer.add(name, value.trim()),
            None => return Some((answer, rest)),
        }
    }
}

/// `HTTP/2 200`, with or without a reason.
fn status_of(line: &str) -> Option<u16> {
    let (version, rest) = line.strip_prefix("HTTP/")?.split_once(' ')?;
    let is_version = version
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let status = rest.split(' ').next().filter(|_| is_version)?;
    status.parse().ok()
}

/// The first line, without its end, and the rest.
fn line(text: &str) -> (&str, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    (line.strip_suffix('\r').unwrap_or(line), rest)
}
