//! Turns the head of a response into how its body is read, as far as every client agrees about it.
//!
//! It looks into no body.

use super::problem::Problem;
use crate::read::{Headers, RequestError};

/// How every client reads a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    Events,
    /// JSON, by its name.
    Json,
    /// Anything else. A client may show it, or take it for JSON all the same.
    Text,
}

/// How the body is read. A parameter decides how some clients decode it, so that no other is known than the one charset
/// that MCP has.
pub(super) fn media(headers: &Headers) -> Result<Media, Problem> {
    let one = |name| headers.single(name).map_err(|_| Problem::Header(name));
    if !is_identity(headers).map_err(|_| Problem::Header("content-encoding"))? {
        return Err(Problem::Compressed);
    }
    let value = one("content-type")?.unwrap_or_default();
    match value {
        "application/json" => return Ok(Media::Json),
        "text/event-stream" => return Ok(Media::Events),
        _ => {}
    }
    let value = value.to_ascii_lowercase();
    let (kind, parameters) = value.split_once(';').unwrap_or((&value, ""));
    let kind = kind.trim();
    // Some clients look for a name anywhere in the header.
    let names = |name: &str| value.contains(name);
    let media = match kind {
        "text/event-stream" => Media::Events,
        _ if names("text/event-stream") || names(",") => {
            return Err(Problem::Header("content-type"));
        }
        _ if names("json") => Media::Json,
        _ => Media::Text,
    };
    let readable = parameters.split(';').map(str::trim).all(|parameter| {
        match (parameter.split_once('='), media) {
            (None, _) => parameter.is_empty(),
            (Some(("charset", charset)), _) => is_utf8(charset),
            (Some(_), media) => media == Media::Text,
        }
    });
    let named = media != Media::Json || kind.contains("json");
    match readable && named {
        true => Ok(media),
        false => Err(Problem::Header("content-type")),
    }
}

fn is_utf8(charset: &str) -> bool {
    matches!(charset.trim_matches('"'), "utf-8" | "utf8" | "us-ascii")
}

/// The body is as it is, in no encoding.
fn is_identity(headers: &Headers) -> Result<bool, RequestError> {
    let encoding = headers.single("content-encoding")?.unwrap_or("identity");
    Ok(encoding.eq_ignore_ascii_case("identity"))
}
