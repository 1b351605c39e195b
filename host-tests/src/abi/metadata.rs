//! Turns the claims of a token into the property `metadata` as Envoy serializes it after its filter jwt_authn: a
//! protobuf `envoy.config.core.v3.Metadata`.
//!
//! It never checks claims: numbers become doubles, as in Envoy.

use serde_json::{Map, Value};

/// The metadata of a request whose token has these claims, stored as `payload_in_metadata: jwt`.
pub fn of_jwt(claims: &Map<String, Value>) -> Vec<u8> {
    let stored = Map::from_iter([("jwt".to_owned(), Value::Object(claims.clone()))]);
    message(1, &entry("envoy.filters.http.jwt_authn", &fields(&stored)))
}

/// A `google.protobuf.Struct`.
fn fields(members: &Map<String, Value>) -> Vec<u8> {
    let members = members.iter();
    members
        .flat_map(|(name, member)| message(1, &entry(name, &value(member))))
        .collect()
}

fn entry(name: &str, value: &[u8]) -> Vec<u8> {
    [message(1, name.as_bytes()), message(2, value)].concat()
}

/// A `google.protobuf.Value`.
fn value(json: &Value) -> Vec<u8> {
    match json {
        Value::Null => vec![tag(1, 0), 0],
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default().to_le_bytes();
            [&[tag(2, 1)], &number[..]].concat()
        }
        Value::String(text) => message(3, text.as_bytes()),
        Value::Bool(bit) => vec![tag(4, 0), u8::from(*bit)],
        Value::Object(members) => message(5, &fields(members)),
        Value::Array(elements) => {
            let elements = elements.iter().map(value);
            let list: Vec<_> = elements.flat_map(|element| message(1, &element)).collect();
            message(6, &list)
        }
    }
}

/// A field with a text or a message.
fn message(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![tag(number, 2)];
    let mut length = bytes.len();
    while length > 127 {
        field.push((length % 128 + 128) as u8);
        length /= 128;
    }
    field.push(length as u8);
    [field, bytes.to_vec()].concat()
}

fn tag(number: u8, wire: u8) -> u8 {
    number << 3 | wire
}
