//! Turns the dynamic metadata of an Envoy request into the claims of the token that Envoy verified, as JSON.
//!
//! It reads the typed form alone. Envoy's properties of single claims are untyped: a text that a user chooses may have the
//! bytes of a list.

use crate::words::json::{element, push_text};
use crate::words::protobuf::{Wire, fields};

/// The filter of Envoy that verifies tokens.
const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";

/// The deepest nesting of claims.
const DEEPEST: usize = 64;

/// The metadata is not protobuf, is nested too deeply, or names one thing twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unreadable;

/// The claims of the token that Envoy verified and stored under `payload`, for
/// [`Verified::claims`](crate::host::Verified::claims); `None` without such a token. `metadata` is the host's property
/// `metadata`, a serialized `envoy.config.core.v3.Metadata`. Of unreadable metadata the claims are an empty text, which
/// identifies no caller.
pub fn jwt_claims(metadata: &[u8], payload: &str) -> Option<String> {
    claims(metadata, payload).unwrap_or_else(|Unreadable| Some(String::new()))
}

fn claims(metadata: &[u8], payload: &str) -> Result<Option<String>, Unreadable> {
    let Some(filter) = member(metadata, JWT_AUTHN)? else {
        return Ok(None);
    };
    let Some(payload) = member(filter, payload)? else {
        return Ok(None);
    };
    let mut text = String::new();
    push_value(&mut text, payload, DEEPEST)?;
    Ok(Some(text))
}

/// The value of a map's entry. `Metadata.filter_metadata` and `Struct.fields` are both maps in field 1.
fn member<'m>(map: &'m [u8], name: &str) -> Result<Option<&'m [u8]>, Unreadable> {
    let mut found = None;
    for entry in entries(map) {
        let (key, value) = entry?;
        if key == name && found.replace(value).is_some() {
            return Err(Unreadable);
        }
    }
    Ok(found)
}

/// The names and values of a map in field 1. Other fields are left out.
fn entries(map: &[u8]) -> impl Iterator<Item = Result<(&str, &[u8]), Unreadable>> {
    fields(map).filter_map(|field| match field {
        Some((1, Wire::Bytes(entry))) => Some(named(entry)),
        Some(_) => None,
        None => Some(Err(Unreadable)),
    })
}

/// The name and the value of a map's entry. An absent one has its default, which is empty.
fn named(entry: &[u8]) -> Result<(&str, &[u8]), Unreadable> {
    let (mut name, mut value) = (&b""[..], &b""[..]);
    for field in fields(entry) {
        match field.ok_or(Unreadable)? {
            (1, Wire::Bytes(bytes)) => name = bytes,
            (2, Wire::Bytes(bytes)) => value = bytes,
            _ => return Err(Unreadable),
        }
    }
    Ok((str::from_utf8(name).map_err(|_| Unreadable)?, value))
}

/// Appends a `google.protobuf.Value` as JSON.
fn push_value(text: &mut String, value: &[u8], depth: usize) -> Result<(), Unreadable> {
    let depth = depth.checked_sub(1).ok_or(Unreadable)?;
    let mut read = fields(value);
    let kind = read.next().flatten().ok_or(Unreadable)?;
    if read.next().is_some() {
        return Err(Unreadable);
    }
    match kind {
        (1, Wire::Varint(0)) => text.push_str("null"),
        (2, Wire::Eight(bytes)) => push_number(text, f64::from_le_bytes(bytes))?,
        (3, Wire::Bytes(bytes)) => {
            push_text(text, str::from_utf8(bytes).map_err(|_| Unreadable)?);
        }
        (4, Wire::Varint(bit @ (0 | 1))) => text.push_str(if bit == 1 { "true" } else { "false" }),
        (5, Wire::Bytes(object)) => push_object(text, object, depth)?,
        (6, Wire::Bytes(list)) => push_list(text, list, depth)?,
        _ => return Err(Unreadable),
    }
    Ok(())
}

/// A number beyond 2^53 may be another one in the token, so it is written as one that every rule finds unknown.
fn push_number(text: &mut String, number: f64) -> Result<(), Unreadable> {
    const FIRST_INEXACT: f64 = 9_007_199_254_740_992.0;
    const UNKNOWN: &str = "9007199254740993";
    if !number.is_finite() {
        return Err(Unreadable);
    }
    match number.abs() < FIRST_INEXACT {
        true => text.push_str(&number.to_string()),
        false => text.push_str(UNKNOWN),
    }
    Ok(())
}

