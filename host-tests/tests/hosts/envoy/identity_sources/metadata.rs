//! Turns the property `metadata`, an `envoy.config.core.v3.Metadata` in protobuf, into JSON by filter.
//!
//! It reads the fields that Envoy writes, and panics at any other.

use serde_json::{Map, Value, json};

/// The metadata that each filter wrote.
pub(super) fn read(message: &[u8]) -> Map<String, Value> {
    members(message, |namespace| Value::Object(object(namespace)))
}

/// `google.protobuf.Struct`.
fn object(message: &[u8]) -> Map<String, Value> {
    members(message, value)
}

/// A map in field 1, whose entries have a name in field 1 and a value in field 2.
fn members(message: &[u8], read: impl Fn(&[u8]) -> Value) -> Map<String, Value> {
    let entry = |(number, entry): (u64, Field<'_>)| {
        assert_eq!(number, 1);
        let [(1, name), (2, own)] = fields(entry.bytes())[..] else {
            panic!("an entry has a name and a value: {entry:?}")
        };
        let name = String::from_utf8(name.bytes().to_vec()).expect("UTF-8");
        (name, read(own.bytes()))
    };
    fields(message).into_iter().map(entry).collect()
}

/// `google.protobuf.Value`.
fn value(message: &[u8]) -> Value {
    let [(number, field)] = fields(message)[..] else {
        panic!("a value has one kind: {message:?}")
    };
    match (number, field) {
        (1, Field::Varint(0)) => Value::Null,
        (2, Field::Double(number)) => json!(number),
        (3, Field::Bytes(text)) => json!(str::from_utf8(text).expect("UTF-8")),
        (4, Field::Varint(flag)) => json!(flag == 1),
        (5, Field::Bytes(message)) => Value::Object(object(message)),
        (6, Field::Bytes(message)) => list(message),
        other => panic!("no value: {other:?}"),
    }
}

/// `google.protobuf.ListValue`.
fn list(message: &[u8]) -> Value {
    let items = fields(message).into_iter();
    items.map(|(_, item)| value(item.bytes())).collect()
}

#[derive(Clone, Copy, Debug)]
enum Field<'a> {
    Varint(u64),
    Double(f64),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            other => panic!("no bytes: {other:?}"),
        }
    }
}

fn fields(mut message: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let field = match tag & 7 {
            0 => Field::Varint(varint(&mut message)),
            1 => Field::Double(f64::from_le_bytes(
                *message.split_off(..8).expect("8").as_array().expect("8"),
            )),
            2 => {
                let length = usize::try_from(varint(&mut message)).expect("a size");
                Field::Bytes(message.split_off(..length).expect("as long as it says"))
            }
            other => panic!("wire type {other}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *message.split_off_first().expect("a byte");
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}
