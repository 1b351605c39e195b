//! Turns the options about a caller into facts, for every command that plays calls.
//!
//! It never looks into a policy.

use mcp_policy_cases::CallerFacts;

/// Who makes the calls.
#[derive(clap::Args)]
pub(crate) struct CallerArgs {
    /// Play the calls as a caller of this grant: with a token, claims, certificate and headers that its `match` admits. For a
    /// `*` they have a made-up text, and for `bearer_sha256` a made-up token.
    #[arg(long = "as", value_name = "GRANT")]
    grant: Option<String>,
    /// A claim of the verified token, such as `sub=alice` or `realm_access.roles=["dev"]`: JSON, or else a text. May be given
    /// several times.
    #[arg(long, value_name = "PATH=VALUE", value_parser = assigned)]
    claim: Vec<(String, String)>,
    /// A name in the verified client certificate: `uri_san=…`, `dns_san=…` or `subject=…`. May be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assigned)]
    certificate: Vec<(String, String)>,
}

impl CallerArgs {
    pub(crate) fn facts(&self) -> CallerFacts {
        CallerFacts {
            grant: self.grant.clone(),
            claims: self.claim.clone(),
            certificate: self.certificate.clone(),
        }
    }
}

/// `name=value`; a `=` inside quotes belongs to the name.
pub(crate) fn assigned(text: &str) -> Result<(String, String), String> {
    let end = match text.strip_prefix("[\"") {
        Some(quoted) => quoted.find("\"]").map_or(0, |end| end.saturating_add(4)),
        None => 0,
    };
    let equals = text.get(end..).and_then(|rest| rest.find('='));
    let equals = equals.map(|at| at.saturating_add(end));
    let parts = equals.and_then(|at| text.split_at_checked(at));
    let (name, value) = parts.ok_or("write `name=value`")?;
    let value = value.strip_prefix('=').unwrap_or(value);
    Ok((name.into(), value.into()))
}
