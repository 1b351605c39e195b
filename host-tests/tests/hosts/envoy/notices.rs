//! Tests notices of new approvals: a chat gets each, signed, and again after a failure.

use super::approvals::{Gateway, POLICY, config};
use host_tests::authentication::{ACME, AUDIENCE};
use host_tests::envoy::Envoy;
use host_tests::require::{ENVOY, lacks};
use host_tests::tokens::Issuer;
use host_tests::upstream::{Recorded, Upstream, reply};
use ring::hmac;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// A chat that fails the first two attempts of each notice, and counts them.
fn chat(fails: usize) -> (Upstream, Arc<AtomicUsize>) {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = attempts.clone();
    let answer = move |_: &Recorded| {
        let status = match counted.fetch_add(1, Ordering::SeqCst) < fails {
            true => 500,
            false => 200,
        };
        reply(status, "text/plain", b"ok")
    };
    let chat = Upstream::answering(answer).expect("the chat starts");
    (chat, attempts)
}

const NOTIFY: &str = r#""notify": { "cluster": "chat", "path": "/hook", "key": "CHAT", "timeout": "1s" },
        "approvers""#;

#[test]
fn chat_gets_a_signed_notice_of_each_new_approval_again_after_failures() {
    if lacks(&[ENVOY]) {
        return;
    }
    let (chat, attempts) = chat(2);
    let upstream = Upstream::start().expect("the upstream starts");
    let issuer = Issuer::new(ACME.issuer, AUDIENCE);
    let policy = POLICY.replace(r#""approvers""#, NOTIFY);
    let mut config = config(&policy, upstream.addr(), &issuer);
    config.concurrency = 1;
    config.servers.insert("chat".into(), chat.addr());
    let key = "the key of the chat, 32 characters";
    for listener in &mut config.listeners {
        listener.environment.insert("CHAT".into(), key.into());
    }
    let bearer = |claims: Value| format!("Bearer {}", issuer.token(claims));
    let gateway = Gateway {
        envoy: Envoy::start(&config).expect("Envoy starts"),
        agent: bearer(json!({ "sub": "agent" })),
        person: bearer(json!({ "sub": "pat", "groups": ["release"] })),
        config,
        upstream,
    };
    let id = gateway.asked();
    assert_eq!(gateway.asked(), id, "told once");
    let mut waited = 0;
    while attempts.load(Ordering::SeqCst) < 3 && waited < 150 {
        thread::sleep(Duration::from_millis(100));
        waited += 1;
    }
    let notices = chat.take();
    assert_eq!(notices.len(), 3, "two fail, the third is taken");
    for notice in notices {
        let text = |name| String::from_utf8(notice.header(name).unwrap_or_default().into());
        let (time, signature) = (text("x-mcp-policy-time"), text("x-mcp-policy-signature"));
        let body = String::from_utf8(notice.body.clone()).expect("a text");
        let signed = format!("{}.{body}", time.expect("a text"));
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let code = hmac::sign(&key, signed.as_bytes());
        let hex: String = code
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(signature.expect("a text"), format!("sha256={hex}"));
        let told: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!((&told["id"], &told["name"]), (&json!(id), &json!("deploy")));
        let sentence = told["text"].as_str().expect("a sentence");
        assert!(sentence.contains(&format!("https://gateway.example/approvals/{id}")));
    }
}
