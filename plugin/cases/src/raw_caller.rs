//! Turns the members of a step about its caller, and the grant of that caller, into what the gateway verified.
//!
//! It never changes a claim that the step states.

use crate::caller::Caller;
use mcp_policy::host::Verified;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

/// The names in the client certificate that the gateway verified.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCertificate {
    uri_san: Option<String>,
    dns_san: Option<String>,
    subject: Option<String>,
}

/// What a step says about its caller, beside its header fields.
pub(crate) struct RawCaller {
    pub(crate) claims: Option<Box<RawValue>>,
    pub(crate) certificate: RawCertificate,
}

impl RawCaller {
    pub(crate) fn is_empty(&self) -> bool {
        let names = &self.certificate;
        let names = [&names.uri_san, &names.dns_san, &names.subject];
        self.claims.is_none() && names.iter().all(|name| name.is_none())
    }

    /// The own claims and names, and beside them those of a caller.
    pub(crate) fn verified(self, caller: Option<&Caller>) -> Result<Verified, String> {
        let beside = caller.map(Caller::verified).unwrap_or_default();
        let (claims, names) = (self.claims, self.certificate);
        Ok(Verified {
            claims: match (claims, beside.claims) {
                (Some(own), Some(beside)) => Some(both(own.get(), &beside)?),
                (own, beside) => own.map(|own| own.get().into()).or(beside),
            },
            uri_san: names.uri_san.or(beside.uri_san),
            dns_san: names.dns_san.or(beside.dns_san),
            subject: names.subject.or(beside.subject),
        })
    }
}

/// The claims of both texts; those of the first replace those of the second.
fn both(own: &str, beside: &str) -> Result<String, String> {
    let parsed = |text| serde_json::from_str::<Map<String, Json>>(text);
    let own = parsed(own).map_err(|_| "`claims` beside `as` must be an object")?;
    let mut all = parsed(beside).map_err(|error| error.to_string())?;
    all.extend(own);
    Ok(Json::Object(all).to_string())
}

/// A text or `null`, where the member is there.
pub(crate) fn text_or_null<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}
