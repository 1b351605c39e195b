//! The header fields of a request or a response, and the edits of them.
//!
//! It never changes a part of a value: an edit removes or sets whole fields.

use super::error::RequestError;
use crate::words::plain::after_printable;
use std::ops::Range;

/// Changes to the headers of a request or a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderEdit {
    /// The fields to remove, by their names in lower case.
    pub remove: Vec<&'static str>,
    /// The fields to set after that. Each replaces all fields of its name.
    pub set: Vec<(&'static str, &'static str)>,
}

impl HeaderEdit {
    /// True for an edit that changes nothing.
    pub fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.set.is_empty()
    }
}

/// A field name of HTTP: a token of RFC 9110 §5.6.2.
pub(crate) fn is_header_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Header fields in the order they came, names in lower case, pseudo-headers (`:method`) among them.
///
/// ```
/// let headers = mcp_policy::host::Headers::from_iter([(":method", "POST"), ("content-type", "application/json")]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Headers {
    bytes: Vec<u8>,
    fields: Vec<Field>,
    /// Bit `t` is set if a field has the tag `t`. Most lookups are for names that are absent, and this bit answers them
    /// without a search.
    tags: u64,
    /// Bit `t` is set if several fields have the tag `t`. If it is not, a search ends with the first field of that tag.
    shared: u64,
}

#[derive(Clone, Debug)]
struct Field {
    tag: u8,
    name: Range<usize>,
    value: Range<usize>,
}

impl Headers {
    /// Fields whose names and values are ranges of `bytes`; `None` where a range is outside.
    pub fn within(
        bytes: Vec<u8>,
        fields: impl IntoIterator<Item = (Range<usize>, Range<usize>)>,
    ) -> Option<Self> {
        let fields = fields.into_iter();
        let mut headers = Self {
            bytes,
            fields: Vec::with_capacity(fields.size_hint().0),
            tags: 0,
            shared: 0,
        };
        for (name, value) in fields {
            headers.bytes.get(value.clone())?;
            headers.add(name, value)?;
        }
        Some(headers)
    }

    /// The values of all fields of that name, in their order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let name = name.as_bytes();
        let tag = tag(name);
        let mut rest = match self.tags >> tag & 1 {
            0 => &[],
            _ => &self.fields[..],
        };
        std::iter::from_fn(move || {
            let (field, after) = self.next_named(name, tag, rest)?;
            rest = match self.shared >> tag & 1 {
                0 => &[],
                _ => after,
            };
            Some(self.text(&field.value))
        })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The value of a header that may be given once and holds visible ASCII, without white space around it.
    pub(crate) fn single(&self, name: &str) -> Result<Option<&str>, RequestError> {
        let mut values = self.all(name);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(RequestError::DuplicateHeader(name.into()));
        }
        let printable = after_printable(value)
            .iter()
            .all(|byte| is_printable(*byte));
        match std::str::from_utf8(value) {
            Ok(text) if printable => Ok(Some(trimmed(text))),
            _ => Err(RequestError::HeaderBytes(name.into())),
        }
    }

    /// The first of the fields with that name, and the fields after it.
    fn next_named<'f>(
        &self,
        name: &[u8],
        tag: u8,
        fields: &'f [Field],
    ) -> Option<(&'f Field, &'f [Field])> {
        let mut rest = fields;
        while let [field, after @ ..] = rest {
            rest = after;
            if field.tag == tag {
                let own = self.text(&field.name);
                // Hosts give names in lower case.
                if own == name || own.eq_ignore_ascii_case(name) {
                    return Some((field, rest));
                }
            }
        }
        None
    }

    fn text(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }

    /// Adds a field; `None` where its name is outside the bytes.
    fn add(&mut self, name: Range<usize>, value: Range<usize>) -> Option<()> {
        let tag = tag(self.bytes.get(name.clone())?);
        self.shared |= self.tags & 1 << tag;
        self.tags |= 1 << tag;
        self.fields.push(Field { tag, name, value });
        Some(())
    }

    fn push(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t')
}

/// The value without white space around it. Most values have none.
fn trimmed(value: &str) -> &str {
    let ends = [value.bytes().next(), value.bytes().next_back()];
    match ends
        .iter()
        .flatten()
        .any(|byte| matches!(byte, b' ' | b'\t'))
    {
        true => value.trim_matches([' ', '\t']),
        false => value,
    }
}

/// A number below 64, equal for all spellings of a name in ASCII case.
fn tag(name: &[u8]) -> u8 {
    let letter = |byte: Option<&u8>| byte.map_or(0, u8::to_ascii_lowercase);
    let length = name.len().to_le_bytes()[0];
    let ends = letter(name.first()).wrapping_mul(5) ^ letter(name.last());
    (ends ^ length.wrapping_mul(3)) & 63
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in fields {
            let (name, value) = (headers.push(name.as_ref()), headers.push(value.as_ref()));
            headers.add(name, value);
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_ranges_of_the_bytes() {
        let headers = Headers::within(b"?aXYa.".to_vec(), [(1..2, 2..4), (4..5, 0..0)]);
        let headers = headers.expect("all of it lies there");
        assert!(headers.all("A").eq([&b"XY"[..], b""]));
        assert!(!headers.has("?"));
    }

    #[test]
    fn range_outside_the_bytes_is_refused() {
        for field in [(0..2, 0..1), (0..1, 2..2), (0..1, 0..usize::MAX)] {
            assert!(
                Headers::within(b"a".to_vec(), [field.clone()]).is_none(),
                "{field:?}"
            );
        }
    }
}
