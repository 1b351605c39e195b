//! Filters with which Envoy answers a call without a policy: the least cost of a refusal.
//!
//! They read no message.

use crate::filter::filter;
use host_tests::samples::LONGEST;
use serde_json::{Value, json};

/// Receives the whole message, then answers it with a 403.
pub(crate) fn answering() -> Vec<Value> {
    let always = json!({ "numerator": 100, "denominator": "HUNDRED" });
    let abort = json!({ "abort": { "http_status": 403, "percentage": always } });
    vec![
        filter("buffer", "Buffer", json!({ "max_request_bytes": LONGEST })),
        filter("fault", "HTTPFault", abort),
    ]
}
