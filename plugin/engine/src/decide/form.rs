//! Turns a JSON value into its one form, by which equal elements of a list are found.
//!
//! It compares nothing, and takes nothing from the budget: its callers do.

use crate::words::json::{Kind, Value, exact, quoted};
use std::collections::BTreeSet;

/// The one form of a value: equal values have equal forms. A number that readers differ about makes it unclear.
pub(super) fn form(value: Value<'_>, clear: &mut bool) -> String {
    match value.kind() {
        Kind::Number => match exact(value.raw()) {
            // Of -0 and 0, which are equal, both are 0.
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
