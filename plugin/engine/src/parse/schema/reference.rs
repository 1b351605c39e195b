//! Resolves `$ref` to a schema inside the same document.
//!
//! It never loads another document, and it rejects loops that do not step into the value.

use crate::model::schema::Assertion;
use crate::model::schema::{Schema, Subschema, SubschemaId};
use crate::words::json::{Kind, Value};
use percent_encoding::percent_decode_str;

/// The most schemas that may apply to one value through each other. It bounds the depth of validation.
const DEEPEST: usize = 32;

/// The value in the schema document that `#` or `#/…` points to.
pub(super) fn target<'a>(root: Value<'a>, reference: &str) -> Option<Value<'a>> {
    let fragment = reference.strip_prefix('#')?;
    let pointer = percent_decode_str(fragment).decode_utf8().ok()?;
    if pointer.is_empty() {
        return Some(root);
    }
    let mut tokens = pointer.strip_prefix('/')?.split('/');
    tokens.try_fold(root, |value, token| {
        step(value, &token.replace("~1", "/").replace("~0", "~"))
    })
}

fn step<'a>(value: Value<'a>, token: &str) -> Option<Value<'a>> {
    match value.kind() {
        Kind::Object => value.get(token),
        Kind::Array => value.elements().nth(token.parse().ok()?),
        _ => None,
    }
}

impl Schema {
    /// True where no chain of schemas that apply to one value is longer than the bound; a loop is endless.
    pub(super) fn is_shallow(&self) -> bool {
        let height =
            |heights: &[usize], id: SubschemaId| heights.get(id.0).copied().unwrap_or_default();
        let below = |heights: &[usize], part: &Subschema| {
            let inside = part.checks.iter().flat_map(Assertion::in_place);
            inside
                .map(|id| height(heights, id).saturating_add(1))
                .max()
                .unwrap_or_default()
        };
        let mut heights = vec![0; self.parts.len()];
        for _ in 0..=DEEPEST {
            let next: Vec<_> = self
                .parts
                .iter()
                .map(|part| below(&heights, part))
                .collect();
            if next == heights {
                return true;
            }
            heights = next;
        }
        false
    }
}
