//! Turns a caller and a server into requests that have what a grant and a server ask for.
//!
//! It never changes the policy in more than the digest of a made-up token.

use mcp_policy_cases::caller::{Caller, matched};
use mcp_policy_cases::token::MadeUp;
use mcp_policy_cases::{CallerFacts, Step};
use serde_json::Value as Json;

/// The cluster of requests for which none is given. A gateway always has one.
const CLUSTER: &str = "any cluster";

/// The facts of requests that say who makes them, and to which server.
#[derive(Debug)]
pub(crate) struct Pretended {
    caller: Caller,
    place: Place,
}

/// Where requests go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) path: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) cluster: Option<String>,
}

impl Pretended {
    /// A caller with these facts, at the server of this name.
    ///
    /// # Errors
    /// The sentence about what the policy does not have, or about what is no claim and no name of a certificate.
    pub(crate) fn new(
        policy: &Json,
        caller: &CallerFacts,
        server: Option<&String>,
    ) -> Result<Self, String> {
        let matched = server.map(|server| matched(policy, "servers", server));
        Ok(Self {
            caller: Caller::new(policy, caller)?,
            place: matched
                .transpose()?
                .map(Place::of_server)
                .unwrap_or_default(),
        })
    }

    /// The same caller at another place, as far as it is given.
    pub(crate) fn at(mut self, given: Place) -> Self {
        let own = self.place;
        self.place = Place {
            path: given.path.or(own.path),
            host: given.host.or(own.host),
            cluster: given.cluster.or(own.cluster),
        };
        self
    }

    /// The policy to play: with the digest of the made-up token in the place of the grant's. Other grants of the same token
    /// have it too, as the caller matches them too.
    pub(crate) fn policy(&self, text: &[u8]) -> Vec<u8> {
        let mut tokens = MadeUp::default();
        if let Some(digest) = &self.caller.digest {
            tokens.add(digest);
        }
        let text = str::from_utf8(text).map(|text| tokens.in_policy(text));
        text.unwrap_or_default().into_bytes()
    }

    /// The request with this message.
    pub(crate) fn step(&self, message: Vec<u8>) -> Step {
        let mut step = Step::post(message);
        let place = self.place.clone();
        step.path = place.path.unwrap_or(step.path);
        step.cluster = place.cluster.or_else(|| Some(CLUSTER.into()));
        step.verified = self.caller.verified();
        let host = place.host.map(|host| (":authority".to_owned(), host));
        for header in self.caller.headers.iter().cloned().chain(host) {
            replace(&mut step, &[header]);
        }
        step
    }
}

impl Place {
    fn of_server(matched: &Json) -> Self {
        let first = |key: &str| {
            let texts = matched.get(key)?;
            let text = texts.get(0).unwrap_or(texts);
            text.as_str().map(str::to_owned)
        };
        Self {
            path: first("path"),
            host: first("host"),
            cluster: first("cluster"),
        }
    }
}

/// Removes the fields of these names, and adds these.
pub(crate) fn replace(step: &mut Step, headers: &[(String, String)]) {
    let given = |name: &[u8]| {
        let mut headers = headers.iter();
        headers.any(|(given, _)| given.as_bytes() == name)
    };
    step.headers.retain(|(name, _)| !given(name));
    let headers = headers.iter();
    step.headers
        .extend(headers.map(|(name, value)| (name.clone().into(), value.clone().into())));
}
