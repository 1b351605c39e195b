//! Plays calls that need a person's approval, and the persons who decide: which calls pass, and how often.

use super::Exchange;
use crate::host::*;
use crate::store::Memory;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;

const NOW: u64 = 1_767_225_618_000;

const POLICY: &str = r#"{
    "version": "1", "default": "deny",
    "identity": { "from": [{ "jwt_claim": "sub" }] },
    "approvals": {
        "keys": ["KEY"], "url": "https://gateway.example/approvals", "ttl": "15m",
        "approvers": { "release": { "claim": { "role": "release" } }, "security": { "claim": { "role": "security" } } }
    },
    "tools": {
        "deploy": { "require_approval": { "message": "Deploying needs a person.", "approvers": ["release"] } },
        "drop": { "require_approval": { "conditions": [{ "path": "args.table", "op": "neq", "value": "test" }] } },
        "twice": { "require_approval": { "approvers": ["release"] } },
        "limited": { "limits": [{ "counter": "calls", "window": "hour", "max": 1, "over": "approve" }] },
        "counted": { "action": "require_approval", "limits": [{ "counter": "some", "window": "hour", "max": 2 }] }
    },
    "all_tools": { "require_approval": { "conditions": [{ "path": "tool", "op": "eq", "value": "twice" }], "approvers": ["security"] } }
}"#;

const AGENT: &str = r#"{"iss":"i","sub":"agent"}"#;
const PERSON: &str = r#"{"iss":"i","sub":"pat","role":"release"}"#;
const GUARD: &str = r#"{"iss":"i","sub":"gus","role":["security"]}"#;

struct Gateway {
    policy: Arc<Policy>,
    store: Store,
    memory: Memory,
    now: u64,
    lines: Vec<String>,
}

/// The outcome of a request: the body at the server, or the reply.
#[derive(Debug)]
enum Seen {
    Passed(Option<String>),
    Reply(Reply),
}

impl Seen {
    fn text(&self) -> String {
        match self {
            Self::Passed(_) => "passed".into(),
            Self::Reply(reply) => String::from_utf8(reply.body.clone()).unwrap(),
        }
    }

    fn passed(&self) -> bool {
        matches!(self, Self::Passed(_))
    }

    fn status(&self) -> u16 {
        match self {
            Self::Passed(_) => 0,
            Self::Reply(reply) => reply.status,
        }
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    fn id(&self) -> String {
        let url = self.json()["result"]["_meta"]["mcp-policy/decision"]["approvalUrl"].clone();
        url.as_str().unwrap().rsplit('/').next().unwrap().into()
    }
}

fn key(_: &str) -> Option<String> {
    Some("0123456789abcdef0123456789abcdef".into())
}

impl Gateway {
    fn new() -> Self {
        Self::with(POLICY)
    }

    fn with(policy: &str) -> Self {
        let policy = Policy::parse(policy.as_bytes()).unwrap();
        let policy = Arc::new(policy.with_environment(key).unwrap());
        let mut memory = Memory::default();
        let store = Store::prepare(&mut memory, "test", &policy, [7; 16]).unwrap();
        Self {
            policy,
            store,
            memory,
            now: NOW,
            lines: Vec::new(),
        }
    }

    fn send(&mut self, headers: &[(&str, &str)], body: Option<&str>, claims: Option<&str>) -> Seen {
        let verified = Verified {
            claims: claims.map(Into::into),
            ..Verified::default()
        };
        let context = HostContext {
            verified,
            ..HostContext::default()
        };
        let now = Millis(self.now);
        let headers = Headers::from_iter(headers.iter().copied());
        let (mut exchange, step) =
            Exchange::new(self.policy.clone(), &headers, body.is_none(), context, &now);
        let mut step = exchange.resolve(step, &self.store, &mut self.memory, &now);
        if let (Next::NeedMore, Some(body)) = (&step.next, body) {
            let event = Event::Body {
                bytes: body.into(),
                end_of_stream: true,
            };
            let fed = exchange.feed(event, &now);
            step = exchange.resolve(fed, &self.store, &mut self.memory, &now);
        }
        self.lines.extend(step.audit.map(|audit| audit.into_line()));
        match step.next {
            Next::Forward => Seen::Passed(None),
            Next::ForwardBody(body) => Seen::Passed(Some(String::from_utf8(body).unwrap())),
            Next::Reply(reply) => Seen::Reply(reply),
            next => panic!("{next:?}"),
        }
    }

