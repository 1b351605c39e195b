//! The values in a line of the audit log, with the text of each as the line has it.
//!
//! It never changes the text of a number.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The arguments and the facts about the caller in a line, by their names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LineValues {
    arguments: BTreeMap<String, Box<RawValue>>,
    arguments_withheld: Vec<String>,
    facts: BTreeMap<String, Box<RawValue>>,
    facts_withheld: Vec<String>,
    absent: Vec<String>,
}

impl LineValues {
    /// Those of a line; none where a member has another form than it should.
    pub(super) fn of(json: &str) -> Self {
        let members = [
            "\"arguments\":",
            "\"facts\":",
            "\"absent\":",
            "_withheld\":",
        ];
        let may_be = members.iter().any(|member| json.contains(member));
        let values = may_be.then(|| serde_json::from_str(json).ok()).flatten();
        values.unwrap_or_default()
    }

    /// The names of known values, each with its JSON; without one for what the request does not have.
    pub(crate) fn known(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let values = self.arguments.iter().chain(&self.facts);
        let values = values.map(|(name, value)| (&**name, Some(value.get())));
        values.chain(self.absent.iter().map(|name| (&**name, None)))
    }

    /// The names of values that are not in the line although the policy opens them.
    pub(crate) fn withheld(&self) -> impl Iterator<Item = &String> {
        self.arguments_withheld.iter().chain(&self.facts_withheld)
    }
}
