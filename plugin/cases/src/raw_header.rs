//! Turns the header fields of a case into those of a request or a response, with the defaults that it leaves out.
//!
//! It never checks a field: a case may send what no client sends.

use crate::RawHeaders;
use crate::caller::Caller;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A header's value: a text, a list (the header is sent once for each element), bytes, or null (a default header, or one
/// of the whole case, is left out).
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum RawHeader {
    Text(String),
    Several(Vec<String>),
    Bytes { hex: String },
    None(()),
}

/// The header fields of a request, with the defaults.
pub(crate) fn headers(
    method: &str,
    number: usize,
    given: BTreeMap<String, RawHeader>,
) -> Result<RawHeaders, String> {
    let content_type = (method == "POST").then_some(("content-type", "application/json"));
    let defaults = content_type
        .into_iter()
        .chain([("accept", "application/json, text/event-stream")]);
    let mut headers: Vec<_> = defaults
        .filter(|(name, _)| !names(&given, name))
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect();
    headers.push((
        b"x-request-id".to_vec(),
        format!("step-{number}").into_bytes(),
    ));
    headers.extend(fields(given)?);
    Ok(headers)
}

/// Whether header fields have one of this name, in upper or lower case.
pub(crate) fn names(headers: &BTreeMap<String, RawHeader>, name: &str) -> bool {
    headers.keys().any(|key| key.eq_ignore_ascii_case(name))
}

/// The header fields of a caller.
pub(crate) fn headers_of(caller: &Caller) -> BTreeMap<String, RawHeader> {
    let headers = caller.headers.iter().cloned();
    headers
        .map(|(name, value)| (name, RawHeader::Text(value)))
        .collect()
}

/// Header fields as bytes, names in lower case.
pub(crate) fn fields(given: BTreeMap<String, RawHeader>) -> Result<RawHeaders, String> {
    let mut fields = Vec::new();
    for (name, value) in given {
        let values = match value {
            RawHeader::Text(text) => vec![text.into_bytes()],
            RawHeader::Several(texts) => texts.into_iter().map(String::into_bytes).collect(),
            RawHeader::Bytes { hex } => vec![unhex(&hex)?],
            RawHeader::None(()) => Vec::new(),
        };
        let name = name.to_ascii_lowercase().into_bytes();
        fields.extend(values.into_iter().map(|value| (name.clone(), value)));
    }
    Ok(fields)
}

/// Bytes in hexadecimal.
pub(crate) fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits: String = text.split_whitespace().collect();
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::from_str_radix(&String::from_utf8_lossy(&[*high, *low]), 16).ok(),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = pairs.map(byte).collect();
    bytes.ok_or_else(|| format!("{text:?} is not hexadecimal"))
}
