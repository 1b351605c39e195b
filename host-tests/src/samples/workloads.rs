//! The kinds of exchanges that are measured, each with its policy, request and answer.
//!
//! It measures nothing.

use super::callers;
use super::messages::{call, call_with_arguments};
use super::policies::{self, ENOUGH, LIMITED, LISTED, UNLISTED, policy};
use super::results::{self, Answer};
use serde_json::{Map, Value, json};

/// One kind of exchange.
pub struct Workload {
    /// Its name in tables.
    pub name: &'static str,
    /// The policy of the exchange.
    pub policy: Value,
    /// The claims of the caller's verified token; none without a token.
    pub claims: Map<String, Value>,
    /// The body of the request.
    pub request: Vec<u8>,
    /// The server's answer; `None` where the request is refused.
    pub answer: Option<Answer>,
}

/// The size of a call without large arguments.
pub const BODY: usize = 150;

/// Tools of the largest policy.
pub const MANY: usize = 31_000;

/// A call under ten grants.
pub const FEW_CALLERS: &str = "10 grants, 2 servers, 2 policies, 5 patterns";

/// The same call under ten thousand.
pub const MANY_CALLERS: &str = "10,000 grants, 100 servers, 100 policies, 1,000 patterns";

/// All kinds. The first is the one that others are compared with.
pub fn workloads() -> Vec<Workload> {
    let example = || policy(1, ENOUGH);
    let answered = |name, policy, answer| Workload {
        name,
        policy,
        claims: Map::new(),
        request: call(LIMITED, BODY),
        answer: Some(answer),
    };
    let conditioned = |name, policy, answer| Workload {
        request: call_with_arguments(LIMITED, &policies::conditioned_arguments()),
        ..answered(name, policy, answer)
    };
    let refused = |name, policy, tool| Workload {
        name,
        policy,
        claims: Map::new(),
        request: call(tool, BODY),
        answer: None,
    };
    vec![
        answered("call with a limit", example(), results::empty()),
        Workload {
            request: call(LISTED, BODY),
            ..answered("call without a limit", policy(2, ENOUGH), results::empty())
        },
        answered("result of 4 KB", example(), results::text(4_000)),
        answered("result of 100 KB", example(), results::text(100_000)),
        answered("event stream", example(), results::empty_event()),
        answered("event stream of 4 KB", example(), results::events(4_000)),
        answered(
            "event stream of 100 KB",
            example(),
            results::events(100_000),
        ),
        Workload {
            request: list_request(),
            ..answered("list of 50 tools", policy(26, ENOUGH), results::list(50))
        },
        answered("31,000 tools", policy(MANY, ENOUGH), results::empty()),
        refused("unlisted tool", example(), UNLISTED),
        refused("limit that is full", policy(1, 0), LIMITED),
        conditioned(
            "twenty conditions",
            policies::conditions(),
            results::empty(),
        ),
        answered(
            "result rules, 4 KB",
            policies::result_rules(),
            results::text(4_000),
        ),
        granted(FEW_CALLERS, callers::FEW),
        granted(MANY_CALLERS, callers::MANY),
        answered("ids under way", policies::ids(), results::empty()),
        conditioned("everything", policies::everything(), results::text(4_000)),
    ]
}

/// A call of one of so many callers, which its claims identify.
fn granted(name: &'static str, crowd: callers::Crowd) -> Workload {
    Workload {
        name,
        policy: callers::crowd(crowd, ENOUGH),
        claims: callers::claims(),
        request: call(LIMITED, BODY),
        answer: Some(results::empty()),
    }
}

fn list_request() -> Vec<u8> {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
    request.to_string().into_bytes()
}
