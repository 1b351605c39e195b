//! Turns the credentials of a request into the identity that one source of the policy gives its caller.
//!
//! A caller that could choose its identity would get a new quota with each one, so it believes only what the gateway
//! verified and headers that the policy says the gateway vouches for.

use super::credentials::Credentials;
use super::principal::{AuthError, Principal};
use crate::model::{Identity, Source, claim_text};
use crate::read::Unidentified;
use crate::words::digits::push_hex;
use crate::words::text::is_visible;
use sha2::{Digest as _, Sha256};

/// The longest value that identifies a caller, in bytes.
const LONGEST_IDENTITY: usize = 256;

/// The first source that is present decides. A malformed value denies the caller; the next source is not tried.
pub(super) fn vouched(identity: &Identity, credentials: &Credentials<'_>) -> Principal {
    for source in &identity.sources {
        match name_of(source, credentials) {
            Ok(None) => {}
            Ok(Some(name)) => return Principal::Identity(name.into()),
            Err(Unidentified) => return Principal::Denied(AuthError::Unidentified),
        }
    }
    if identity.sources.is_empty() || identity.anonymous {
        return Principal::Anonymous;
    }
    // A token that the gateway did not verify is a credential, and so is a verified one without the claim.
    Principal::Denied(match credentials.are_present(identity.sources.iter()) {
        true => AuthError::OtherCredential,
        false => AuthError::NoSource,
    })
}

/// The caller's name by one source, which no caller of another source or issuer shares; `None` where the source is absent.
fn name_of(source: &Source, credentials: &Credentials<'_>) -> Result<Option<String>, Unidentified> {
    match source {
        // `identity.from` reads no such header: it identifies callers by one text.
        Source::JsonHeader(_) => Err(Unidentified),
        Source::Header(name) => {
            let value = credentials.header(name)?.map(within_bounds).transpose()?;
            Ok(value.map(|value| format!("header:{name}={value}")))
        }
        Source::Claim(steps) => {
            let Some(claim) = credentials.claim(steps)? else {
                return Ok(None);
            };
            let value = claim.value.string().ok_or(Unidentified)?;
            let (value, issuer) = (within_bounds(&value)?, claim.issuer.as_deref());
            let issuer = issuer.map_or(Ok(""), within_bounds)?;
            // An issuer without space ends the name in one way only, whatever the value is.
            let is_one_word = !issuer.contains(char::is_whitespace);
            is_one_word
                .then(|| Some(format!("jwt:{}={value} iss={issuer}", claim_text(steps))))
                .ok_or(Unidentified)
        }
        Source::Bearer => Ok(credentials.bearer()?.map(bearer_name)),
        Source::Certificate(name) => {
            let value = credentials.certificate(*name);
            let value = value.map(within_bounds).transpose()?;
            Ok(value.map(|value| format!("mtls:{}={value}", name.name())))
        }
    }
}

/// The name of the caller with this token: half of the token's digest, which tells nobody the token.
fn bearer_name(token: &str) -> String {
    let mut name = String::from("bearer:sha256=");
    let digest = Sha256::digest(token.as_bytes());
    if let Some(half) = digest.first_chunk() {
        push_hex(&mut name, u128::from_be_bytes(*half));
    }
    name
}

/// The value, if it is short enough and has no invisible character.
pub(super) fn within_bounds(value: &str) -> Result<&str, Unidentified> {
    let fits = (1..=LONGEST_IDENTITY).contains(&value.len()) && is_visible(value);
    fits.then_some(value).ok_or(Unidentified)
}
