//! Turns a JSON value into its canonical form, in which equal elements of a list are equal texts.
//!
//! It compares nothing, and never charges the budget: its callers do.

use crate::words::json::{Kind, Value, exact, quoted};
use std::collections::BTreeSet;

/// The canonical form of a value: equal values have equal forms. A number that readers differ about sets `clear` to
/// false.
pub(super) fn form(value: Value<'_>, clear: &mut bool) -> String {
    match value.kind() {
        Kind::Number => match exact(value.raw()) {
            // -0 and 0 are equal, so both become 0.
            Some(number) => (number + 0.0).to_bits().to_string(),
            None => {
                *clear = false;
                value.raw().into()
            }
        },
        Kind::String => quoted(&value.string().unwrap_or_default()),
        Kind::Array => {
            let forms: Vec<_> = value
                .elements()
                .map(|element| form(element, clear))
                .collect();
            format!("[{}]", forms.join(","))
        }
        Kind::Object => {
            let mut forms = BTreeSet::new();
            for (name, value) in value.members() {
                forms.insert(format!("{}:{}", quoted(&name), form(value, clear)));
            }
            let forms: Vec<_> = forms.into_iter().collect();
            format!("{{{}}}", forms.join(","))
        }
        Kind::Null | Kind::Bool => value.raw().into(),
    }
}
