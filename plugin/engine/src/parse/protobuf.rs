//! Recognizes a policy that arrives as a protobuf `Struct`, as Envoy serializes a configuration that is an object.
//!
//! It never reads a policy out of it: a `Struct` has lost the exact text of numbers and the duplicate members.

use crate::words::protobuf::{Wire, fields};

/// The configuration to write instead: Envoy passes on the text of a `StringValue` unchanged.
pub(super) const WRITE: &str = r#"the policy as text, in Envoy's configuration of the filter: `configuration: { "@type": type.googleapis.com/google.protobuf.StringValue, value: '{ "version": "1", … }' }`"#;

/// True where all bytes are entries of a key and a value. No JSON text has this form.
pub(super) fn is_struct(bytes: &[u8]) -> bool {
    let is_entry = |field| matches!(field, Some((1, Wire::Bytes(entry))) if is_entry(entry));
    !bytes.is_empty() && fields(bytes).all(is_entry)
}

fn is_entry(entry: &[u8]) -> bool {
    let fields: Vec<_> = fields(entry).take(3).collect();
    matches!(
        fields[..],
        [Some((1, Wire::Bytes(_))), Some((2, Wire::Bytes(_)))]
    )
}

#[cfg(test)]
mod tests {
    use super::is_struct;

    #[test]
    fn struct_policy_is_distinguished_from_json_text() {
        // {"version": "1"}, {"hold": true}, {"max": 10.0}, and a value of more than 127 bytes.
        let long = [
            b"\n\x85\x01\n\x01a\x12\xFF\0\x1A\x7D".as_slice(),
            &[b'x'; 125],
        ]
        .concat();
        for bytes in [
            b"\n\x0E\n\x07version\x12\x03\x1A\x011".as_slice(),
            b"\n\x0A\n\x04hold\x12\x02\x20\x01",
            b"\n\x10\n\x03max\x12\x09\x11\0\0\0\0\0\0\x24\x40",
            &long,
        ] {
            assert!(is_struct(bytes), "{bytes:?}");
        }
        for bytes in [
            b"".as_slice(),
            b"\n",
            b"\n\n\n{}",
            b"\n{\n \"version\": \"1\",}",
            b"\n\x0E\n\x07version\x12\x03\x1A\x011{",
            b"\n\x0F\n\x07version\x12\x03\x1A\x011",
            b"\n\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01",
            b"\n\x09\n\x07version",
        ] {
            assert!(!is_struct(bytes), "{bytes:?}");
        }
    }
}