fn push_object(text: &mut String, object: &[u8], depth: usize) -> Result<(), Unreadable> {
    let mut members = String::new();
    for entry in entries(object) {
        let (name, value) = entry?;
        let member = element(&mut members);
        push_text(member, name);
        member.push(':');
        push_value(member, value, depth)?;
    }
    text.push('{');
    text.push_str(&members);
    text.push('}');
    Ok(())
}

fn push_list(text: &mut String, list: &[u8], depth: usize) -> Result<(), Unreadable> {
    let mut elements = String::new();
    for field in fields(list) {
        let (1, Wire::Bytes(value)) = field.ok_or(Unreadable)? else {
            return Err(Unreadable);
        };
        push_value(element(&mut elements), value, depth)?;
    }
    text.push('[');
    text.push_str(&elements);
    text.push(']');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::jwt_claims;

    /// A field with a text, bytes or a message.
    fn bytes(number: u8, value: &[u8]) -> Vec<u8> {
        let length = [value.len() & 127 | 128, value.len() >> 7];
        let length = length.map(|part| u8::try_from(part).unwrap());
        [&[number << 3 | 2], &length[..], value].concat()
    }

    fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let entry = |(name, value): &(&str, Vec<u8>)| {
            bytes(1, &[bytes(1, name.as_bytes()), bytes(2, value)].concat())
        };
        entries.iter().flat_map(entry).collect()
    }

    fn text(value: &str) -> Vec<u8> {
        bytes(3, value.as_bytes())
    }

    fn number(value: f64) -> Vec<u8> {
        [&[2 << 3 | 1][..], &value.to_le_bytes()].concat()
    }

    /// The metadata of a request whose token has these claims.
    fn metadata(claims: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let payload = bytes(5, &map(claims));
        map(&[("envoy.filters.http.jwt_authn", map(&[("jwt", payload)]))])
    }

    #[test]
    fn claims_of_every_type_become_json() {
        let list = bytes(6, &[bytes(1, &text("a")), bytes(1, &[8, 0])].concat());
        for (value, expected) in [
            (text("al\"ice"), r#""al\"ice""#),
            (text(""), r#""""#),
            (number(7.0), "7"),
            (number(-1.5), "-1.5"),
            (number(1_893_456_000.0), "1893456000"),
            (number(9_007_199_254_740_992.0), "9007199254740993"),
            (vec![4 << 3, 1], "true"),
            (vec![8, 0], "null"),
            (list, r#"["a",null]"#),
            (bytes(6, b""), "[]"),
            (bytes(5, &map(&[("k", text("v"))])), r#"{"k":"v"}"#),
        ] {
            let expected = format!(r#"{{"claim":{expected}}}"#);
            let read = jwt_claims(&metadata(&[("claim", value)]), "jwt");
            assert_eq!(read.as_deref(), Some(&*expected));
        }
    }

    #[test]
    fn metadata_without_a_token_has_no_claims() {
        let other = map(&[("envoy.filters.http.lua", map(&[("jwt", text("a"))]))]);
        for metadata in [&b""[..], &other] {
            assert_eq!(jwt_claims(metadata, "jwt"), None);
        }
        let of_another_name = metadata(&[("sub", text("alice"))]);
        assert_eq!(jwt_claims(&of_another_name, "agent"), None);
    }

    #[test]
    fn unreadable_metadata_identifies_no_caller() {
        let twice = metadata(&[("sub", text("alice"))]).repeat(2);
        let two_kinds = metadata(&[("sub", [text("alice"), text("bob")].concat())]);
        let not_finite = metadata(&[("n", number(f64::NAN))]);
        let whole = metadata(&[("sub", text("alice"))]);
        let cut = whole.split_last().unwrap().1;
        let deep = (0..64).fold(text("a"), |value, _| bytes(6, &bytes(1, &value)));
        let deep = metadata(&[("a", deep)]);
        for metadata in [&twice, &two_kinds, &not_finite, cut, &deep] {
            assert_eq!(jwt_claims(metadata, "jwt").as_deref(), Some(""));
        }
    }
}
