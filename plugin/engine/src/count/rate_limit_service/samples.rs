//! Charges and services of tests.

use crate::count::charge::{Charge, LimitRef, Subject};
use crate::model::{
    Cost, Counter, HttpEndpoint, Limit, Mode, OnUnavailable, RateLimitProtocol, Refunds, Scope,
    SharedCounters, Window,
};
use crate::words::{Amount, Millis, Place, Rule};
use std::sync::Arc;

pub(super) const NOW: Millis = Millis(1_767_225_618_000);

pub(super) fn charge(name: &str, max: u64, subject: &str) -> Charge {
    let window = Window::Seconds(60);
    let counter = Counter::new(&Place::default(), "limit", name, window, vec![Scope::Grant]);
    let counter = Arc::new(counter);
    let added = (Amount::whole(max), Cost::One);
    let limit = Limit::new(
        counter.clone(),
        added,
        Refunds::Never,
        None,
        Rule::new("tools"),
    );
    Charge {
        counter,
        subject: Subject::Own(subject.into()),
        cost: Amount::ONE,
        refunds: Refunds::Never,
        limits: vec![LimitRef {
            limit: Arc::new(limit),
            mode: Mode::Enforce,
            is_approved: false,
            position: 0,
        }],
    }
}

pub(super) fn counters() -> SharedCounters {
    SharedCounters {
        protocol: RateLimitProtocol::Envoy,
        to: HttpEndpoint {
            cluster: "counters".into(),
            path: String::new(),
            authority: "counters".into(),
            timeout: Millis(50),
        },
        domain: "mcp".into(),
        on_unavailable: OnUnavailable::Deny,
        is_atomic: false,
        key_name: None,
        key: None,
    }
}
