//! Tests a session of one server at another server, and of one caller with another caller.

use super::super::gateway::verdict;
use super::setting::{caller, on_current, policy, server};
use host_tests::fleet::{Caller, Fleet, Server, request};
use host_tests::rpc;
use serde_json::{Value, json};

const MAX: usize = 3;
/// The session that `python-mcp` issues.
const SESSION: &str = "of-python-mcp";

/// Engineers have so many calls of `deploy` in each session, and as many without one.
fn counts_sessions() -> Value {
    let mut policy = policy();
    policy["policies"]["engineers"]["tools"]["deploy"] = json!({ "limits": [
        { "counter": "deploys", "window": "month", "max": MAX, "scope": "session" },
    ] });
    policy
}

fn send(
    fleet: &Fleet,
    caller: &Caller,
    server: Server,
    session: Option<&str>,
    body: &[u8],
) -> String {
    let mut request = request(caller, server, body.into());
    let session = session.map(|session| ("mcp-session-id".into(), session.into()));
    request.headers.extend(session);
    verdict(&fleet.send(caller, &request).expect("an answer"))
}

#[test]
fn session_of_another_server_or_caller_is_none_of_this_one() {
    const BEGIN: &[u8] = br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;
    on_current(
        &counts_sessions(),
        |_| {},
        |fleet| {
            let [alice, bob] = ["acme-alice", "partner-alice"].map(|name| caller(fleet, name));
            let [python, files] = ["python-mcp", "files-mcp"].map(server);
            let calls = |server, session, number| {
                let call = || send(fleet, &alice, server, session, &rpc::call("deploy"));
                (0..number).map(|_| call()).collect::<Vec<_>>()
            };
            assert_eq!(send(fleet, &alice, python, None, BEGIN), "forwarded");
            assert_eq!(calls(python, Some(SESSION), MAX), ["forwarded"; MAX]);
            assert_eq!(calls(python, Some(SESSION), 1), ["200 rate_limited"]);
            // At another server the session counts as none, like any other text.
            assert_eq!(calls(files, Some(SESSION), 1), ["forwarded"]);
            assert_eq!(calls(files, Some("other"), 1), ["forwarded"]);
            assert_eq!(
                calls(files, None, MAX),
                ["forwarded", "200 rate_limited", "200 rate_limited"]
            );
            // Its server issues it to this caller too: then it has its own count there.
            assert_eq!(
                send(fleet, &bob, python, Some(SESSION), &rpc::call("audit")),
                "200 identity"
            );
            assert_eq!(
                send(fleet, &bob, python, None, &rpc::call("audit")),
                "forwarded"
            );
            assert_eq!(
                send(fleet, &bob, files, Some(SESSION), &rpc::call("audit")),
                "forwarded"
            );
        },
    );
}
