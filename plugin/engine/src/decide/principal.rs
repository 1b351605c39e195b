//! Turns the headers of a request, and the identities that the gateway verified, into its caller.
//!
//! A caller that could choose its identity would get a new quota with each one, so it believes only what the gateway
//! verified and headers that the policy says the gateway vouches for. It never exposes a credential.

use crate::model::{
    ANONYMOUS, CertificateName, Grant, Identity, Mode, Policy, Source, grant_subject,
};
use crate::read::{Headers, Unidentified, Verified};
use crate::words::Rule;
use crate::words::text::is_visible;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::fmt;
use subtle::ConstantTimeEq as _;

/// The caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A caller without an identity. All of them share one count.
    Anonymous,
    /// A caller that the gateway vouches for: the source and the value, in one text.
    Identity(Box<str>),
    /// A caller that the policy lists.
    Grant {
        name: Box<str>,
        mode: Option<Mode>,
        frozen: bool,
    },
    /// A caller that the policy does not admit.
    Denied(AuthError),
}

/// Why a caller is not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// No credential, where each caller needs a bearer token.
    NoToken,
    /// A credential that no grant lists.
    Unknown,
    /// More than one `Authorization` header, or one that is not a bearer token.
    Malformed,
    /// No credential, where a source of the identity must be present.
    NoSource,
    /// A credential, but no source of the identity.
    OtherCredential,
    /// An identity that is repeated, empty, too long, not plain or not a text.
    Unidentified,
    Revoked(Box<str>),
    /// A grant that has no policy.
    NoPolicy(Box<str>),
}

/// The longest value that identifies a caller, in bytes.
const LONGEST_IDENTITY: usize = 256;

impl Principal {
    /// Identifies the caller. The flag is true where its credential must not be passed on.
    pub(crate) fn identify(
        policy: &Policy,
        headers: &Headers,
        verified: &Verified,
    ) -> (Self, bool) {
        match &policy.grants {
            Some(grants) => granted(grants, headers),
            None => (vouched(&policy.identity, headers, verified), false),
        }
    }

    /// The name under which the caller's calls are counted. Different kinds of callers never share one.
    pub(crate) fn subject(&self) -> Cow<'static, str> {
        match self {
            Self::Anonymous | Self::Denied(_) => ANONYMOUS.into(),
            Self::Identity(identity) => ["identity ", identity].concat().into(),
            Self::Grant { name, .. } => grant_subject(name).into(),
        }
    }

    /// True for a caller that is not admitted because it presents no credential at all.
    pub(crate) fn lacks_credential(&self) -> bool {
        matches!(self, Self::Denied(AuthError::NoToken | AuthError::NoSource))
    }

    /// True for callers whose counters have cells of their own.
    pub(crate) fn is_configured(&self) -> bool {
        matches!(self, Self::Anonymous | Self::Grant { .. })
    }

    /// The caller's name in the log; `None` for a caller that is not admitted.
    pub(crate) fn label(&self) -> Option<&str> {
        match self {
            Self::Anonymous => Some(ANONYMOUS),
            Self::Identity(name) | Self::Grant { name, .. } => Some(name),
            Self::Denied(_) => None,
        }
    }
}

fn granted(grants: &[Grant], headers: &Headers) -> (Principal, bool) {
    let denied = |denied| (Principal::Denied(denied), true);
    let token = match headers.single("authorization") {
        Ok(Some(value)) => bearer(value),
        Ok(None) => return denied(AuthError::NoToken),
        Err(_) => return denied(AuthError::Malformed),
    };
    let Some(token) = token else {
        return denied(AuthError::Malformed);
    };
    let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    // Every grant is compared, so that the duration does not reveal which one matched.
    let mut found = None;
    for grant in grants {
        if bool::from(grant.bearer.ct_eq(&digest)) {
            found = Some(grant);
        }
    }
    match found {
        None => denied(AuthError::Unknown),
        Some(grant) if grant.revoked => denied(AuthError::Revoked(grant.name.clone())),
        Some(grant) if !grant.policy => denied(AuthError::NoPolicy(grant.name.clone())),
        Some(grant) => {
            let caller = Principal::Grant {
                name: grant.name.clone(),
                mode: grant.mode,
                frozen: grant.frozen,
            };
            (caller, !grant.forward)
        }
    }
}

