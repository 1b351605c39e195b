//! Turns values and the paths to them into the text of one JSON value that has each at its path.
//!
//! It keeps the text of a value as it is, and never fills in a value: what lies between is `null`, or an empty object.

use mcp_policy_cases::value_path::PathStep;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// A value that is known in parts.
#[derive(Clone, Debug, Default)]
pub(super) enum Tree {
    #[default]
    Unknown,
    /// The text of a whole value.
    Whole(String),
    Members(BTreeMap<String, Self>),
    Elements(Vec<Self>),
}

/// The longest list that is made for the sake of one element.
const MOST: usize = 10_000;

impl Tree {
    /// The tree of these values. A value inside of another one is left out.
    pub(super) fn of<'v>(values: impl Iterator<Item = (&'v [PathStep], &'v str)>) -> Self {
        let mut values: Vec<_> = values.collect();
        values.sort_by_key(|(steps, _)| steps.len());
        let mut tree = Self::Unknown;
        for (steps, text) in values {
            tree.put(steps, text);
        }
        tree
    }

    fn put(&mut self, steps: &[PathStep], text: &str) {
        match steps.split_first() {
            _ if matches!(self, Self::Whole(_)) => {}
            None => *self = Self::Whole(text.into()),
            Some((step, rest)) => self.inside(step, |inner| inner.put(rest, text)),
        }
    }

    /// Makes the objects and lists around an absent value, which would be unknown inside of an unknown value.
    pub(super) fn around(&mut self, steps: &[PathStep]) {
        match steps {
            [] => {}
            [PathStep::Member(_)] => self.become_object(),
            [PathStep::Element(_)] => self.become_list(),
            [step, rest @ ..] => self.inside(step, |inner| inner.around(rest)),
        }
    }

    fn inside(&mut self, step: &PathStep, change: impl FnOnce(&mut Self)) {
        match step {
            PathStep::Member(name) => {
                self.become_object();
                if let Self::Members(members) = self {
                    change(members.entry(name.clone()).or_default());
                }
            }
            PathStep::Element(Some(place)) if *place < MOST => {
                self.become_list();
                if let Self::Elements(elements) = self {
                    let length = elements.len().max(place.saturating_add(1));
                    elements.resize(length, Self::Unknown);
                    if let Some(element) = elements.get_mut(*place) {
                        change(element);
                    }
                }
            }
            PathStep::Element(_) => {}
        }
    }

    fn become_object(&mut self) {
        if !matches!(self, Self::Members(_) | Self::Whole(_)) {
            *self = Self::Members(BTreeMap::new());
        }
    }

    fn become_list(&mut self) {
        if !matches!(self, Self::Elements(_) | Self::Whole(_)) {
            *self = Self::Elements(Vec::new());
        }
    }

    /// Adds the members of these names, with unknown values, to an object.
    pub(super) fn with_names<'n>(mut self, names: impl Iterator<Item = &'n String>) -> Self {
        if !matches!(self, Self::Whole(_)) {
            names.for_each(|name| {
                self.inside(&PathStep::Member(name.clone()), |_| {});
            });
            self.become_object();
        }
        self
    }

    pub(super) fn text(&self) -> String {
        let list = |texts: Vec<String>| texts.join(",");
        match self {
            Self::Unknown => "null".into(),
            Self::Whole(text) => text.clone(),
            Self::Members(members) => {
                let member = |(name, value): (&String, &Self)| {
                    format!("{}:{}", Json::from(&**name), value.text())
                };
                format!("{{{}}}", list(members.iter().map(member).collect()))
            }
            Self::Elements(elements) => {
                format!("[{}]", list(elements.iter().map(Self::text).collect()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;
    use mcp_policy_cases::value_path::steps;

    #[test]
    fn values_at_nested_paths_become_one_object() {
        let values = [
            (".options.branch", "\"main\""),
            (".command", "1.50"),
            (".paths[1]", "true"),
            (".options", "{\"depth\":1}"),
            ("[\"a.b\"].c", "[]"),
        ];
        let values = values.map(|(path, text)| (steps(path).expect("a path"), text));
        let tree = Tree::of(values.iter().map(|(steps, text)| (&steps[..], *text)));
        let names = ["note".to_owned(), "command".to_owned()];
        assert_eq!(
            tree.with_names(names.iter()).text(),
            r#"{"a.b":{"c":[]},"command":1.50,"note":null,"options":{"depth":1},"paths":[null,true]}"#
        );
    }
}
