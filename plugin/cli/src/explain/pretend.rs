//! Turns a caller and a server into a request that has what a grant and a server ask for.
//!
//! It never changes the policy in more than the digest of a made-up token.

use super::options::Options;
use crate::input::Input;
use mcp_policy_cases::Step;
use mcp_policy_cases::caller::{Caller, matched};
use mcp_policy_cases::token::MadeUp;
use serde_json::Value as Json;

/// The cluster of requests for which none is given. A gateway always has one.
const CLUSTER: &str = "any cluster";

/// The facts of a request that say who makes it, and to which server.
#[derive(Debug)]
pub(super) struct Pretended {
    caller: Caller,
    path: Option<String>,
    host: Option<String>,
    cluster: Option<String>,
}

impl Pretended {
    /// What the command line says replaces what the grant and the server ask for.
    ///
    /// # Errors
    /// The sentence about what the policy does not have, or about what is no claim and no name of a certificate.
    pub(super) fn new(policy: &Json, options: &Options) -> Result<Self, String> {
        let mut pretended = Self {
            caller: Caller::new(policy, &options.caller)?,
            path: None,
            host: None,
            cluster: None,
        };
        if let Some(server) = &options.server {
            pretended.of_server(matched(policy, "servers", server)?);
        }
        pretended.place(options);
        Ok(pretended)
    }

    fn place(&mut self, options: &Options) {
        for (own, given) in [
            (&mut self.path, &options.path),
            (&mut self.host, &options.host),
            (&mut self.cluster, &options.cluster),
        ] {
            if given.is_some() {
                own.clone_from(given);
            }
        }
    }

    fn of_server(&mut self, matched: &Json) {
        let first = |key: &str| {
            let texts = matched.get(key)?;
            let text = texts.get(0).unwrap_or(texts);
            text.as_str().map(str::to_owned)
        };
        (self.path, self.host, self.cluster) = (first("path"), first("host"), first("cluster"));
    }

    /// The policy to play: with the digest of the made-up token in the place of the grant's. Other grants of the same token
    /// have it too, as the caller matches them too.
    pub(super) fn policy(&self, text: &[u8]) -> Vec<u8> {
        let mut tokens = MadeUp::default();
        if let Some(digest) = &self.caller.digest {
            tokens.add(digest);
        }
        let text = str::from_utf8(text).map(|text| tokens.in_policy(text));
        text.unwrap_or_default().into_bytes()
    }

    /// The request.
    pub(super) fn step(self, call: &Input, options: &Options) -> Step {
        let mut step = Step::post(call.bytes.clone());
        step.peer.clone_from(&options.peer);
        step.path = self.path.unwrap_or(step.path);
        step.cluster = self.cluster.or_else(|| Some(CLUSTER.into()));
        step.verified = self.caller.verified();
        let host = self.host.map(|host| (":authority".to_owned(), host));
        let headers = self.caller.headers.into_iter().chain(host);
        for (name, value) in headers.collect::<Vec<_>>() {
            replace(&mut step, &[(name, value)]);
        }
        replace(&mut step, &options.headers);
        step
    }
}

/// Removes the fields of these names, and adds these.
fn replace(step: &mut Step, headers: &[(String, String)]) {
    let given = |name: &[u8]| {
        let mut headers = headers.iter();
        headers.any(|(given, _)| given.as_bytes() == name)
    };
    step.headers.retain(|(name, _)| !given(name));
    let headers = headers.iter();
    step.headers
        .extend(headers.map(|(name, value)| (name.clone().into(), value.clone().into())));
}
