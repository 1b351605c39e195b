//! Tests the component's imports, exports and documentation.

use super::gateway::{NOW, POLICY, SHARED, answered, call, headers, wasm};
use host_tests::embedder::*;
use host_tests::{APPROVAL_KEYS, root};
use serde_json::{Value, json};
use wit_parser::{Docs, Resolve, TypeDefKind};

#[test]
fn component_imports_only_its_cells() {
    let engine = wasmtime::Engine::default();
    let component = wasmtime::component::Component::new(&engine, wasm()).expect("a component");
    let kind = component.component_type();
    let names: Vec<_> = kind.imports(&engine).map(|(name, _)| name).collect();
    assert_eq!(names, ["mcp-policy:engine/cells@0.1.0"]);
    let names: Vec<_> = kind.exports(&engine).map(|(name, _)| name).collect();
    assert_eq!(names, ["mcp-policy:engine/engine@0.1.0"]);
}

#[test]
fn every_item_of_the_interface_is_documented() {
    let mut resolve = Resolve::new();
    let wit = root().join("plugin/component/wit");
    resolve.push_dir(&wit).expect("the interface can be read");
    let worlds = resolve
        .worlds
        .iter()
        .map(|(_, world)| (world.name.clone(), &world.docs));
    let mut items: Vec<_> = worlds.collect();
    for (_, interface) in &resolve.interfaces {
        items.push((interface.name.clone().unwrap_or_default(), &interface.docs));
        let functions = interface.functions.values();
        items.extend(functions.map(|function| (function.name.clone(), &function.docs)));
    }
    for (_, kind) in &resolve.types {
        if let Some(name) = &kind.name {
            items.push((name.clone(), &kind.docs));
            items.extend(members(name, &kind.kind));
        }
    }
    let is_bare = |docs: &Docs| {
        docs.contents
            .as_deref()
            .unwrap_or_default()
            .trim()
            .is_empty()
    };
    let bare = items.iter().filter(|(_, docs)| is_bare(docs));
    let bare: Vec<_> = bare.map(|(name, _)| name).collect();
    assert!(bare.is_empty(), "no documentation: {bare:?}");
    assert!(items.len() > 150, "{}", items.len());
}

/// The fields, cases or flags of a type.
fn members<'a>(of: &str, kind: &'a TypeDefKind) -> Vec<(String, &'a Docs)> {
    let members: Vec<_> = match kind {
        TypeDefKind::Record(record) => record
            .fields
            .iter()
            .map(|field| (&field.name, &field.docs))
            .collect(),
        TypeDefKind::Variant(variant) => variant
            .cases
            .iter()
            .map(|case| (&case.name, &case.docs))
            .collect(),
        TypeDefKind::Enum(list) => list
            .cases
            .iter()
            .map(|case| (&case.name, &case.docs))
            .collect(),
        TypeDefKind::Flags(flags) => flags
            .flags
            .iter()
            .map(|flag| (&flag.name, &flag.docs))
            .collect(),
        _ => Vec::new(),
    };
    members
        .into_iter()
        .map(|(name, docs)| (format!("{of}.{name}"), docs))
        .collect()
}

#[test]
fn policy_reports_its_needs() {
    let told = |policy: &str| {
        let gateway = SHARED.start(Shared::default(), policy.as_bytes(), (1, 2));
        gateway.unwrap().unwrap().policy().expect("no trap")
    };
    let (hash, needs, longest, held) = told(POLICY);
    assert_eq!((hash.len(), longest, held), (16, 768 * 1024, 64 << 20));
    assert!(needs.contains(Needs::PEER));
    let small = r#"{ "version": "1", "default": "allow", "host": { "max_request_bytes": 2048 } }"#;
    let (other, needs, longest, _) = told(small);
    assert!(other != hash && needs == Needs::empty() && longest == 2048);
}

#[test]
fn invalid_policy_reports_pointer_and_message() {
    let text = br#"{ "version": "1", "defualt": "deny" }"#;
    let Ok(Err(errors)) = SHARED.start(Shared::default(), text, (1, 2)) else {
        panic!("it is mistaken")
    };
    let pointers: Vec<_> = errors.iter().map(|error| &*error.pointer).collect();
    assert_eq!(pointers, ["/defualt", ""]);
    assert!(errors[0].message.contains("did you mean `default`?"));
}

/// The README shows the tested program.
#[test]
fn readme_shows_the_tested_program() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("it can be read");
    let readme = read("plugin/component/README.md");
    let blocks: Vec<_> = readme.split("```rust\n").skip(1).collect();
    assert!(!blocks.is_empty());
    let program: Vec<_> = read("host-tests/src/embedder.rs")
        .lines()
        .map(str::trim)
        .map(str::to_owned)
        .collect();
    for block in blocks {
        let lines: Vec<_> = block
            .split("```")
            .next()
            .unwrap()
            .lines()
            .map(str::trim)
            .collect();
        assert!(
            program.windows(lines.len()).any(|window| window == lines),
            "the program has no\n{}",
            lines.join("\n")
        );
    }
}