    fn post(&mut self, body: &str, claims: &str) -> Seen {
        let headers = [
            (":method", "POST"),
            (":path", "/mcp"),
            ("content-type", "application/json"),
        ];
        self.send(&headers, Some(body), Some(claims))
    }

    fn call(&mut self, tool: &str, arguments: &str) -> Seen {
        self.call_as(tool, arguments, AGENT)
    }

    fn call_as(&mut self, tool: &str, arguments: &str, claims: &str) -> Seen {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
        );
        self.post(&body, claims)
    }

    fn modern(&mut self, tool: &str, members: &str, capabilities: &str) -> Seen {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{{members}"name":"{tool}","arguments":{{"service":"web"}},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{{"name":"c","version":"1"}},"io.modelcontextprotocol/clientCapabilities":{capabilities}}}}}}}"#
        );
        let headers = [
            (":method", "POST"),
            (":path", "/mcp"),
            ("content-type", "application/json"),
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", tool),
        ];
        self.send(&headers, Some(&body), Some(AGENT))
    }

    fn get(&mut self, path: &str, claims: Option<&str>) -> Seen {
        let headers = [
            (":method", "GET"),
            (":path", path),
            ("accept", "application/json"),
        ];
        self.send(&headers, None, claims)
    }

    fn show(&mut self, id: &str, claims: &str) -> serde_json::Value {
        self.get(&format!("/approvals/{id}"), Some(claims)).json()
    }

    fn submit(&mut self, id: &str, form: &str, claims: &str) -> Seen {
        let path = format!("/approvals/{id}");
        let headers = [
            (":method", "POST"),
            (":path", &*path),
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send(&headers, Some(form), Some(claims))
    }

    fn decide(&mut self, id: &str, decision: &str, claims: &str) -> Seen {
        let shown = self.show(id, claims);
        let csrf = shown["csrf"].as_str().unwrap_or_default();
        self.submit(id, &format!("decision={decision}&csrf={csrf}"), claims)
    }

    fn approve(&mut self, id: &str) {
        let decided = self.decide(id, "approve", PERSON);
        assert_eq!(
            decided.json()["approval"]["state"],
            "approved",
            "{decided:?}"
        );
    }
}

