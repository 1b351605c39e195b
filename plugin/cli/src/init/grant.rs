//! Turns the facts about callers into the grant of a starter policy.
//!
//! It never writes a grant that nothing tells apart from others.

use super::notes::Notes;
use super::options::GrantFacts;
use crate::report::{CommandError, CommandResult};
use crate::sanitize;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The sources that the policy trusts.
#[derive(Serialize)]
pub(super) struct Identity {
    #[serde(skip_serializing_if = "Option::is_none")]
    issuers: Option<[String; 1]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trusted_headers: Vec<String>,
}

/// A grant, as it is written.
#[derive(Serialize)]
pub(super) struct Grant {
    #[serde(rename = "match")]
    matched: Match,
    policy: String,
}

#[derive(Serialize)]
struct Match {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    claim: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    mtls: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    header: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bearer_sha256: Option<String>,
}

const NOBODY: &str = "write whom it matches: `--claim PATH=VALUE`, `--certificate NAME=VALUE`, `--trusted-header NAME=VALUE` or `--bearer-sha256 DIGEST`";

/// The grant of these callers.
///
/// # Errors
/// Facts that match nobody, or a fact that is given twice.
pub(super) fn grant(facts: &GrantFacts) -> CommandResult<Grant> {
    let error = |problem: String| {
        let name = sanitize::line(&facts.name, 80);
        CommandError::new(format!("the grant `{name}`: {problem}"))
    };
    let matched = Match {
        claim: claims(&facts.claims).map_err(error)?,
        mtls: once(&facts.certificate).map_err(error)?,
        header: once(&facts.trusted_headers).map_err(error)?,
        bearer_sha256: facts.bearer_sha256.clone(),
    };
    let named = [&matched.claim, &matched.mtls, &matched.header];
    if matched.bearer_sha256.is_none() && named.iter().all(|facts| facts.is_empty()) {
        return Err(error(NOBODY.into()));
    }
    Ok(Grant {
        matched,
        policy: facts.name.clone(),
    })
}

/// The identity that the grant reads, if it reads one.
pub(super) fn identity(facts: &GrantFacts) -> Option<Identity> {
    let headers = facts.trusted_headers.iter();
    let identity = Identity {
        issuers: facts.issuer.clone().map(|issuer| [issuer]),
        trusted_headers: headers.map(|(name, _)| name.clone()).collect(),
    };
    (identity.issuers.is_some() || !identity.trusted_headers.is_empty()).then_some(identity)
}

/// What only the operator can make true.
pub(super) fn add_notes(facts: &GrantFacts, notes: &mut Notes) {
    let mut names = facts.claims.iter().map(|(name, _)| name.as_str());
    let has_issuer = facts.issuer.is_some() || names.any(|name| name == "iss");
    if !facts.claims.is_empty() && !has_issuer {
        let note =
            "any issuer that the gateway accepts can write the claims; name yours with `--issuer`";
        notes.add(note, sanitize::line(&facts.name, 80));
    }
    for (name, _) in &facts.trusted_headers {
        let note = "the gateway must overwrite or remove the header on every request";
        notes.add(note, sanitize::line(name, 80));
    }
}

fn claims(given: &[(String, String)]) -> Result<BTreeMap<String, String>, String> {
    for (path, value) in given {
        let parsed = serde_json::from_str(value);
        if let Ok(Value::Array(_) | Value::Object(_)) = parsed {
            let (path, value) = (sanitize::line(path, 80), sanitize::line(value, 80));
            return Err(format!(
                "found {value} for the claim `{path}`; write one text, which one element of a list matches, such as `{path}=dev`"
            ));
        }
    }
    once(given)
}

fn once(given: &[(String, String)]) -> Result<BTreeMap<String, String>, String> {
    let mut facts = BTreeMap::new();
    for (name, value) in given {
        if facts.insert(name.clone(), value.clone()).is_some() {
            let name = sanitize::line(name, 80);
            return Err(format!("found `{name}` twice; write it once"));
        }
    }
    Ok(facts)
}
