//! Turns the credentials of a request into the one grant that they match.
//!
//! It admits no caller whose credentials match two grants, and compares listed credentials in constant time.

use super::credentials::Credentials;
use super::identity::vouched;
use super::principal::{AuthError, Grantee, MOST_NAMED, Principal};
use crate::model::{Grant, Grants, Policy};
use crate::read::Unidentified;
use crate::words::sorted::dedup_sorted;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use subtle::ConstantTimeEq as _;

/// The credentials of a request in the form in which grants are compared with them.
struct Presented<'c> {
    /// SHA-256 of the bearer token.
    bearer: Option<[u8; 32]>,
    /// The texts of each source of the grants.
    texts: Vec<Vec<Cow<'c, str>>>,
}

/// The caller by the grants of the policy. The flag is true where its credential must not be passed on.
pub(super) fn granted(
    policy: &Policy,
    grants: &Grants,
    credentials: &Credentials<'_>,
) -> (Principal, bool) {
    match found(policy, grants, credentials) {
        Ok(grant) => match admitted(grant) {
            Ok(grantee) => (Principal::Grant(Box::new(grantee)), !grant.forward),
            Err(denied) => (Principal::Denied(denied), true),
        },
        Err(denied) => (Principal::Denied(denied), true),
    }
}

fn admitted(grant: &Grant) -> Result<Grantee, AuthError> {
    if grant.revoked {
        return Err(AuthError::Revoked(grant.name.clone()));
    }
    let policy = grant.policy;
    let policy = policy.ok_or_else(|| AuthError::NoPolicy(grant.name.clone()))?;
    Ok(Grantee {
        name: grant.name.clone(),
        policy,
        own: grant.own,
        mode: grant.mode,
        frozen: grant.frozen.clone(),
        expires: grant.expires,
    })
}

/// The one grant that the credentials match. The sources of the identity are read too: a malformed one is refused.
fn found<'p>(
    policy: &Policy,
    grants: &'p Grants,
    credentials: &Credentials<'_>,
) -> Result<&'p Grant, AuthError> {
    if vouched(&policy.identity, credentials) == Principal::Denied(AuthError::Unidentified) {
        return Err(AuthError::Unidentified);
    }
    let sources = grants.sources.iter().chain(&policy.identity.sources);
    if !credentials.are_present(sources.clone()) {
        let anonymous = grants.anonymous;
        let anonymous = anonymous.and_then(|at| grants.list.get(at));
        return anonymous.ok_or(AuthError::NoToken);
    }
    let presented = Presented::read(grants, credentials)?;
    let places = dedup_sorted(presented.candidates(grants));
    let candidates = places.iter().filter_map(|at| grants.list.get(*at));
    let matching: Vec<_> = candidates
        .filter(|grant| presented.matches(grant))
        .collect();
    match matching.as_slice() {
        [] if credentials.are_verified() => Err(AuthError::NoGrant),
        [] if credentials.are_a_bearer(sources) => Err(AuthError::UnknownToken),
        [] => Err(AuthError::Unknown),
        [grant] => Ok(grant),
        // Of two grants a revoked one is the operator's last word.
        several => {
            let revoked = several.iter().find(|grant| grant.revoked);
            let named = several.iter().take(MOST_NAMED);
            let names = || named.map(|grant| grant.name.clone()).collect();
            revoked
                .copied()
                .ok_or_else(|| AuthError::Ambiguous(names()))
        }
    }
}

impl<'c> Presented<'c> {
    fn read(grants: &Grants, credentials: &'c Credentials<'_>) -> Result<Self, AuthError> {
        let token = match grants.have_credentials() {
            true => credentials
                .bearer()
                .map_err(|Unidentified| AuthError::Malformed)?,
            false => None,
        };
        let sources = grants.sources.iter();
        let texts: Result<_, _> = sources.map(|source| credentials.texts(source)).collect();
        Ok(Self {
            bearer: token.map(|token| Sha256::digest(token.as_bytes()).into()),
            texts: texts.map_err(|Unidentified| AuthError::Unreadable)?,
        })
    }

    /// The grants that may match, by position.
    fn candidates(&self, grants: &Grants) -> Vec<usize> {
        let bearer = self.bearer.iter();
        let by_credential = bearer.flat_map(|digest| grants.by_credential(digest));
        let texts = self.texts.iter().enumerate();
        let by_text = texts.flat_map(|(source, texts)| {
            let found = texts.iter().map(move |text| grants.by_text(source, text));
            found.flatten()
        });
        by_credential.chain(by_text).collect()
    }

    fn matches(&self, grant: &Grant) -> bool {
        let credential = grant.bearer.is_none_or(|wanted| {
            let given = self.bearer.as_ref();
            given.is_some_and(|given| bool::from(wanted.ct_eq(given)))
        });
        let mut required = grant.required.iter();
        credential
            && required.all(|required| {
                let texts = self.texts.get(required.source);
                let mut texts = texts.into_iter().flatten();
                texts.any(|text| required.pattern.matches(text))
            })
    }
}
