//! The facts of a request that may identify its caller: credentials, verified claims and names, trusted headers.
//!
//! It compares nothing, and never takes a value that is given twice or that it cannot read.

use crate::model::{
    CertificateName, Identity, NeededIdentities, Segment, Source, value_of_exactly,
};
use crate::read::{Headers, Unidentified, Verified, base64_json, claims_document};
use crate::words::json::{Document, Kind, Value};
use crate::words::text::is_visible;
use std::borrow::Cow;

/// The facts of a request that may identify its caller.
#[derive(Debug)]
pub(super) struct Credentials<'r> {
    headers: &'r Headers,
    /// The names of the certificate, where the policy reads them.
    certificate: Option<&'r Verified>,
    claims: Option<Document<'r>>,
}

/// A caller's claim, and the issuer of its token.
pub(super) struct IssuedClaim<'c> {
    pub(super) issuer: Option<Cow<'c, str>>,
    pub(super) value: Value<'c>,
}

/// The texts of each of these sources, of which none is a header: only what the gateway verified proves a person.
///
/// # Errors
/// The identities cannot be read, or the token is of an issuer that the policy does not accept.
pub(crate) fn proved_texts(
    identity: &Identity,
    sources: &[Source],
    verified: &Verified,
) -> Result<Vec<Vec<String>>, Unidentified> {
    let headers = Headers::default();
    let credentials = Credentials {
        headers: &headers,
        certificate: Some(verified),
        claims: verified.document()?,
    };
    if !credentials.has_accepted_issuer(identity) {
        return Err(Unidentified);
    }
    let mut all = Vec::with_capacity(sources.len());
    for source in sources {
        let texts = credentials.texts(source)?;
        all.push(texts.into_iter().map(Cow::into_owned).collect());
    }
    Ok(all)
}

impl<'r> Credentials<'r> {
    /// Those that the policy reads: `needed` names them. Every host then sees the same credentials, those that supply more
    /// too.
    ///
    /// # Errors
    /// The claims are not one JSON object.
    pub(super) fn read(
        headers: &'r Headers,
        verified: &'r Verified,
        needed: NeededIdentities,
    ) -> Result<Self, Unidentified> {
        Ok(Self {
            headers,
            certificate: needed.certificate().then_some(verified),
            claims: match needed.claims {
                true => verified.document()?,
                false => None,
            },
        })
    }

    /// Whether the token, if there is one, is of an issuer that the policy accepts.
    pub(super) fn has_accepted_issuer(&self, identity: &Identity) -> bool {
        let Some(claims) = self
            .claims
            .as_ref()
            .filter(|_| !identity.issuers.is_empty())
        else {
            return true;
        };
        let issuer = claims.root().get("iss").and_then(Value::string);
        let mut issuers = identity.issuers.iter();
        issuer.is_some_and(|issuer| issuers.any(|accepted| **accepted == *issuer))
    }

