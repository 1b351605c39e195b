//! Counts the instructions of every kind of rule and of message in the plugin, and compares them with the bound.

use super::bound::{MESSAGE, READ, STEP, bound};
use super::conditions::conditions;
use super::kinds::{self, Kind, with_shadow};
use super::module::{Sent, instructions};
use super::play::steps;
use serde_json::json;

/// The part of the bound that a message takes under its policy, with the same rules in shadow mode in addition.
fn part(kind: &Kind) -> f64 {
    let policy = with_shadow(&kind.policy).to_string();
    let most = bound(kind.sent.bytes(), kind.sent.events());
    instructions(&policy, &kind.sent) as f64 / most as f64
}

/// Checks that all kinds stay within the bound, and that the most expensive takes more than half of it.
fn held(kinds: &[Kind]) {
    let mut parts: Vec<_> = kinds.iter().map(|kind| (part(kind), kind.name)).collect();
    parts.sort_by(|one, other| other.0.total_cmp(&one.0));
    println!("parts of the bound: {:.2?}", parts.get(..5));
    let most = parts.first().map_or(0.0, |part| part.0);
    assert!(most <= 1.0, "{parts:.2?}");
    assert!(most > 0.5, "half of the bound would hold as well");
}

const SHORT: usize = 96 * 1024;

#[test]
fn no_result_message_or_stream_takes_more_instructions_than_the_bound() {
    let kinds = [
        kinds::results(SHORT),
        kinds::messages(SHORT),
        kinds::names_like_secrets(),
    ];
    held(&[&kinds.concat()[..], &kinds::streams(300)].concat());
}

#[test]
#[ignore = "the long form: `make soak`"]
fn no_message_of_the_default_size_takes_more_instructions_than_the_bound() {
    let bytes = 768 * 1024 - 1024;
    held(&conditions(bytes));
    let kinds = [kinds::results(bytes), kinds::messages(bytes)];
    held(&[&kinds.concat()[..], &kinds::streams(5000)].concat());
}

/// A step stands for the same amount of work in every operation.
#[test]
fn no_kind_of_rule_exceeds_the_instructions_of_its_steps() {
    for kind in [conditions(SHORT), kinds::results(SHORT)].concat() {
        let policy = kind.policy.to_string();
        let steps = steps(&policy, &kind.sent);
        let more = instructions(&policy, &kind.sent).saturating_sub(read(&kind.sent));
        assert!(
            more <= steps * STEP + MESSAGE,
            "{}: {more} instructions for {steps} steps",
            kind.name
        );
    }
}

/// The instructions to read the message under a policy without patterns to redact.
fn read(sent: &Sent) -> u64 {
    let nothing = json!({ "result": { "redact": [] } });
    let policy = json!({ "version": "1", "default": "deny", "tools": { "t": nothing } });
    instructions(&policy.to_string(), sent)
}

#[test]
fn no_message_takes_more_instructions_to_be_read_than_its_bytes_allow() {
    for kind in [kinds::messages(SHORT), kinds::names_like_secrets()].concat() {
        let taken = instructions(&kind.policy.to_string(), &kind.sent);
        let most = MESSAGE + READ * kind.sent.bytes() as u64;
        assert!(taken <= most, "{}: {taken} instructions", kind.name);
    }
}
