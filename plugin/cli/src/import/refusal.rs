//! The conditions and groups of our policy that refuse a call.
//!
//! It never decides which conditions those are: `condition` and `limit` do.

use serde_json::{Map, Value as Json};

/// The rules that refuse every call that does not meet a condition of Intercept.
#[derive(Debug, Default)]
pub(super) struct Refusal {
    /// Conditions of one group in `require`.
    pub(super) require: Vec<Json>,
    /// Groups in `deny_if`.
    pub(super) deny_if: Vec<Vec<Json>>,
}

impl Refusal {
    /// Refuses a call that a group in `deny_if` matches.
    pub(super) fn one(group: Vec<Json>) -> Self {
        Self::deny_if([group])
    }

    pub(super) fn require(condition: Json) -> Self {
        Self {
            require: vec![condition],
            deny_if: Vec::new(),
        }
    }

    pub(super) fn deny_if(groups: impl Into<Vec<Vec<Json>>>) -> Self {
        Self {
            require: Vec::new(),
            deny_if: groups.into(),
        }
    }

    /// Refuses every call.
    pub(super) fn always() -> Self {
        Self::deny_if([Vec::new()])
    }

    pub(super) fn append(&mut self, mut more: Self) {
        self.require.append(&mut more.require);
        self.deny_if.append(&mut more.deny_if);
    }
}

/// A condition of our policy.
pub(super) fn condition(path: &str, op: &str, value: Json) -> Json {
    let mut condition = Map::new();
    condition.insert("path".into(), path.into());
    condition.insert("op".into(), op.into());
    condition.insert("value".into(), value);
    condition.into()
}
