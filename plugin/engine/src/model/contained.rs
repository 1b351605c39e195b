//! Finds the grants all of whose callers match another grant too, for tools that check a policy.
//!
//! It identifies no caller, and no adapter of a gateway calls it.

use super::caller::{Grant, Required};
use super::grants::Grants;
use super::policy::Policy;
use crate::words::sorted::dedup_sorted;

/// A grant, and another one that each of its callers matches too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainedGrant {
    /// The name of the grant.
    pub name: String,
    /// The name of the other grant.
    pub within: String,
}

impl Policy {
    /// The grants all of whose callers match another grant too, each once. No grant is listed that is revoked: it refuses
    /// some callers of the other one on purpose.
    pub fn contained_grants(&self) -> Vec<ContainedGrant> {
        let grants = self.grants.iter();
        let contained = grants.flat_map(|grants| {
            let list = grants.list.iter().filter(|grant| !grant.revoked);
            list.filter_map(|grant| {
                Some(ContainedGrant {
                    name: grant.name.as_ref().into(),
                    within: container(grants, grant)?.name.as_ref().into(),
                })
            })
        });
        contained.collect()
    }
}

/// The first other grant that all callers of this one match.
fn container<'p>(grants: &'p Grants, grant: &Grant) -> Option<&'p Grant> {
    let required = grant.required.iter();
    let by_text =
        required.flat_map(|required| grants.by_text(required.source, &required.pattern.sample()));
    let digest = grant.bearer.iter();
    let by_credential = digest.flat_map(|digest| grants.by_credential(digest));
    let places = dedup_sorted(by_text.chain(by_credential));
    let mut others = places.iter().filter_map(|at| grants.list.get(*at));
    others.find(|other| other.name != grant.name && admits_all_of(other, grant))
}

/// True where each fact that the other grant requires follows from one that this grant requires.
fn admits_all_of(other: &Grant, grant: &Grant) -> bool {
    let follows = |wanted: &Required| {
        let mut own = grant.required.iter();
        own.any(|own| own.source == wanted.source && wanted.pattern.contains(&own.pattern))
    };
    let credential = other.bearer.is_none() || other.bearer == grant.bearer;
    credential && !other.anonymous && other.required.iter().all(follows)
}