    /// The claim at these steps; `None` without a token, or where the token has no such claim.
    ///
    /// # Errors
    /// The issuer of the token is not a text.
    pub(super) fn claim(&self, steps: &[Segment]) -> Result<Option<IssuedClaim<'_>>, Unidentified> {
        let Some(claims) = &self.claims else {
            return Ok(None);
        };
        let issuer = match claims.root().get("iss") {
            None => None,
            Some(issuer) => Some(issuer.string().ok_or(Unidentified)?),
        };
        // Claims come from an issuer that the gateway trusts, so their names are compared exactly.
        let value = value_of_exactly(claims.root(), steps);
        Ok(value.map(|value| IssuedClaim { issuer, value }))
    }

    /// The value of a header that the gateway sets.
    ///
    /// # Errors
    /// It is given twice, or is not plain ASCII.
    pub(super) fn header(&self, name: &str) -> Result<Option<&'r str>, Unidentified> {
        self.headers.single(name).map_err(|_| Unidentified)
    }

    /// The bearer token.
    ///
    /// # Errors
    /// There are two `Authorization` headers, or one that is not a bearer token.
    pub(super) fn bearer(&self) -> Result<Option<&'r str>, Unidentified> {
        match self.headers.single("authorization") {
            Ok(None) => Ok(None),
            Ok(Some(value)) => bearer(value).map(Some).ok_or(Unidentified),
            Err(_) => Err(Unidentified),
        }
    }

    pub(super) fn certificate(&self, name: CertificateName) -> Option<&'r str> {
        let verified = self.certificate?;
        match name {
            CertificateName::UriSan => verified.uri_san.as_deref(),
            CertificateName::DnsSan => verified.dns_san.as_deref(),
            CertificateName::Subject => verified.subject.as_deref(),
        }
    }

    /// The texts of a source: one, or the texts of a list of claims. Other values have none, and neither have empty texts
    /// and those with invisible characters or space around them.
    ///
    /// # Errors
    /// A value of the source is given twice or cannot be read.
    pub(super) fn texts(&self, source: &Source) -> Result<Vec<Cow<'_, str>>, Unidentified> {
        let one = |text: Option<&'r str>| text.map(Cow::Borrowed).into_iter().collect();
        let mut texts: Vec<_> = match source {
            Source::Header(name) => one(self.header(name)?),
            Source::JsonHeader(name) => match self.header(name)? {
                None => Vec::new(),
                Some(value) => {
                    let json = base64_json(value).ok_or(Unidentified)?;
                    let document = claims_document(&json)?;
                    let texts = texts(document.root()).into_iter();
                    texts.map(|text| Cow::Owned(text.into_owned())).collect()
                }
            },
            Source::Certificate(name) => one(self.certificate(*name)),
            // A grant lists the digest of a token, and compares no text with it.
            Source::Bearer => Vec::new(),
            Source::Claim(steps) => {
                let claim = self.claim(steps)?;
                claim.map(|claim| texts(claim.value)).unwrap_or_default()
            }
        };
        texts.retain(|text| !text.is_empty() && is_visible(text));
        Ok(texts)
    }

    /// True where the gateway verified a token of the caller, or a certificate with a name that can be read.
    pub(super) fn are_verified(&self) -> bool {
        let is_read = |name: &str| !name.is_empty();
        let mut names = [
            CertificateName::UriSan,
            CertificateName::DnsSan,
            CertificateName::Subject,
        ]
        .into_iter();
        self.claims.is_some() || names.any(|name| self.certificate(name).is_some_and(is_read))
    }

    /// True where the host tells of a token or a certificate, even of one that cannot be read.
    fn are_told(&self) -> bool {
        self.claims.is_some() || self.certificate.is_some_and(has_names)
    }

    /// True where the caller presents anything that could identify it to this policy.
    pub(super) fn are_present<'s>(&self, sources: impl Iterator<Item = &'s Source>) -> bool {
        self.are_told() || self.headers.has("authorization") || self.have_header(sources)
    }

    /// True where the caller presents one bearer token, and nothing else that could identify it to this policy.
    pub(super) fn are_a_bearer<'s>(&self, sources: impl Iterator<Item = &'s Source>) -> bool {
        let token = self.bearer().ok().flatten();
        token.is_some() && !self.are_told() && !self.have_header(sources)
    }

    fn have_header<'s>(&self, mut sources: impl Iterator<Item = &'s Source>) -> bool {
        sources.any(|source| match source {
            Source::Header(name) | Source::JsonHeader(name) => self.headers.has(name),
            Source::Claim(_) | Source::Certificate(_) | Source::Bearer => false,
        })
    }
}

/// The token of a `Bearer` credential (RFC 6750 §2.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains([' ', '\t']))
        .then_some(token)
}

fn has_names(certificate: &Verified) -> bool {
    let Verified {
        uri_san,
        dns_san,
        subject,
        claims: _,
    } = certificate;
    uri_san.is_some() || dns_san.is_some() || subject.is_some()
}

fn texts(value: Value<'_>) -> Vec<Cow<'_, str>> {
    match value.kind() {
        Kind::Array => value.elements().filter_map(Value::string).collect(),
        _ => value.string().into_iter().collect(),
    }
}