#[test]
fn approved_call_passes_once() {
    let mut gateway = Gateway::new();
    let asked = gateway.call("deploy", r#"{"service":"web"}"#);
    let text = asked.text();
    assert!(text.contains("Deploying needs a person."), "{text}");
    assert!(
        text.contains("https://gateway.example/approvals/"),
        "{text}"
    );
    let id = asked.id();
    assert_eq!(
        gateway.call("deploy", r#"{"service":"web"}"#).id(),
        id,
        "asked once"
    );
    gateway.approve(&id);
    assert!(gateway.call("deploy", r#"{"service":"web"}"#).passed());
    let again = gateway.call("deploy", r#"{"service":"web"}"#);
    assert!(!again.passed());
    assert_ne!(again.id(), id);
}

#[test]
fn approval_is_of_exactly_one_call() {
    for (tool, arguments, claims, passes) in [
        (
            "deploy",
            r#"{"service":"web","count":9007199254740993}"#,
            AGENT,
            true,
        ),
        (
            "deploy",
            r#"{ "count" : 9007199254740993, "service":"\u0077eb" }"#,
            AGENT,
            true,
        ),
        (
            "deploy",
            r#"{"service":"web","count":9007199254740992}"#,
            AGENT,
            false,
        ),
        (
            "deploy",
            r#"{"service":"api","count":9007199254740993}"#,
            AGENT,
            false,
        ),
        ("deploy", r#"{"service":"web"}"#, AGENT, false),
        (
            "drop",
            r#"{"service":"web","count":9007199254740993}"#,
            AGENT,
            false,
        ),
        (
            "deploy",
            r#"{"service":"web","count":9007199254740993}"#,
            r#"{"iss":"i","sub":"other"}"#,
            false,
        ),
    ] {
        let mut gateway = Gateway::new();
        let id = gateway
            .call("deploy", r#"{"service":"web","count":9007199254740993}"#)
            .id();
        gateway.approve(&id);
        let seen = gateway.call_as(tool, arguments, claims);
        assert_eq!(seen.passed(), passes, "{tool} {arguments} {claims}");
    }
}

#[test]
fn order_of_list_elements_is_part_of_the_call() {
    let mut gateway = Gateway::new();
    let id = gateway
        .call("deploy", r#"{"steps":["backup","drop"]}"#)
        .id();
    gateway.approve(&id);
    assert!(
        !gateway
            .call("deploy", r#"{"steps":["drop","backup"]}"#)
            .passed()
    );
    assert!(
        gateway
            .call("deploy", r#"{"steps":["backup","drop"]}"#)
            .passed()
    );
}

#[test]
fn condition_that_is_false_needs_no_approval_and_an_unknown_one_does() {
    let mut gateway = Gateway::new();
    assert!(gateway.call("drop", r#"{"table":"test"}"#).passed());
    assert!(!gateway.call("drop", r#"{"table":"users"}"#).passed());
    assert!(!gateway.call("drop", r#"{"table":1}"#).passed());
    assert!(!gateway.call("drop", r"{}").passed());
}

#[test]
fn two_rules_need_two_persons() {
    let mut gateway = Gateway::new();
    let first = gateway.call("twice", "{}").id();
    gateway.approve(&first);
    let second = gateway.call("twice", "{}").id();
    assert_ne!(first, second);
    assert_eq!(gateway.decide(&second, "approve", PERSON).status(), 403);
    assert_eq!(gateway.decide(&second, "approve", GUARD).status(), 200);
    assert!(gateway.call("twice", "{}").passed());
    assert!(!gateway.call("twice", "{}").passed());
}

#[test]
fn person_may_let_one_call_exceed_a_limit() {
    let mut gateway = Gateway::new();
    assert!(gateway.call("limited", "{}").passed());
    let asked = gateway.call("limited", "{}");
    assert!(
        asked.text().contains("The limit of 1 is used up."),
        "{}",
        asked.text()
    );
    gateway.approve(&asked.id());
    assert!(gateway.call("limited", "{}").passed());
    assert!(!gateway.call("limited", "{}").passed());
    gateway.now += 3_600_000;
    assert!(gateway.call("limited", "{}").passed(), "a new hour");
}

#[test]
fn refused_call_is_refused_until_its_time_is_over() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", "{}").id();
    let csrf = gateway.show(&id, PERSON)["csrf"]
        .as_str()
        .unwrap()
        .to_owned();
    let form = format!("decision=refuse&reason=Not+on+a+Friday.&csrf={csrf}");
    assert_eq!(gateway.submit(&id, &form, PERSON).status(), 200);
    let decided = gateway.show(&id, PERSON)["approval"]["decided"].clone();
    assert_eq!(decided["time"], "2026-01-01T00:00:18.000Z", "{decided}");
    let refused = gateway.call("deploy", "{}").text();
    assert!(
        refused.contains(r#"with the reason \"Not on a Friday.\""#),
        "{refused}"
    );
    gateway.now += 900_000;
    assert_ne!(gateway.call("deploy", "{}").id(), id);
}

#[test]
fn approval_expires_pending_and_approved() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", "{}").id();
    gateway.now += 899_999;
    gateway.approve(&id);
    gateway.now += 900_000;
    let second = gateway.call("deploy", "{}").id();
    assert_ne!(second, id, "the approved one is over");
    gateway.now += 900_000;
    assert_eq!(gateway.decide(&second, "approve", PERSON).status(), 409);
}

#[test]
fn nobody_but_an_approver_decides() {
    let own = r#"{"iss":"i","sub":"agent","role":"release"}"#;
    for (claims, status) in [
        (PERSON, 200),
        (GUARD, 403),
        (AGENT, 403),
        (own, 403),
        (r#"{"iss":"i","role":"releases"}"#, 403),
        ("not JSON", 403),
    ] {
        let mut gateway = Gateway::new();
        let id = gateway.call("deploy", "{}").id();
        let shown = gateway.show(&id, PERSON);
        let stolen = shown["csrf"].as_str().unwrap();
        let shown = gateway.show(&id, claims);
        let token = shown["csrf"].as_str().unwrap_or(stolen);
        let seen = gateway.submit(&id, &format!("decision=approve&csrf={token}"), claims);
        assert_eq!(seen.status(), status, "{claims}: {}", seen.text());
        assert_eq!(
            gateway.call("deploy", "{}").passed(),
            status == 200,
            "{claims}"
        );
    }
}

#[test]
fn form_of_another_visitor_or_approval_is_refused() {
    let mut gateway = Gateway::new();
    let id = gateway.call("drop", "{}").id();
    let other = gateway.call("drop", r#"{"table":"users"}"#).id();
    let own = gateway.show(&id, PERSON)["csrf"]
        .as_str()
        .unwrap()
        .to_owned();
    let guards = gateway.show(&id, GUARD)["csrf"]
        .as_str()
        .unwrap()
        .to_owned();
    let others = gateway.show(&other, PERSON)["csrf"]
        .as_str()
        .unwrap()
        .to_owned();
    for (form, status) in [
        (format!("decision=approve&csrf={guards}"), 403),
        (format!("decision=approve&csrf={others}"), 403),
        ("decision=approve&csrf=".into(), 403),
        ("decision=approve".into(), 400),
        (format!("csrf={own}"), 400),
        (format!("decision=approve&decision=refuse&csrf={own}"), 400),
        (format!("decision=maybe&csrf={own}"), 400),
        (format!("decision=approve&csrf={own}&more=1"), 400),
        (
            format!("decision=approve&reason={}&csrf={own}", "a".repeat(501)),
            400,
        ),
        (format!("decision=approve&csrf={own}"), 200),
    ] {
        let seen = gateway.submit(&id, &form, PERSON);
        assert_eq!(seen.status(), status, "{form}: {}", seen.text());
    }
}

#[test]
fn form_of_another_site_is_refused() {
    for (site, status) in [
        ("cross-site", 403),
        ("same-site", 403),
        ("same-origin", 200),
    ] {
        let mut gateway = Gateway::new();
        let id = gateway.call("deploy", "{}").id();
        let csrf = gateway.show(&id, PERSON)["csrf"]
            .as_str()
            .unwrap()
            .to_owned();
        let path = format!("/approvals/{id}");
        let headers = [
            (":method", "POST"),
            (":path", &*path),
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", site),
        ];
        let form = format!("decision=approve&csrf={csrf}");
        let seen = gateway.send(&headers, Some(&form), Some(PERSON));
        assert_eq!(seen.status(), status, "{site}");
    }
}

#[test]
fn visitor_who_is_no_approver_sees_the_state_alone() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", r#"{"service":"web"}"#).id();
    for claims in [None, Some(AGENT)] {
        let shown = gateway.get(&format!("/approvals/{id}"), claims);
        assert_eq!(shown.text(), r#"{"state":"pending"}"#);
        assert_eq!(gateway.get("/approvals", claims).status(), 403);
    }
    let shown = gateway.show(&id, PERSON);
    assert_eq!(shown["approval"]["arguments"]["service"], "web");
    assert_eq!(shown["approval"]["rule"], "/tools/deploy/require_approval");
    let list = gateway.get("/approvals", Some(PERSON)).json();
    assert_eq!(list["approvals"][0]["id"], *id);
    assert_eq!(
        gateway
            .get("/approvals/00000000000000000000000000000000", Some(PERSON))
            .status(),
        404
    );
}

#[test]
fn page_is_no_other_path() {
    let mut gateway = Gateway::new();
    for (path, is_page) in [
        ("/approvals", true),
        ("/approvals?x=1", true),
        ("/approvals/x", true),
        ("/approvalsx", false),
        ("/%61pprovals", false),
        ("/mcp", false),
    ] {
        let seen = gateway.get(path, None);
        let answered = !seen.passed() && seen.json().get("jsonrpc").is_none();
        assert_eq!(answered, is_page, "{path} {seen:?}");
    }
}

#[test]
fn caller_has_a_bounded_number_of_pending_approvals() {
    let mut gateway = Gateway::new();
    for number in 0..16 {
        assert!(
            gateway
                .call("deploy", &format!(r#"{{"n":{number}}}"#))
                .text()
                .contains("approvals/")
        );
    }
    let more = gateway.call("deploy", r#"{"n":16}"#).text();
    assert!(more.contains("Too many of your calls"), "{more}");
    let other = gateway.call_as("deploy", r#"{"n":16}"#, r#"{"iss":"i","sub":"other"}"#);
    assert!(other.text().contains("approvals/"));
    let first = gateway.call("deploy", r#"{"n":0}"#).id();
    gateway.approve(&first);
    assert!(
        gateway
            .call("deploy", r#"{"n":16}"#)
            .text()
            .contains("approvals/")
    );
}

#[test]
fn lost_or_changed_state_approves_nothing() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", "{}").id();
    gateway.approve(&id);
    let other = r#"{"version":"1"}"#;
    let keys: Vec<String> = gateway.memory.keys().map(Into::into).collect();
    assert!(!keys.is_empty(), "{other}");
    for change in [0_usize, 20, 50, 56, 65, 72, 80] {
        let mut gateway = Gateway::new();
        let id = gateway.call("deploy", "{}").id();
        gateway.approve(&id);
        let (mut bytes, version) = gateway.memory.read("test/3/approvals").unwrap().unwrap();
        bytes[8 + change] ^= 1;
        assert!(
            gateway
                .memory
                .swap("test/3/approvals", &bytes, Some(version))
                .unwrap()
        );
        assert!(!gateway.call("deploy", "{}").passed(), "byte {change}");
    }
    gateway.memory = Memory::default();
    let seen = gateway.call("deploy", "{}");
    assert!(seen.text().contains("unavailable"), "{}", seen.text());
}

#[test]
fn description_that_was_changed_cannot_be_approved() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", r#"{"service":"web"}"#).id();
    let key = "test/3/approvals/0";
    let (mut bytes, version) = gateway.memory.read(key).unwrap().unwrap();
    *bytes.last_mut().unwrap() = b' ';
    assert!(gateway.memory.swap(key, &bytes, Some(version)).unwrap());
    assert_eq!(gateway.decide(&id, "approve", PERSON).status(), 409);
    assert!(!gateway.call("deploy", r#"{"service":"web"}"#).passed());
}

#[test]
fn policy_without_keys_refuses_what_needs_approval() {
    let policy = Policy::parse(POLICY.as_bytes()).unwrap();
    let mut gateway = Gateway::new();
    gateway.store = Store::prepare(&mut gateway.memory, "test", &policy, [7; 16]).unwrap();
    gateway.policy = Arc::new(policy);
    assert!(!gateway.call("deploy", "{}").passed());
    assert!(gateway.call("drop", r#"{"table":"test"}"#).passed());
}

#[test]
fn key_that_is_absent_or_short_is_an_error() {
    let policy = || Policy::parse(POLICY.as_bytes()).unwrap();
    for (value, expected) in [
        (
            None,
            "/approvals/keys/0: found `KEY`, which the environment of the VM does not have",
        ),
        (
            Some("short"),
            "/approvals/keys/0: found `KEY`, whose value has less than 32 characters",
        ),
    ] {
        let errors = policy()
            .with_environment(|_| value.map(Into::into))
            .unwrap_err();
        assert!(errors[0].to_string().starts_with(expected), "{}", errors[0]);
    }
}

#[test]
fn change_of_the_rule_ends_its_approvals() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", "{}").id();
    gateway.approve(&id);
    let changed = POLICY.replace("Deploying needs a person.", "Deploying needs Pat.");
    for (policy, passes) in [(changed, false), (POLICY.replace("15m", "16m"), true)] {
        let policy = Policy::parse(policy.as_bytes()).unwrap();
        gateway.policy = Arc::new(policy.with_environment(key).unwrap());
        assert_eq!(gateway.call("deploy", "{}").passed(), passes);
    }
}

/// The members of a retry with this state.
fn retry(seen: &Seen, responses: &str) -> String {
    let state = seen.json()["result"]["requestState"].clone();
    format!(r#"{responses}"requestState":{state},"#)
}

const ACCEPTED: &str = r#""inputResponses":{"mcp-policy/approval":{"action":"accept"}},"#;
const URLS: &str = r#"{"elicitation":{"form":{},"url":{}}}"#;

#[test]
fn modern_client_waits_in_rounds_and_passes_when_a_person_has_approved() {
    let mut gateway = Gateway::new();
    let first = gateway.modern("deploy", "", URLS);
    let result = &first.json()["result"];
    assert_eq!(result["resultType"], "input_required");
    let request = &result["inputRequests"]["mcp-policy/approval"];
    assert_eq!(request["method"], "elicitation/create");
    assert_eq!(request["params"]["mode"], "url");
    let Seen::Reply(reply) = &first else { panic!() };
    assert_eq!(reply.hold, None, "the user opens the link first");
    let second = gateway.modern("deploy", &retry(&first, ACCEPTED), URLS);
    let result = &second.json()["result"];
    assert!(result.get("inputRequests").is_none(), "asked once");
    let Seen::Reply(reply) = &second else {
        panic!()
    };
    assert_eq!(reply.hold.as_ref().unwrap().until, Millis(NOW + 50_000));
    gateway.approve(&second.id());
    let Seen::Passed(Some(body)) = gateway.modern("deploy", &retry(&second, ""), URLS) else {
        panic!("it passes, without the members of the gateway");
    };
    assert!(!body.contains("requestState"), "{body}");
    let replayed = gateway.modern("deploy", &retry(&second, ""), URLS);
    assert!(
        replayed
            .text()
            .contains("This approval has passed its one call"),
        "{}",
        replayed.text()
    );
}

#[test]
fn accept_of_the_client_approves_nothing() {
    let mut gateway = Gateway::new();
    let mut seen = gateway.modern("deploy", "", URLS);
    for round in 1..=10 {
        seen = gateway.modern("deploy", &retry(&seen, ACCEPTED), URLS);
        assert!(!seen.passed());
        let waits = seen.json()["result"]["resultType"] == "input_required";
        assert_eq!(waits, round < 10, "round {round}");
    }
    assert!(
        seen.text().contains("It still waits for a person"),
        "{}",
        seen.text()
    );
}

#[test]
fn client_that_declines_withdraws_its_call() {
    for action in ["decline", "cancel"] {
        let mut gateway = Gateway::new();
        let first = gateway.modern("deploy", "", URLS);
        let answer = ACCEPTED.replace("accept", action);
        let declined = gateway.modern("deploy", &retry(&first, &answer), URLS);
        assert!(
            declined.text().contains("The user declined"),
            "{}",
            declined.text()
        );
        assert_eq!(gateway.decide(&first.id(), "approve", PERSON).status(), 409);
    }
}

#[test]
fn forged_and_foreign_states_approve_nothing() {
    let mut gateway = Gateway::new();
    let first = gateway.modern("deploy", "", URLS);
    gateway.approve(&first.id());
    let forged = r#""requestState":"mcp-policy.AAAA","#;
    assert!(!gateway.modern("deploy", forged, URLS).passed());
    // A state of the server is part of the call, which nobody approved.
    let foreign = gateway.modern("deploy", r#""requestState":"server","#, URLS);
    assert!(!foreign.passed());
    assert_eq!(
        foreign.json()["result"]["isError"],
        true,
        "its client does not wait in rounds"
    );
    // The state of one tool is none of another.
    assert!(!gateway.modern("drop", &retry(&first, ""), URLS).passed());
    assert!(gateway.modern("deploy", &retry(&first, ""), URLS).passed());
}

#[test]
fn client_without_the_capability_waits_from_the_first_call_on() {
    let mut gateway = Gateway::new();
    let first = gateway.modern("deploy", "", "{}");
    assert!(first.json()["result"].get("inputRequests").is_none());
    let Seen::Reply(reply) = &first else { panic!() };
    assert!(reply.hold.is_some());
}

#[test]
fn refused_call_gives_its_counts_back_and_an_approval_is_used_last() {
    let mut gateway = Gateway::new();
    let id = gateway.call("counted", "{}").id();
    gateway.approve(&id);
    assert!(gateway.call("counted", "{}").passed());
    for _ in 0..3 {
        let id = gateway.call("counted", "{}").id();
        let body = URL_SAFE_NO_PAD.encode(id);
        assert!(!body.is_empty());
    }
    let id = gateway.call("counted", "{}").id();
    gateway.approve(&id);
    assert!(
        gateway.call("counted", "{}").passed(),
        "waiting calls were not counted"
    );
    let id = gateway.call("counted", "{}").id();
    gateway.approve(&id);
    let full = gateway.call("counted", "{}");
    assert!(
        full.text().contains("The limit of 2 calls is used up"),
        "{}",
        full.text()
    );
    gateway.now += 3_600_000 - 900_001;
    let shown = gateway.show(&id, PERSON);
    assert_eq!(shown["approval"]["state"], "expired");
}

#[test]
fn log_names_the_caller_the_approver_and_each_standing() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", "{}").id();
    gateway.approve(&id);
    assert!(gateway.call("deploy", "{}").passed());
    let with = |text: &str| {
        gateway
            .lines
            .iter()
            .filter(|line| line.contains(text))
            .count()
    };
    assert_eq!(with(r#""standing":"asked""#), 1);
    assert_eq!(
        with(r#""approver":"pat (release)""#),
        2,
        "{:?}",
        gateway.lines
    );
    assert_eq!(with(r#""standing":"used""#), 1);
}

#[test]
fn expired_approval_is_logged_once_with_the_next_change() {
    let mut gateway = Gateway::new();
    gateway.call("deploy", "{}");
    gateway.now += 900_000;
    gateway.call("deploy", r#"{"n":1}"#);
    gateway.call("deploy", r#"{"n":2}"#);
    let expired = gateway
        .lines
        .iter()
        .filter(|line| line.contains(r#""standing":"expired""#));
    assert_eq!(expired.count(), 1, "{:?}", gateway.lines);
}
