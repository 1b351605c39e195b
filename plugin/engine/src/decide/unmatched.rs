//! Turns a caller that no grant matches into the nearest grants and the facts that it lacks, for tools that explain a
//! decision.
//!
//! It decides nothing, no adapter of a gateway calls it, and it never shows a token or its digest.

use super::caller::Caller;
use super::credentials::Credentials;
use super::principal::{AuthError, Principal};
use crate::model::{Grant, Policy, Required, Source, claim_text};
use crate::read::{Headers, Verified};
use crate::words::text::clip;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::cmp::Reverse;

/// The most grants that are listed.
const MOST_GRANTS: usize = 5;

/// The most texts of a fact that are listed.
const MOST_TEXTS: usize = 8;

/// The longest text that is listed, in characters.
const LONGEST: usize = 100;

/// A grant that a caller does not match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnmatchedGrant {
    /// The name of the grant.
    pub grant: String,
    /// The facts of its `match` that the caller lacks.
    pub missed: Vec<MissedFact>,
}

/// A fact that a grant requires and a caller lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MissedFact {
    /// Its kind and name, such as ``claim `sub` ``.
    pub fact: String,
    /// The texts that the caller has in its place, clipped; empty where it has nothing.
    pub found: Vec<String>,
    /// False for a value that is no text, which no grant matches: `found` has its JSON.
    pub is_text: bool,
    /// The required text or pattern; `None` for a bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
}

/// The grants that a caller is nearest to, at most five, the nearest first: those of whose facts it lacks the smallest part.
/// Empty where it matches some grant, or is refused for another reason.
pub fn unmatched_grants(
    policy: &Policy,
    headers: &Headers,
    verified: &Verified,
) -> Vec<UnmatchedGrant> {
    let (caller, _) = Caller::identify(policy, headers, verified, None);
    let credentials = Credentials::read(headers, verified, policy.needs.verified);
    let (Some(grants), Ok(credentials), true) =
        (&policy.grants, credentials, is_unmatched(&caller.principal))
    else {
        return Vec::new();
    };
    let list = grants.list.iter().filter(|grant| !grant.anonymous);
    let mut unmatched: Vec<_> = list
        .map(|grant| {
            let missed = missed(grant, &grants.sources, &credentials);
            (distance(grant, &missed), grant, missed)
        })
        .collect();
    unmatched.sort_by_key(|(distance, ..)| *distance);
    let nearest = unmatched.into_iter().take(MOST_GRANTS);
    let nearest = nearest.map(|(_, grant, missed)| UnmatchedGrant {
        grant: grant.name.as_ref().into(),
        missed,
    });
    nearest.collect()
}

fn is_unmatched(principal: &Principal) -> bool {
    matches!(
        principal,
        Principal::Denied(
            AuthError::NoToken | AuthError::Unknown | AuthError::UnknownToken | AuthError::NoGrant
        )
    )
}

/// First the grants of whose facts the caller lacks the smallest part, then the fewest, then those with the most alike texts.
fn distance(grant: &Grant, missed: &[MissedFact]) -> (usize, usize, Reverse<usize>) {
    let facts = grant
        .required
        .len()
        .saturating_add(grant.bearer.iter().len());
    let part = missed.len().saturating_mul(1000).checked_div(facts);
    let alike = missed.iter().map(alike).sum();
    (part.unwrap_or_default(), missed.len(), Reverse(alike))
}

/// The number of characters in which a found text begins as the required one, and one more; 0 where nothing is found.
fn alike(missed: &MissedFact) -> usize {
    let wanted = missed.wanted.as_deref().unwrap_or_default();
    let common = |found: &String| {
        let both = found.chars().zip(wanted.chars());
        let same = both.take_while(|(one, other)| one == other);
        same.count().saturating_add(1)
    };
    missed.found.iter().map(common).max().unwrap_or_default()
}

fn missed(grant: &Grant, sources: &[Source], credentials: &Credentials<'_>) -> Vec<MissedFact> {
    let mut missed: Vec<_> = grant
        .bearer
        .iter()
        .filter_map(|digest| missed_token(digest, credentials))
        .collect();
    for required in &grant.required {
        let source = sources.get(required.source);
        missed.extend(source.and_then(|source| missed_text(required, source, credentials)));
    }
    missed
}

fn missed_token(digest: &[u8; 32], credentials: &Credentials<'_>) -> Option<MissedFact> {
    let token = credentials.bearer().ok().flatten();
    let matches = token.is_some_and(|token| *digest == *Sha256::digest(token.as_bytes()));
    let found = token.map(|_| "another token".to_owned());
    (!matches).then(|| MissedFact {
        fact: "bearer token".into(),
        found: found.into_iter().collect(),
        is_text: true,
        wanted: None,
    })
}

fn missed_text(
    required: &Required,
    source: &Source,
    credentials: &Credentials<'_>,
) -> Option<MissedFact> {
    let texts = credentials.texts(source).unwrap_or_default();
    if texts.iter().any(|text| required.pattern.matches(text)) {
        return None;
    }
    let found = texts.iter().take(MOST_TEXTS);
    let found: Vec<_> = found.map(|text| clip(text, LONGEST)).collect();
    let other = other_value(source, credentials).filter(|_| found.is_empty());
    Some(MissedFact {
        fact: name(source),
        is_text: other.is_none(),
        found: found.into_iter().chain(other).collect(),
        wanted: Some(required.pattern.as_str().into()),
    })
}

/// The JSON of a claim that has no text to compare.
fn other_value(source: &Source, credentials: &Credentials<'_>) -> Option<String> {
    let Source::Claim(steps) = source else {
        return None;
    };
    let claim = credentials.claim(steps).ok().flatten()?;
    Some(claim.value.excerpt())
}

fn name(source: &Source) -> String {
    match source {
        Source::Header(name) | Source::JsonHeader(name) => format!("header `{name}`"),
        Source::Claim(steps) => format!("claim `{}`", claim_text(steps)),
        Source::Certificate(name) => format!("certificate's `{}`", name.name()),
        Source::Bearer => "bearer token".into(),
    }
}
