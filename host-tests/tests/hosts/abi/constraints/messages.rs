//! The messages that every host plays, in their order, and what may be known of each outcome on any host.
//!
//! It never expects an outcome of one host.

use super::super::responses::{LEFT, LIST};
use host_tests::abi::exchange::{Answer, Message, Played};
use host_tests::rpc::call;

/// The policy that every host keeps.
pub(super) const POLICY: &str = r#"{ "version": "1", "default": "deny",
    "tools": { "run": {}, "secret": { "action": "hide" } } }"#;

/// The policy of a host with shared data: one call of `once`.
pub(super) const COUNTING: &str = r#"{ "version": "1", "default": "deny",
    "tools": { "run": {}, "secret": { "action": "hide" },
        "once": { "limits": [ { "counter": "calls", "window": "day", "max": 1 } ] } } }"#;

pub(super) const DENIED: &str = "200 mcp_policy_not_allowed";

/// A message with a name for reports.
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) message: Message,
    /// The policy admits it.
    admitted: bool,
}

fn post(pieces: Vec<Vec<u8>>) -> Message {
    Message {
        method: "POST",
        pieces,
        ..Message::default()
    }
}

fn named(name: &'static str, admitted: bool, message: Message) -> Named {
    Named {
        name,
        message,
        admitted,
    }
}

/// A call of 40 KiB.
fn large(tool: &str) -> Vec<u8> {
    let mut call = call(tool);
    call.extend(vec![b' '; 40 * 1024]);
    call
}

fn in_pieces(body: &[u8]) -> Vec<Vec<u8>> {
    body.chunks(7).map(Into::into).collect()
}

fn with_trailers(message: Message) -> Message {
    Message {
        trailers: true,
        ..message
    }
}

fn list(trailers: bool) -> Message {
    let ask = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    Message {
        answer: Answer {
            media: "application/json",
            pieces: in_pieces(LIST),
            trailers,
        },
        ..post(vec![ask.into()])
    }
}

pub(super) fn bodiless(method: &'static str) -> Message {
    Message {
        method,
        ..Message::default()
    }
}

/// A stream whose second event cannot be read: it is refused when a part of it has gone.
fn broken_stream() -> Message {
    let pieces = [
        ": hello\n\n",
        "event: endpoint\ndata: /messages\n\n",
        "data: {\"tail\":1}\n\n",
    ];
    Message {
        answer: Answer {
            media: "text/event-stream",
            pieces: pieces.map(Into::into).into(),
            trailers: false,
        },
        ..list(false)
    }
}

/// All messages.
pub(super) fn messages() -> Vec<Named> {
    vec![
        named("allowed call", true, post(vec![call("run")])),
        named("denied call", false, post(vec![call("drop_table")])),
        named("call within the limit", true, post(vec![call("once")])),
        named("call beyond the limit", false, post(vec![call("once")])),
        named("list with a hidden tool", true, list(false)),
        named("list that ends in trailers", true, list(true)),
        named("allowed call of 40 KiB", true, post(vec![large("run")])),
        named(
            "denied call of 40 KiB",
            false,
            post(vec![large("drop_table")]),
        ),
        named(
            "allowed call in pieces",
            true,
            post(in_pieces(&call("run"))),
        ),
        named(
            "denied call in pieces",
            false,
            post(in_pieces(&call("drop_table"))),
        ),
        named(
            "allowed call with trailers",
            true,
            with_trailers(post(vec![call("run")])),
        ),
        named(
            "denied call with trailers",
            false,
            with_trailers(post(vec![call("drop_table")])),
        ),
        named("GET without a body", true, bodiless("GET")),
        named("DELETE without a body", true, bodiless("DELETE")),
        named("PATCH without a body", false, bodiless("PATCH")),
        named("POST without a body", false, bodiless("POST")),
        named("stream that is refused midway", true, broken_stream()),
    ]
}

/// The message of this name.
pub(super) fn message(name: &str) -> Message {
    let mut all = messages().into_iter();
    let named = all.find(|named| named.name == name);
    named.expect("there is such a message").message
}

impl Named {
    /// What no host may do.
    pub(super) fn check(&self, played: &Played, host: &str) {
        let at = format!("{} on {host}: {played:?}", self.name);
        let allowed = |line: &&String| line.contains(r#""decision":"allow""#);
        let decisions = played.decisions.iter().filter(allowed).count();
        let sent = self.message.pieces.concat();
        if self.name == "POST without a body" && played.server.as_ref().is_some_and(Vec::is_empty) {
            return;
        }
        match &played.server {
            Some(body) => {
                assert!(self.admitted, "it reached the server: {at}");
                assert_eq!(*body, sent, "the server got other bytes: {at}");
                assert_eq!(decisions, 1, "it passed without one verdict: {at}");
            }
            None => assert_ne!(played.end, "forwarded", "{at}"),
        }
        assert!(
            !played.client.contains("secret"),
            "a hidden tool is shown: {at}"
        );
        assert!(
            !played.client.contains("tail"),
            "a refused stream goes on: {at}"
        );
        if played.server.is_some() && self.name == "list with a hidden tool" {
            assert_eq!(played.client.as_bytes(), LEFT, "{at}");
        }
    }
}
