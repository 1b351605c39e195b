//! Tests the recipe of `envoy/IDENTITY.md` in the configurations of `envoy/`: with its lines, no client names a caller by a
//! header.

use super::gateway::{Gateway, call_of, deliver};
use super::messageless;
use host_tests::authentication::IDENTITY_HEADERS;
use host_tests::require::{ENVOY, lacks};
use host_tests::upstream::Upstream;
use std::path::Path;

/// The mutation that the configurations have already.
const SHIPPED: &str = r#"- remove_on_match: { key_matcher: { prefix: "x-envoy-" } }"#;
const POLICY: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {} },
    "identity": { "from": [ { "header": "x-client-id", "set_by_gateway": true } ] } }"#;

/// The configuration with the recipe's lines below the mutation.
fn with_recipe(text: String) -> String {
    let (before, _) = text.split_once(SHIPPED).expect("it has the mutation");
    let indent = before.len() - before.trim_end_matches(' ').len();
    let lines = IDENTITY_HEADERS.map(|name| format!("\n{}- remove: {name}", " ".repeat(indent)));
    text.replace(SHIPPED, &format!("{SHIPPED}{}", lines.concat()))
}

/// The headers by which a client names a caller and that reach the server, with a call or without a message; and the
/// outcome of the call.
fn arrived(file: &str, edit: impl FnOnce(String) -> String) -> (Vec<String>, String) {
    let upstream = Upstream::start().expect("the upstream starts");
    // The file without a policy of its own has one for every caller.
    let prepare = |folder: &Path| deliver(POLICY, folder);
    let gateway = Gateway::edited(file, &upstream, prepare, edit);
    upstream.take();
    let mut outcome = String::new();
    for mut request in [call_of("run")].into_iter().chain(messageless()) {
        let named = IDENTITY_HEADERS.map(|name| (name.into(), b"root".to_vec()));
        request.headers.extend(named);
        request
            .headers
            .push(("x-envoy-retry-on".into(), "5xx".into()));
        let answer = gateway.send(&request).expect("an answer");
        outcome = if outcome.is_empty() { answer } else { outcome };
    }
    let seen = upstream.take();
    assert!(seen.len() >= messageless().len());
    let headers = seen.iter().flat_map(|request| &request.headers);
    let names = headers.map(|(name, _)| name.clone());
    let names = names
        .filter(|name| IDENTITY_HEADERS.contains(&name.as_str()) || name == "x-envoy-retry-on");
    (names.collect(), outcome)
}

#[test]
fn headers_of_clients_that_name_callers_are_removed_by_the_recipe_alone() {
    if lacks(&[ENVOY]) {
        return;
    }
    for (file, unnamed) in [("envoy.yaml", "forwarded"), ("envoy-ecds.yaml", "identity")] {
        let (names, outcome) = arrived(file, |text| text);
        assert_eq!(outcome, "forwarded", "{file}: the client names a caller");
        assert_eq!(names.len(), 5 * IDENTITY_HEADERS.len(), "{file} {names:?}");
        let (names, outcome) = arrived(file, with_recipe);
        assert_eq!((names, outcome.as_str()), (Vec::new(), unnamed), "{file}");
    }
}