/// The token of a `Bearer` credential (RFC 6750 §2.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains([' ', '\t']))
        .then_some(token)
}

/// The first source that is present decides. A malformed value denies the caller; the next source is not tried.
fn vouched(identity: &Identity, headers: &Headers, verified: &Verified) -> Principal {
    for source in &identity.sources {
        match name_of(source, headers, verified) {
            Ok(None) => {}
            Ok(Some(name)) => return Principal::Identity(name.into()),
            Err(Unidentified) => return Principal::Denied(AuthError::Unidentified),
        }
    }
    if identity.sources.is_empty() || identity.anonymous {
        return Principal::Anonymous;
    }
    // A token that the gateway did not verify is a credential, and so is a verified one without the claim.
    let presented = headers.has("authorization") || *verified != Verified::default();
    Principal::Denied(match presented {
        true => AuthError::OtherCredential,
        false => AuthError::NoSource,
    })
}

/// The caller's name by one source, which no caller of another source or issuer shares; `None` where the source is absent.
fn name_of(
    source: &Source,
    headers: &Headers,
    verified: &Verified,
) -> Result<Option<String>, Unidentified> {
    match source {
        Source::Header(name) => {
            let value = headers.single(name).map_err(|_| Unidentified)?;
            let value = value.map(within_bounds).transpose()?;
            Ok(value.map(|value| format!("header:{name}={value}")))
        }
        Source::Claim(name) => {
            let Some((issuer, value)) = verified.claim(name)? else {
                return Ok(None);
            };
            let (value, issuer) = (within_bounds(&value)?, issuer.as_deref());
            let issuer = issuer.map_or(Ok(""), within_bounds)?;
            // An issuer without space ends the name in one way only, whatever the value is.
            let is_one_word = !issuer.contains(char::is_whitespace);
            is_one_word
                .then(|| Some(format!("jwt:{name}={value} iss={issuer}")))
                .ok_or(Unidentified)
        }
        Source::Certificate(name) => {
            let value = match name {
                CertificateName::UriSan => &verified.uri_san,
                CertificateName::DnsSan => &verified.dns_san,
                CertificateName::Subject => &verified.subject,
            };
            let value = value.as_deref().map(within_bounds).transpose()?;
            Ok(value.map(|value| format!("mtls:{}={value}", name.name())))
        }
    }
}

/// The value, if it is short enough and has no invisible character.
fn within_bounds(value: &str) -> Result<&str, Unidentified> {
    let fits = (1..=LONGEST_IDENTITY).contains(&value.len()) && is_visible(value);
    fits.then_some(value).ok_or(Unidentified)
}

impl AuthError {
    pub(crate) fn rule(&self) -> Rule {
        match self {
            Self::NoToken | Self::Unknown | Self::Malformed => Rule::new("grants"),
            Self::NoSource | Self::OtherCredential | Self::Unidentified => Rule::new("identity"),
            Self::Revoked(name) => Rule::new("grants").key(name).member("revoked"),
            Self::NoPolicy(name) => Rule::new("grants").key(name),
        }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoToken | Self::Unknown => {
                "Unknown caller. Send your bearer token, or ask the gateway's operator for one."
            }
            Self::NoSource | Self::OtherCredential => {
                "Unknown caller. Send your credential, or ask the gateway's operator for one."
            }
            Self::Malformed => "Send exactly one Authorization header with one bearer token.",
            Self::Unidentified => "The gateway could not identify you. Ask the gateway's operator.",
            Self::Revoked(_) | Self::NoPolicy(_) => {
                "Your access to this gateway is revoked. Ask the gateway's operator."
            }
        })
    }
}
