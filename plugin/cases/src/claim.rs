//! Turns paths of claims and their values into the claims of a token.
//!
//! It never checks a path: the engine does.

use crate::value_path::{PathStep, steps};
use serde_json::{Value as Json, json};

/// The most elements of a list that a path may make.
const MOST: usize = 1000;

/// Puts a value at the path of a claim: `sub`, `realm_access.roles`, `["https://acme.example/roles"]`.
///
/// # Errors
/// The sentence about a path that names no claim.
pub(crate) fn put(claims: &mut Json, path: &str, value: Json) -> Result<(), String> {
    let dot = if path.starts_with('[') { "" } else { "." };
    let steps = steps(&[dot, path].concat());
    let names_claim = |steps: &Vec<PathStep>| match steps.first() {
        Some(PathStep::Member(name)) => !name.is_empty(),
        Some(PathStep::Element(_)) | None => false,
    };
    let steps = steps.filter(names_claim).ok_or_else(|| {
        format!("`{path}` names no claim; write one such as `sub`, `realm_access.roles` or `[\"https://acme.example/roles\"]`")
    })?;
    put_at(claims, &steps, value);
    Ok(())
}

fn put_at(at: &mut Json, steps: &[PathStep], value: Json) {
    let Some((step, rest)) = steps.split_first() else {
        *at = value;
        return;
    };
    match step {
        PathStep::Member(name) => {
            if !at.is_object() {
                *at = json!({});
            }
            if let Some(members) = at.as_object_mut() {
                put_at(members.entry(name).or_insert(Json::Null), rest, value);
            }
        }
        PathStep::Element(place) => {
            let place = place.unwrap_or_default().min(MOST);
            let mut elements = at.as_array().cloned().unwrap_or_default();
            if elements.len() <= place {
                elements.resize(place.saturating_add(1), Json::Null);
            }
            if let Some(element) = elements.get_mut(place) {
                put_at(element, rest, value);
            }
            *at = elements.into();
        }
    }
}
