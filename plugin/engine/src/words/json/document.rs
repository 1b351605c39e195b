//! Turns bytes into one strict JSON document, or into the reason why they are not one.
//!
//! It never repairs and never copies: values are ranges of the received bytes.

use super::error::{Bounds, Error, JsonFault};
use super::scan::Scanner;
use super::value::{Kind, Node, Value};

/// A document that was read strictly and in full.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    nodes: Vec<Node>,
}

impl<'a> Document<'a> {
    /// Reads all of `bytes` as one document within the bounds.
    pub(crate) fn read(bytes: &'a [u8], bounds: Bounds) -> Result<Self, Error> {
        if bytes.starts_with(b"\xEF\xBB\xBF") {
            return Err(Error {
                at: 0,
                fault: JsonFault::ByteOrderMark,
            });
        }
        if u32::try_from(bytes.len()).is_err() {
            return Err(Error {
                at: 0,
                fault: JsonFault::TooLong,
            });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| Error {
            at: error.valid_up_to(),
            fault: JsonFault::NotUtf8,
        })?;
        Ok(Self {
            text,
            nodes: Scanner::new(text, bounds).scan()?,
        })
    }

    /// The outermost value.
    pub fn root(&'a self) -> Value<'a> {
        // Every document has at least one node, so this fallback is never used.
        let null = Node {
            start: 0,
            end: 0,
            after: 0,
            kind: Kind::Null,
            escaped: false,
        };
        Value {
            text: self.text,
            nodes: &self.nodes,
            node: self.nodes.first().copied().unwrap_or(null),
            index: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::Surrogates;
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: Bounds = Bounds {
        depth: 64,
        values: 64,
        surrogates: Surrogates::Refused,
    };

    fn fault(text: &[u8]) -> JsonFault {
        Document::read(text, BOUNDS).map(|_| ()).unwrap_err().fault
    }

    #[test]
    fn members_and_elements_are_in_document_order() {
        let document =
            Document::read(br#" {"a":[1,{"b":"\u0041"},[]],"c":null} "#, BOUNDS).unwrap();
        let root = document.root();
        let names: Vec<_> = root.members().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(names, ["a", "c"]);
        let elements: Vec<_> = root.get("a").unwrap().elements().map(Value::raw).collect();
        assert_eq!(elements, ["1", r#"{"b":"\u0041"}"#, "[]"]);
        let letter = root
            .get("a")
            .unwrap()
            .elements()
            .nth(1)
            .unwrap()
            .get("b")
            .unwrap();
        assert_eq!(letter.string().unwrap(), "A");
        // A number beyond binary64 is still a JSON number.
        let large = Document::read(b"[-1e999]", BOUNDS).unwrap();
        assert_eq!(large.root().elements().next().unwrap().raw(), "-1e999");
    }

    #[test]
    fn invalid_text_reports_its_fault() {
        for (text, expected) in [
            (&b""[..], JsonFault::Empty),
            (b" \n", JsonFault::Empty),
            (b"\xEF\xBB\xBF{}", JsonFault::ByteOrderMark),
            (b"\"\xFF\"", JsonFault::NotUtf8),
            (b"{} {}", JsonFault::TrailingData),
            (b"\"a\nb\"", JsonFault::ControlCharacter),
            (br#""\ud800""#, JsonFault::LoneSurrogate),
            (br#""\udc00\ud800""#, JsonFault::LoneSurrogate),
            (br#""\ud800\u0041""#, JsonFault::LoneSurrogate),
            (
                br#"{"a":1,"b":2,"\u0061":3}"#,
                JsonFault::Duplicate("a".into()),
            ),
            (b"NaN", JsonFault::Syntax),
            (b"[1,]", JsonFault::Syntax),
            (b"{,}", JsonFault::Syntax),
            (b"01", JsonFault::TrailingData),
            (b"[1}", JsonFault::Syntax),
            (b"{\"a\":1", JsonFault::Syntax),
        ] {
            assert_eq!(fault(text), expected, "{}", String::from_utf8_lossy(text));
        }
        let full = format!("[{}0]", "0,".repeat(62));
        assert!(Document::read(full.as_bytes(), BOUNDS).is_ok());
        assert_eq!(fault(format!("[{full}]").as_bytes()), JsonFault::Values(64));
        let deep = [b"[".repeat(65), b"]".repeat(65)].concat();
        assert_eq!(fault(&deep), JsonFault::Depth(64));
        let many = (0..20)
            .map(|n| format!("\"{n}\":0"))
            .collect::<Vec<_>>()
            .join(",");
        assert_eq!(
            fault(format!("{{{many},\"7\":1}}").as_bytes()),
            JsonFault::Duplicate("7".into())
        );
    }

    /// The value that serde_json reads; `Err` where it refuses the text too.
    fn oracle(text: &str) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::from_str(text)
    }

    fn rebuilt(value: Value<'_>) -> serde_json::Value {
        match value.kind() {
            Kind::Array => value.elements().map(rebuilt).collect(),
            Kind::Object => value
                .members()
                .map(|(name, value)| (name.into_owned(), rebuilt(value)))
                .collect(),
            Kind::String => value.string().unwrap().into_owned().into(),
            Kind::Bool => value.bool().unwrap().into(),
            Kind::Null => serde_json::Value::Null,
            Kind::Number => serde_json::from_str(value.raw()).unwrap(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

        /// Text that is nearly JSON: serde_json accepts every text that we accept, with the same meaning.
        #[test]
        fn accepted_text_reads_the_same_as_in_serde_json(text in r#"([\[\]{},:" ]|"[a-b\\u0-9]{0,4}"|-?[0-9]{1,3}(\.[0-9])?(e[0-9])?|true|null|"a":){0,12}"#) {
            if let Ok(document) = Document::read(text.as_bytes(), BOUNDS) {
                match oracle(&text) {
                    Ok(value) => prop_assert_eq!(rebuilt(document.root()), value),
                    // JSON does not bound numbers (RFC 8259 section 6); serde_json accepts only those of binary64.
                    Err(error) => prop_assert!(error.to_string().starts_with("number out of range"), "{}", error),
                }
            }
        }

        /// We refuse a text that serde_json accepts only for its duplicate member.
        #[test]
        fn refused_text_that_serde_json_accepts_has_a_duplicate(text in r#"(\[|\{|("[a-b]":)?("(\\u00e9|[ab])*"|[0-9]|\[\]|\{\})|,|\]|\}){0,12}"#) {
            if let (Err(error), Ok(_)) = (Document::read(text.as_bytes(), BOUNDS), oracle(&text)) {
                prop_assert!(matches!(error.fault, JsonFault::Duplicate(_)), "{:?}", error);
            }
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Document::read(&bytes, BOUNDS).map(|document| document.root().raw().len());
        }
    }
}
