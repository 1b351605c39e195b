//! Turns a policy into one whose callers and servers a request names outright.
//!
//! No log holds credentials, paths or clusters, only the names of grants and servers, and the facts that its policy opens. It never changes a rule.

use super::call::Call;
use mcp_policy_cases::Step;
use mcp_policy_cases::caller::encoded;
use mcp_policy_cases::server_response::ServerResponse;
use serde_json::{Map, Value as Json, json};

/// The header that names the caller to the engine. No client can set it: logs hold no headers.
const CALLER: &str = "x-mcp-policy-caller";

/// The header that names the session of a request.
const SESSION: &str = "mcp-session-id";

const REVISION: &str = "2025-11-25";

/// The policy with grants that match by the header, and servers that match by a path; without grants, the header is the
/// source of identities. No log holds listed definitions either, so pinned tools are assumed to be unchanged.
pub(super) fn with_named_parties(document: &Json) -> Json {
    let mut document = document.clone();
    if let Some(members) = document.as_object_mut() {
        // A challenge decides nothing, and cannot stand beside `anonymous`.
        members.remove("challenge");
        members.insert("identity".into(), identity(members));
        rematch(
            members,
            "grants",
            |place| json!({ "header": { CALLER: place } }),
        );
        rematch(members, "servers", |place| json!({ "path": path(place) }));
        members.insert("pin_unseen".into(), json!("allow"));
    }
    document
}

fn identity(policy: &Map<String, Json>) -> Json {
    let identity = policy.get("identity");
    let trusted = identity.and_then(|own| own.get("trusted_headers")?.as_array());
    let mut trusted = trusted.cloned().unwrap_or_default();
    if policy.contains_key("grants") {
        trusted.push(json!(CALLER));
        return json!({ "trusted_headers": trusted });
    }
    let anonymous = identity.is_none_or(|own| own.get("anonymous") == Some(&json!(true)));
    let from = json!([{ "header": CALLER, "set_by_gateway": true }]);
    json!({ "from": from, "anonymous": anonymous, "trusted_headers": trusted })
}

fn rematch(policy: &mut Map<String, Json>, key: &str, matched: impl Fn(&str) -> Json) {
    let all = policy.get_mut(key).and_then(Json::as_object_mut);
    for (place, one) in all.into_iter().flat_map(Map::values_mut).enumerate() {
        if let Some(own) = one.get_mut("match") {
            *own = matched(&place.to_string());
        }
    }
}

fn path(place: &str) -> String {
    format!("/{place}")
}

/// The request of a recorded call, to the server and by the caller that it names.
pub(super) fn step(call: &Call, policy: &Json) -> Step {
    let mut step = Step::post(call.message.clone().into_bytes());
    let named = |key: &str, name: &Option<String>| place(policy.get(key)?, name.as_deref()?);
    if let Some(server) = named("servers", &call.server) {
        step.path = path(&server);
    }
    let caller = match policy.get("grants") {
        Some(_) => named("grants", &call.caller),
        None => call.caller.clone().filter(|caller| *caller != "anonymous"),
    };
    let header = caller.map(|caller| (CALLER.into(), caller.into_bytes()));
    step.headers.extend(header);
    with_facts(&mut step, call);
    step
}

/// Adds the recorded facts about the caller to its request.
pub(super) fn with_facts(step: &mut Step, call: &Call) {
    let recorded = &call.recorded;
    for (name, value) in recorded.headers() {
        step.headers.retain(|(own, _)| own != name.as_bytes());
        let text = text(value).unwrap_or_else(|| encoded(value));
        step.headers.push((name.into(), text.into_bytes()));
    }
    let fact = |name: &str| recorded.fact(name).flatten().and_then(text);
    if let Some(session) = fact("session") {
        step.headers.push((SESSION.into(), session.into_bytes()));
    }
    if let Some(ip) = fact("ip") {
        step.peer = ip;
    }
    step.verified.claims = recorded.claims();
}

/// The text of a JSON string.
pub(super) fn text(value: &str) -> Option<String> {
    serde_json::from_str(value).ok()
}

/// The request that begins a session, and the answer in which a server issues it.
pub(super) fn initialize(call: &Call, policy: &Json, session: &str) -> Step {
    let params = json!({
        "protocolVersion": REVISION, "capabilities": {}, "clientInfo": { "name": "diff", "version": "1" }
    });
    let id = format!("session-{session}");
    let message = json!({ "jsonrpc": "2.0", "id": id, "method": "initialize", "params": params });
    let mut step = step(call, policy);
    step.body = Some(message.to_string().into_bytes());
    step.headers.retain(|(name, _)| name != SESSION.as_bytes());
    let result = json!({
        "protocolVersion": REVISION, "capabilities": {}, "serverInfo": { "name": "diff", "version": "1" }
    });
    let mut response = answer(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    response.headers.push((SESSION.into(), session.into()));
    step.respond = Some(response);
    step
}

/// A server's answer.
pub(super) fn answer(message: &Json) -> ServerResponse {
    ServerResponse {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: message.to_string().into_bytes(),
        trailers: false,
    }
}

/// The position of a member, as a text.
fn place(members: &Json, name: &str) -> Option<String> {
    let mut names = members.as_object()?.keys();
    Some(names.position(|own| own == name)?.to_string())
}
