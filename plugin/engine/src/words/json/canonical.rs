//! Turns a value into its canonical form (RFC 8785): equal values have equal bytes, whatever their layout.
//!
//! It never rounds: a value with a number that readers could read differently has no canonical form.

use super::number;
use super::string;
use super::value::{Kind, Value};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

impl Value<'_> {
    /// The canonical form; `None` where it contains a number without one. The recursion is bounded, as reading bounded
    /// the depth.
    pub(crate) fn canonical(self) -> Option<String> {
        let mut text = String::with_capacity(self.range().len());
        self.write(&mut text, number::canonical)?;
        Some(text)
    }

    /// The canonical form, in which a number without one is as it was written: equal texts for equal values, and for no
    /// others.
    pub(crate) fn exact_form(self) -> String {
        let mut text = String::with_capacity(self.range().len());
        let number = |text: &str| Some(number::canonical(text).unwrap_or_else(|| text.into()));
        let _ = self.write(&mut text, number);
        text
    }

    /// The shortest spelling of a string in JSON, as RFC 8785 section 3.2.2.2 defines it.
    fn spelling(self) -> String {
        string::canonical(self.raw())
    }

    fn write(self, text: &mut String, number: WriteNumber) -> Option<()> {
        match self.kind() {
            Kind::Object => {
                // A heap adds less to the module than the standard library's sorting.
                let members: BinaryHeap<_> = self.named().map(Member::new).collect();
                list(
                    text,
                    ('{', '}'),
                    members.into_sorted_vec().into_iter(),
                    |member, text| member.write(text, number),
                )
            }
            Kind::Array => list(text, ('[', ']'), self.elements(), |value, text| {
                value.write(text, number)
            }),
            Kind::Number => {
                text.push_str(&number(self.raw())?);
                Some(())
            }
            Kind::String => {
                text.push_str(&self.spelling());
                Some(())
            }
            Kind::Null | Kind::Bool => {
                text.push_str(self.raw());
                Some(())
            }
        }
    }
}

/// The canonical form of a number; `None` where it has none.
type WriteNumber = fn(&str) -> Option<String>;

/// A member of an object. Members sort by the UTF-16 units of their names.
struct Member<'a> {
    name: Value<'a>,
    characters: Cow<'a, str>,
    value: Value<'a>,
}

impl<'a> Member<'a> {
    fn new((name, value): (Value<'a>, Value<'a>)) -> Self {
        let characters = name.string().unwrap_or_default();
        Self {
            name,
            characters,
            value,
        }
    }

    fn write(self, text: &mut String, number: WriteNumber) -> Option<()> {
        text.push_str(&self.name.spelling());
        text.push(':');
        self.value.write(text, number)
    }
}

impl Ord for Member<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two) = (&self.characters, &other.characters);
        // Names that differ only in a lone surrogate have the same characters, so their spelling decides.
        let spelling = || self.name.spelling().cmp(&other.name.spelling());
        one.encode_utf16()
            .cmp(two.encode_utf16())
            .then_with(spelling)
    }
}

impl PartialOrd for Member<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Member<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Member<'_> {}

fn list<T>(
    text: &mut String,
    (open, close): (char, char),
    items: impl Iterator<Item = T>,
    each: impl Fn(T, &mut String) -> Option<()>,
) -> Option<()> {
    text.push(open);
    for (index, item) in items.enumerate() {
        if index > 0 {
            text.push(',');
        }
        each(item, text)?;
    }
    text.push(close);
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::words::json::{Bounds, Document, Surrogates};

    fn canonical(text: &str) -> Option<String> {
        let bounds = Bounds {
            depth: 64,
            values: 64,
            surrogates: Surrogates::Refused,
        };
        let document = Document::read(text.as_bytes(), bounds).unwrap();
        document.root().canonical()
    }

    #[test]
    fn examples_of_rfc_8785_are_canonicalized() {
        // RFC 8785 sections 3.2.2 and 3.2.3, but for its one number that binary64 does not hold as it is written.
        let text = r#"{
            "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false] }"#;
        let expected = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(canonical(text), None);
        let text = text.replace("333333333.33333329", "333333333.3333333");
        assert_eq!(canonical(&text).as_deref(), Some(expected));
        let text = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
        let expected = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}";
        assert_eq!(canonical(text).as_deref(), Some(expected));
    }

    #[test]
    fn exact_form_tells_numbers_apart_that_binary64_does_not() {
        let exact = |text: &str| {
            let bounds = Bounds {
                depth: 8,
                values: 8,
                surrogates: Surrogates::Refused,
            };
            let document = Document::read(text.as_bytes(), bounds).unwrap();
            document.root().exact_form()
        };
        let text = r#"{"b":9007199254740993,"a":[1.0,2]}"#;
        assert_eq!(exact(text), r#"{"a":[1,2],"b":9007199254740993}"#);
        assert_ne!(exact(text), exact(&text.replace("993", "992")));
        assert_ne!(exact("[1,2]"), exact("[2,1]"));
    }

    #[test]
    fn canonical_form_ignores_layout_and_member_order() {
        let one = canonical(r#"{"a":[1.0,{"c":-0,"b":"\u00e9"}],"":{}}"#);
        let other = canonical("{ \"\" : {} ,\n \"a\":[1,{\"b\":\"é\",\"c\":0e5}]}");
        assert_eq!(one, other);
        assert_eq!(canonical("[9007199254740993]"), None);
    }
}
