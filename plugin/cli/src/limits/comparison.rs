//! Turns the limits of a policy and those of a running service into their differences.
//!
//! It never takes a limit for another one that counts other calls.

use super::kept::Kept;
use serde::Serialize;

/// A limit that is not the same in the policy and at the service.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    pub(super) is: Kind,
    pub(super) limit: String,
    /// Its numbers by the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<String>,
    /// Its numbers at the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) service: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The service does not have it, and lets every call pass.
    Missing,
    /// The service has other numbers.
    Different,
    /// The policy does not have it.
    Additional,
}

/// First the limits of the policy, then those that only the service has.
pub(super) fn differences(expected: &[Kept], found: &[Kept]) -> Vec<Difference> {
    let mut others: Vec<_> = found.iter().collect();
    let mut differences = Vec::new();
    for limit in expected {
        let mut same = others.iter();
        let equal = same.position(|other| other.key == limit.key && other.numbers == limit.numbers);
        let mut same = others.iter();
        let place = equal.or_else(|| same.position(|other| other.key == limit.key));
        let service = place.map(|place| others.remove(place).numbers.clone());
        if equal.is_none() {
            differences.push(Difference {
                is: service.as_ref().map_or(Kind::Missing, |_| Kind::Different),
                limit: limit.name.clone(),
                policy: Some(limit.numbers.clone()),
                service,
            });
        }
    }
    differences.extend(others.into_iter().map(|other| Difference {
        is: Kind::Additional,
        limit: other.name.clone(),
        policy: None,
        service: Some(other.numbers.clone()),
    }));
    differences
}
