//! The caller of a request, or the reason why it is not admitted.
//!
//! It identifies no caller, and never exposes a credential.

use crate::model::{ANONYMOUS, Frozen, Mode, RuleSetId, grant_subject};
use crate::words::{Millis, Rule};
use std::borrow::Cow;
use std::fmt;

/// The most names of grants that a line of the log has.
pub(super) const MOST_NAMED: usize = 8;

/// The caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A caller without an identity. All of them share one count.
    Anonymous,
    /// A caller that the gateway vouches for: the source and the value, in one text.
    Identity(Box<str>),
    /// A caller that the policy lists.
    Grant(Box<Grantee>),
    /// A caller that the policy does not admit.
    Denied(AuthError),
}

/// The grant of a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grantee {
    pub(crate) name: Box<str>,
    pub(crate) policy: RuleSetId,
    pub(crate) own: Option<RuleSetId>,
    pub(crate) mode: Option<Mode>,
    pub(crate) frozen: Option<Frozen>,
    pub(crate) expires: Option<Millis>,
}

/// Why a login may help a caller that is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// It presents no credential at all.
    NoCredential,
    /// It presents a bearer token alone, which the gateway did not verify and no grant lists.
    InvalidToken,
}

/// Why a caller is not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// No credential, where each caller needs one.
    NoToken,
    /// A credential that no grant lists, and that the gateway did not verify.
    Unknown,
    /// A bearer token alone, of which the same is true.
    UnknownToken,
    /// A token or a certificate that the gateway verified, and that no grant matches.
    NoGrant,
    /// Several grants match: their names, at most [`MOST_NAMED`].
    Ambiguous(Vec<Box<str>>),
    /// A token of an issuer that the policy does not list.
    Issuer,
    /// More than one `Authorization` header, or one that is not a bearer token.
    Malformed,
    /// No credential, where a source of the identity must be present.
    NoSource,
    /// A credential, but no source of the identity.
    OtherCredential,
    /// An identity that is repeated, empty, too long, not plain or not a text.
    Unidentified,
    /// The same of a fact that only grants read.
    Unreadable,
    Revoked(Box<str>),
    Expired(Box<str>),
    /// A grant that has no policy.
    NoPolicy(Box<str>),
}

impl Principal {
    /// The name under which the caller's calls are counted. Different kinds of callers never share one.
    pub(crate) fn subject(&self) -> Cow<'static, str> {
        match self {
            Self::Anonymous | Self::Denied(_) => ANONYMOUS.into(),
            Self::Identity(identity) => ["identity ", identity].concat().into(),
            Self::Grant(grant) => grant_subject(&grant.name).into(),
        }
    }

    /// Why a login may help the caller; `None` for a caller that it does not help.
    pub(crate) fn login(&self) -> Option<Login> {
        match self {
            Self::Denied(AuthError::NoToken | AuthError::NoSource) => Some(Login::NoCredential),
            Self::Denied(AuthError::UnknownToken) => Some(Login::InvalidToken),
            _ => None,
        }
    }

    /// The grants that a caller matches who is not admitted because they are several; for the log alone.
    pub(crate) fn several(&self) -> &[Box<str>] {
        match self {
            Self::Denied(AuthError::Ambiguous(names)) => names,
            _ => &[],
        }
    }

    /// True for callers whose counters have cells of their own.
    pub(crate) fn is_configured(&self) -> bool {
        matches!(self, Self::Anonymous | Self::Grant(_))
    }

    /// The kind of the caller, in a word.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Identity(_) => "identity",
            Self::Grant(_) => "grant",
            Self::Denied(_) => "unknown",
        }
    }

    /// The caller's name in the log; `None` for a caller that is not admitted.
    pub(crate) fn label(&self) -> Option<&str> {
        match self {
            Self::Anonymous => Some(ANONYMOUS),
            Self::Identity(name) => Some(name),
            Self::Grant(grant) => Some(&grant.name),
            Self::Denied(_) => None,
        }
    }
}

impl AuthError {
    pub(crate) fn rule(&self) -> Rule {
        match self {
            Self::NoToken
            | Self::Unknown
            | Self::UnknownToken
            | Self::NoGrant
            | Self::Ambiguous(_)
            | Self::Malformed
            | Self::Unreadable => Rule::new("grants"),
            Self::Issuer => Rule::new("identity").member("issuers"),
            Self::NoSource | Self::OtherCredential | Self::Unidentified => Rule::new("identity"),
            Self::Revoked(name) => Rule::new("grants").key(name).member("revoked"),
            Self::Expired(name) => Rule::new("grants").key(name).member("expires"),
            Self::NoPolicy(name) => Rule::new("grants").key(name),
        }
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoToken | Self::Unknown | Self::UnknownToken => {
                "Unknown caller. Send your bearer token, or ask the gateway's operator for one."
            }
            Self::NoGrant => {
                "No grant admits this caller. Ask the gateway's operator for access."
            }
            Self::Ambiguous(_) => {
                "Your credentials belong to two callers. Ask the gateway's operator, who can grant you one access."
            }
            Self::Issuer => {
                "The gateway accepts no tokens of this issuer. Ask the gateway's operator where to log in."
            }
            Self::NoSource | Self::OtherCredential => {
                "Unknown caller. Send your credential, or ask the gateway's operator for one."
            }
            Self::Malformed => "Send exactly one Authorization header with one bearer token.",
            Self::Unidentified | Self::Unreadable => "The gateway could not identify you. Ask the gateway's operator.",
            Self::Expired(_) => {
                "Your access to this gateway has expired. Ask the gateway's operator for a new one."
            }
            Self::Revoked(_) | Self::NoPolicy(_) => {
                "Your access to this gateway is revoked. Ask the gateway's operator."
            }
        })
    }
}
