//! The media type and the encoding of a response, as far as every client agrees about them.
//!
//! It looks into no body.

use super::problem::Problem;
use crate::read::{Headers, RequestError};

pub(super) enum Media {
    Events,
    /// JSON, or whatever some reader may take for it.
    Document {
        json: bool,
    },
}

/// What the body is, as far as every client agrees about it.
pub(super) fn media(headers: &Headers) -> Result<Media, Problem> {
    let one = |name| headers.single(name).map_err(|_| Problem::Header(name));
    if !is_identity(headers).map_err(|_| Problem::Header("content-encoding"))? {
        return Err(Problem::Compressed);
    }
    let value = one("content-type")?
        .unwrap_or_default()
        .to_ascii_lowercase();
    let (kind, parameters) = value.split_once(';').unwrap_or((&value, ""));
    let events = kind.trim() == "text/event-stream";
    // Some clients look for the name anywhere in the header.
    if value.contains("text/event-stream") && !events || value.contains(',') {
        return Err(Problem::Header("content-type"));
    }
    let charset = parameters
        .split(';')
        .find_map(|own| own.trim().strip_prefix("charset="));
    let charset = charset.map_or("utf-8", |charset| charset.trim_matches('"'));
    let readable = matches!(charset, "utf-8" | "utf8" | "us-ascii");
    let json = kind.contains("json");
    match (events, readable || !json) {
        (true, _) => Ok(Media::Events),
        (false, true) => Ok(Media::Document { json }),
        (false, false) => Err(Problem::Header("content-type")),
    }
}

/// The body is as it is, in no encoding.
pub(super) fn is_identity(headers: &Headers) -> Result<bool, RequestError> {
    let encoding = headers.single("content-encoding")?.unwrap_or("identity");
    Ok(encoding.eq_ignore_ascii_case("identity"))
}
