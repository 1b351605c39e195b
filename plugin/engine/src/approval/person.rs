//! Turns the identities that the gateway verified into the parties of a request, and into the approvers that it may act as.
//!
//! It believes no header: only verified claims and certificates prove a person.

use crate::decide::{Principal, proved_texts};
use crate::model::{ApprovalPage, Identity};
use crate::read::Verified;
use crate::words::json::Value;
use crate::words::text::length_prefixed;
use std::borrow::Cow;

/// The person behind a request to the page, as far as it may approve calls.
#[derive(Debug)]
pub(crate) struct Approving {
    /// The names in `approvals.approvers` that the person matches.
    pub(crate) names: Vec<Box<str>>,
    /// The person's name in logs and on pages.
    pub(crate) label: String,
    pub(crate) parties: Vec<String>,
}

/// The parties behind a request: its caller, the person of its token, and the names in its certificate. Two requests with
/// a party in common are of the same caller or person.
pub(crate) fn parties(principal: &Principal, verified: &Verified) -> Vec<String> {
    let mut parties = Vec::new();
    match principal {
        Principal::Identity(_) | Principal::Grant(_) => {
            parties.push(["caller ", &principal.subject()].concat());
        }
        Principal::Anonymous | Principal::Denied(_) => {}
    }
    if let Ok(Some(claims)) = verified.document() {
        let text = |name| claims.root().get(name).and_then(Value::string);
        if let Some(subject) = text("sub") {
            let issuer = length_prefixed(&text("iss").unwrap_or_default());
            parties.push(["person ", &issuer, &subject].concat());
        }
    }
    for name in [&verified.uri_san, &verified.dns_san, &verified.subject] {
        if let Some(name) = name.as_deref().filter(|name| !name.is_empty()) {
            parties.push(["certificate ", name].concat());
        }
    }
    parties
}

impl Approving {
    /// The approvers that the verified identities match; `None` where they match none, or cannot be read.
    pub(crate) fn of(
        page: &ApprovalPage,
        identity: &Identity,
        principal: &Principal,
        verified: &Verified,
    ) -> Option<Self> {
        let texts = proved_texts(identity, &page.sources, verified).ok()?;
        let mut names = Vec::new();
        for approver in &page.approvers {
            let mut required = approver.required.iter();
            let proved = required.all(|required| {
                let mut texts = texts.get(required.source).into_iter().flatten();
                texts.any(|text| required.pattern.matches(text))
            });
            if proved && !approver.required.is_empty() {
                names.push(approver.name.clone());
            }
        }
        let first = names.first()?;
        let label = match name_of(verified) {
            Some(name) => format!("{name} ({first})"),
            None => first.to_string(),
        };
        Some(Self {
            label,
            names,
            parties: parties(principal, verified),
        })
    }
}

/// The name of a person: in its token, or in its certificate.
fn name_of(verified: &Verified) -> Option<String> {
    let claims = verified.document().ok().flatten();
    let subject = claims.and_then(|claims| {
        let subject = claims.root().get("sub").and_then(Value::string);
        subject.map(Cow::into_owned)
    });
    let certificate = [&verified.uri_san, &verified.subject, &verified.dns_san];
    let mut certificate = certificate.into_iter().flatten();
    subject.or_else(|| certificate.next().cloned())
}