#[test]
fn call_whose_approval_a_service_keeps_passes_by_its_answers_alone() {
    let policy = format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "deploy": {{ "action": "require_approval" }} }},
            "approvals": {{ "keys": ["{0}"], "service": {{ "cluster": "decisions", "path": "/ask", "key": "{0}" }} }} }}"#,
        APPROVAL_KEYS[0]
    );
    let outcome = |standing: Option<&str>| {
        let gateway = SHARED.start(Shared::default(), policy.as_bytes(), (1, 2));
        let mut gateway = gateway.expect("no trap").expect("a policy");
        let begun = gateway.begin(&headers(), false, "192.0.2.1", NOW);
        let (exchange, _) = begun.expect("no trap");
        let body = call("deploy");
        let mut step = gateway.feed(exchange, &body, NOW).expect("no trap");
        step = gateway.resolve(exchange, &step, NOW).expect("no trap");
        while let Next::Ask(Ask::Service(message)) = &step.next {
            let answer = standing.map(|standing| ServiceAnswer {
                status: 200,
                body: service_says(&message.body, standing),
            });
            let event = Event::ServiceAnswer(answer);
            step = gateway.feed(exchange, &event, NOW).expect("no trap");
            step = gateway.resolve(exchange, &step, NOW).expect("no trap");
        }
        answered(&step.next)
    };
    assert_eq!(outcome(Some("approved")), None);
    let waits = outcome(Some("pending")).expect("a reply");
    assert!(waits.contains("https://approvals.example/0"), "{waits}");
    let refused = outcome(None).expect("a reply");
    assert!(
        refused.contains("cannot ask for a person's approval"),
        "{refused}"
    );
}

#[test]
fn call_whose_limit_a_service_counts_passes_by_its_answers_alone() {
    let policy = |backend: &str| {
        format!(
            r#"{{ "version": "1", "default": "deny", "tools": {{ "run": {{ "rate_limit": {{ "max": 1, "window": 60, "scope": ["global"] }} }} }},
                "counters": {{ "backend": "{backend}", "cluster": "counters", "domain": "mcp" }} }}"#
        )
    };
    let outcome = |backend: &str, status: Option<u16>, body: &[u8]| {
        let gateway = SHARED.start(Shared::default(), policy(backend).as_bytes(), (1, 2));
        let mut gateway = gateway.expect("no trap").expect("a policy");
        let begun = gateway.begin(&headers(), false, "192.0.2.1", NOW);
        let (exchange, _) = begun.expect("no trap");
        let mut step = gateway.feed(exchange, &call("run"), NOW).expect("no trap");
        step = gateway.resolve(exchange, &step, NOW).expect("no trap");
        let Next::Ask(Ask::RateLimits(question)) = &step.next else {
            panic!("the service is asked, and not {:?}", step.next);
        };
        let path = question.path.clone();
        let body = body.into();
        let event = Event::ServiceAnswer(status.map(|status| ServiceAnswer { status, body }));
        step = gateway.feed(exchange, &event, NOW).expect("no trap");
        step = gateway.resolve(exchange, &step, NOW).expect("no trap");
        (path, answered(&step.next).is_none())
    };
    let envoy = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
    let (ok, over) = ([0, 0, 0, 0, 2, 8, 1], [0, 0, 0, 0, 2, 8, 2]);
    for (status, body, passes) in [
        (Some(200), &ok, true),
        (Some(200), &over, false),
        (None, &ok, false),
    ] {
        let played = outcome("rate_limit_service", status, body);
        assert_eq!(played, (envoy.into(), passes), "{status:?} {body:?}");
    }
    for (status, passes) in [(200, true), (429, false), (500, false)] {
        let played = outcome("limitador_http", Some(status), b"");
        assert_eq!(played, ("/check_and_report".into(), passes), "{status}");
    }
}

/// The answer of a service that reports this standing for every call, and carries out every request.
fn service_says(question: &str, standing: &str) -> Vec<u8> {
    let asked: Value = serde_json::from_str(question).expect("JSON");
    let mut answer = match asked["ask"].as_str() {
        Some("find") => json!({ "approvals": [{
            "id": "0".repeat(32), "digest": asked["calls"][0]["digest"], "standing": standing,
            "url": "https://approvals.example/0",
        }] }),
        _ => json!({ "done": true }),
    };
    answer["question"] = asked["question"].clone();
    answer.to_string().into_bytes()
}
