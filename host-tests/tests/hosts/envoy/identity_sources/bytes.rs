//! Turns values into the untyped bytes in which a single property arrives.
//!
//! It never reads such bytes: they have no type.

/// A number: a double, little-endian.
pub(super) fn number(value: f64) -> Vec<u8> {
    value.to_le_bytes().to_vec()
}

/// A list: how many, two sizes for each, then each value with two zeros. The second size is that of a value that a list
/// lacks, and is zero.
pub(super) fn list(values: &[&[u8]]) -> Vec<u8> {
    let mut bytes = size(values.len());
    for value in values {
        bytes.extend(size(value.len()));
        bytes.extend(size(0));
    }
    for value in values {
        bytes.extend([value, &[0, 0][..]].concat());
    }
    bytes
}

/// An object of one member: one, the sizes of its name and value, then each with a zero.
pub(super) fn object(name: &str, value: &[u8]) -> Vec<u8> {
    [
        size(1),
        size(name.len()),
        size(value.len()),
        [name.as_bytes(), &[0], value, &[0]].concat(),
    ]
    .concat()
}

fn size(length: usize) -> Vec<u8> {
    let length = u32::try_from(length).expect("a size of a test");
    length.to_le_bytes().to_vec()
}
