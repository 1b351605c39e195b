//! Turns a line of the audit log into an event of the Open Cybersecurity Schema Framework, version 1.5.0: class API Activity
//! (6003), with the profiles `security_control` and, where the line names a trace, `trace`.
//!
//! It never drops a member: those without a place of their own are in `unmapped`.

use super::moment::Moment;
use crate::audit_line::{AuditLine, Decision, Event};
use serde_json::{Map, Value as Json, json};

/// The version of the schema.
const VERSION: &str = "1.5.0";
/// The class API Activity.
const CLASS: u64 = 6003;
/// The name of a caller that the policy does not admit, and of other facts that the log does not hold.
const UNKNOWN: &str = "unknown";

/// The event on one line, with a line break.
#[must_use]
pub fn ocsf(line: &AuditLine) -> String {
    let mut event = Map::new();
    class(&mut event, line);
    outcome(&mut event, line);
    parties(&mut event, line);
    event.insert("metadata".into(), metadata(line));
    if let Some(trace) = &line.trace_id {
        event.insert("trace".into(), json!({ "uid": trace }));
    }
    event.insert("unmapped".into(), unmapped(line));
    format!("{}\n", Json::Object(event))
}

fn add(event: &mut Map<String, Json>, members: Json) {
    let members = match members {
        Json::Object(members) => members,
        _ => Map::new(),
    };
    let present = members.into_iter().filter(|(_, value)| !value.is_null());
    event.extend(present);
}

/// The object without the members that are absent.
fn object(members: Json) -> Json {
    let mut object = Map::new();
    add(&mut object, members);
    Json::Object(object)
}

fn class(event: &mut Map<String, Json>, line: &AuditLine) {
    let (activity, name) = activity(line);
    let time = Moment::read(&line.time).map_or(0, |moment| moment.0);
    let kind = CLASS.saturating_mul(100).saturating_add(activity);
    add(
        event,
        json!({
            "activity_id": activity,
            "activity_name": name,
            "category_uid": 6,
            "category_name": "Application Activity",
            "class_uid": CLASS,
            "class_name": "API Activity",
            "type_uid": kind,
            "type_name": format!("API Activity: {name}"),
            "time": time,
            "duration": line.latency_ms,
        }),
    );
}

/// The identifier and the name of the activity. The effect of a tool is not known.
fn activity(line: &AuditLine) -> (u64, String) {
    let method = line.method.as_deref().unwrap_or(UNKNOWN);
    let reads = method.ends_with("/list") || method.ends_with("/get") || method.ends_with("/read");
    match (line.event, method) {
        (Event::Decision | Event::Answer, "DELETE") => (4, "Delete".into()),
        (Event::Decision | Event::Answer, "GET") => (2, "Read".into()),
        (Event::Decision | Event::Answer, _) if reads => (2, "Read".into()),
        _ => (99, method.into()),
    }
}

fn outcome(event: &mut Map<String, Json>, line: &AuditLine) {
    let denied = line.decision == Decision::Deny;
    let (severity_id, severity) = match (denied, line.shadow.is_empty()) {
        (true, _) => (3, "Medium"),
        (false, false) => (2, "Low"),
        (false, true) => (1, "Informational"),
    };
    let (status_id, status) = match denied || has_failed(line) {
        true => (2, "Failure"),
        false => (1, "Success"),
    };
    let (action, disposition) = match denied {
        true => ((2, "Denied"), (2, "Blocked")),
        false => ((1, "Allowed"), (1, "Allowed")),
    };
    let rule = line.rule.as_ref().filter(|_| denied);
    add(
        event,
        json!({
            "severity_id": severity_id,
            "severity": severity,
            "status_id": status_id,
            "status": status,
            "status_code": line.reason,
            "status_detail": line.message,
            "action_id": action.0,
            "action": action.1,
            "disposition_id": disposition.0,
            "disposition": disposition.1,
            "firewall_rule": rule.map(|rule| json!({ "uid": rule })),
        }),
    );
}

/// Whether a forwarded request ended otherwise than with a result.
fn has_failed(line: &AuditLine) -> bool {
    let answered = matches!(line.answer.as_deref(), Some("result" | "unread"));
    let bad_status = line.status.is_some_and(|status| status >= 400);
    line.event == Event::Answer && (!answered || bad_status)
}

fn parties(event: &mut Map<String, Json>, line: &AuditLine) {
    let grant = line.grant.as_deref().unwrap_or(UNKNOWN);
    let client = line.client.as_deref();
    let server = line.server.as_ref();
    let request = line.request_id.as_ref();
    let code = line.rest.get("error_code").map(Json::to_string);
    let response = line
        .status
        .map(|status| object(json!({ "code": status, "message": line.answer, "error": code })));
    add(
        event,
        json!({
            "actor": object(json!({ "user": { "name": grant }, "app_name": client })),
            // The log holds no addresses.
            "src_endpoint": { "name": client.unwrap_or(UNKNOWN) },
            "dst_endpoint": server.map(|server| json!({ "svc_name": server })),
            "api": object(json!({
                "operation": line.method.as_deref().unwrap_or(UNKNOWN),
                "service": server.map(|server| json!({ "name": server })),
                "request": request.map(|id| json!({ "uid": id })),
                "response": response,
            })),
            "resources": resource(line),
        }),
    );
}

fn resource(line: &AuditLine) -> Option<Json> {
    let kinds = [
        ("tool", &line.tool),
        ("prompt", &line.prompt),
        ("uri", &line.uri),
    ];
    let mut named = kinds
        .into_iter()
        .filter_map(|(kind, name)| Some((kind, name.as_ref()?)));
    let (kind, name) = named.next()?;
    Some(json!([{ "name": name, "type": kind }]))
}

fn metadata(line: &AuditLine) -> Json {
    let mut profiles = vec!["security_control"];
    if line.trace_id.is_some() {
        profiles.push("trace");
    }
    object(json!({
        "version": VERSION,
        "product": { "name": "mcp-policy", "vendor_name": "mcp-policy" },
        "profiles": profiles,
        "log_name": "audit",
        "log_version": "1",
        "event_code": line.event,
        "original_time": Some(&line.time).filter(|time| !time.is_empty()),
        "correlation_uid": line.request_id,
    }))
}

/// The members without a place in the class.
fn unmapped(line: &AuditLine) -> Json {
    let mut unmapped = Map::new();
    let rest = line.rest.iter().filter(|(name, _)| *name != "v");
    unmapped.extend(rest.map(|(name, value)| (name.clone(), value.clone())));
    let rule = line
        .rule
        .as_ref()
        .filter(|_| line.decision == Decision::Allow);
    add(&mut unmapped, json!({ "rule": rule }));
    let lists = [
        ("argument_keys", json!(line.argument_keys)),
        ("shadow", json!(line.shadow)),
        ("counters", json!(line.counters)),
        ("redacted", json!(line.redacted)),
    ];
    let lists = lists.into_iter().filter(|(_, list)| *list != json!([]));
    unmapped.extend(lists.map(|(name, list)| (name.to_owned(), list)));
    if line.status.is_none() {
        add(&mut unmapped, json!({ "answer": line.answer }));
    }
    Json::Object(unmapped)
}
