//! Tests addresses that name one server and may be read as another's: a tool that `git-mcp` hides never reaches it, and each
//! call that passes reaches the server whose rules it passed.

use super::super::gateway::verdict;
use super::setting::{caller, on_each, server};
use host_tests::fleet::{Counts, Fleet, request};
use host_tests::rpc;

/// A tool that the policy of `git-mcp` hides, and the other servers have.
const TOOL: &str = "drop";
const GIT: &str = "git.mcp.example";
const OTHER: &str = "mcp.example";

/// The target, the host, and the server that gets the call or the verdict.
const ADDRESSES: [(&str, &str, &str); 36] = [
    ("/mcp", OTHER, "python-mcp"),
    ("/files/mcp", OTHER, "files-mcp"),
    ("/mcp", GIT, "200 not_allowed"),
    // Another spelling of a path.
    ("/files/../mcp", OTHER, "python-mcp"),
    ("/x/../files/mcp", OTHER, "files-mcp"),
    ("/x/%2e%2e/files/mcp", OTHER, "files-mcp"),
    ("/./files/./mcp", OTHER, "files-mcp"),
    ("//files/mcp", OTHER, "files-mcp"),
    ("/files//mcp", OTHER, "files-mcp"),
    ("/files\\mcp", OTHER, "files-mcp"),
    ("/%66iles/mcp", OTHER, "files-mcp"),
    ("/files/mcp?x=/../mcp", OTHER, "files-mcp"),
    ("/mcp?/files/mcp", OTHER, "python-mcp"),
    ("/files%2fmcp", OTHER, "400 no reason"),
    ("/files%2Fmcp", OTHER, "400 no reason"),
    ("/files%5cmcp", OTHER, "400 no reason"),
    ("/x/..%2ffiles/mcp", OTHER, "400 no reason"),
    ("/files/mcp%00", OTHER, "400 no reason"),
    ("/files/mcp#x", OTHER, "400 no reason"),
    ("/../../files/mcp", OTHER, "files-mcp"),
    ("/files/mcp;x", OTHER, "200 not_allowed"),
    ("/files/mcp%20", OTHER, "200 not_allowed"),
    ("/files/mcp/", OTHER, "python-mcp"),
    ("/FILES/mcp", OTHER, "python-mcp"),
    // Another spelling of a host.
    ("/mcp", "GIT.mcp.Example", "200 not_allowed"),
    ("/mcp", "git.mcp.example:8443", "python-mcp"),
    ("/mcp", "git.mcp.example.", "python-mcp"),
    ("/mcp", "git.mcp.example.:80", "python-mcp"),
    ("/mcp", "user@git.mcp.example", "python-mcp"),
    ("/files/mcp", "git.mcp.example:80", "files-mcp"),
    // A path of one server on the host of another.
    ("/files/mcp", GIT, "200 not_allowed"),
    ("/x/../files/mcp", GIT, "200 not_allowed"),
    // The target has the host.
    ("http://git.mcp.example/mcp", OTHER, "200 not_allowed"),
    ("http://GIT.mcp.example/x/../mcp", OTHER, "200 not_allowed"),
    ("http://mcp.example/mcp", GIT, "python-mcp"),
    ("http://mcp.example/x/../files/mcp", GIT, "files-mcp"),
];

/// The server that got a call to this address, or the verdict without one.
fn reached(fleet: &Fleet, target: &str, host: &str) -> String {
    let caller = caller(fleet, "acme-alice");
    let mut request = request(&caller, server("python-mcp"), rpc::call(TOOL));
    request.path = target.into();
    let hosts = request
        .headers
        .iter_mut()
        .filter(|(name, _)| name == b"host");
    hosts.for_each(|(_, value)| *value = host.into());
    let answer = fleet.send(&caller, &request).expect("an answer");
    let arrived: Counts = fleet.arrived();
    match arrived
        .keys()
        .map(|(_, server, _)| *server)
        .collect::<Vec<_>>()[..]
    {
        [] => verdict(&answer),
        [server] => server.to_owned(),
        ref several => panic!("{several:?}"),
    }
}

#[test]
fn address_leads_to_the_server_whose_rules_the_call_passed() {
    on_each(|fleet| {
        let found = ADDRESSES.map(|(target, host, _)| reached(fleet, target, host));
        for ((target, host, expected), found) in ADDRESSES.iter().zip(found) {
            assert_eq!(found, *expected, "{target} at {host}");
        }
    });
}

#[test]
fn host_that_is_sent_twice_is_neither_of_the_two() {
    on_each(|fleet| {
        let caller = caller(fleet, "acme-alice");
        for hosts in [[GIT, OTHER], [OTHER, GIT], [GIT, GIT]] {
            let mut request = request(&caller, server("python-mcp"), rpc::call(TOOL));
            request.headers.retain(|(name, _)| name != b"host");
            let both = hosts.map(|host| (b"host".to_vec(), host.into()));
            request.headers.extend(both);
            let answer = fleet.send(&caller, &request).expect("an answer");
            assert_eq!(verdict(&answer), "forwarded", "{hosts:?}");
            let arrived = fleet.arrived();
            let servers: Vec<_> = arrived.keys().map(|(_, server, _)| *server).collect();
            assert_eq!(servers, ["python-mcp"], "one text with a comma: {hosts:?}");
        }
    });
}
