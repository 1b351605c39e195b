//! Ten thousand calls with their audit log: `diff` against policies, beside the calls themselves under the same policies.
//!
//! It never looks into `diff`: it compares what that reports with what happens.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::string_slice,
    reason = "a test may panic: that is how it fails"
)]

mod replay {
    pub(crate) mod calls;
    pub(crate) mod played;
}

use mcp_policy_cli::diff::{Options, diff};
use mcp_policy_cli::{Input, Report as _};

use replay::calls::{Sent, policy, sent};
use replay::played::{Played, play};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

const CALLS: usize = 10_000;
/// At most one call in so many may be undecidable.
const ONE_IN: usize = 20;

/// What `diff` reports, by lines from 1.
struct Told {
    changed: BTreeMap<usize, (bool, bool)>,
    undecidable: BTreeMap<usize, String>,
    text: String,
}

fn input(name: &str, text: String) -> Input {
    Input {
        name: name.into(),
        bytes: text.into_bytes(),
    }
}

fn told(old: Option<&Json>, new: &Json, log: &[String]) -> Told {
    let old = old.map(|old| input("old.json", old.to_string()));
    let (new, log) = (
        input("new.json", new.to_string()),
        input("log", log.join("\n")),
    );
    let report = diff(old.as_ref(), &new, &log, &Options::default()).expect("a report");
    let json: Json = serde_json::from_str(&report.json().expect("JSON")).expect("JSON");
    let allowed = |change: &Json, side: &str| change[side]["allowed"].as_bool().expect("a verdict");
    let line = |line: &Json| usize::try_from(line.as_u64().expect("a line")).expect("a line");
    let changed = json["otherwise"].as_array().expect("a list").iter();
    let changed = changed.map(|one| {
        (
            line(&one["line"]),
            (allowed(one, "old"), allowed(one, "new")),
        )
    });
    let mut undecidable = BTreeMap::new();
    for (why, lines) in json["undecidable"].as_object().expect("an object") {
        let lines = lines.as_array().expect("a list").iter();
        undecidable.extend(lines.map(|one| (line(one), why.clone())));
    }
    Told {
        changed: changed.collect(),
        undecidable,
        text: report.text(),
    }
}

/// The mistakes of a report about lines, each of the call with that number, under the truth about both policies.
fn mistakes(told: &Told, calls: &[Option<usize>], old: &Played, new: &Played) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let line = index + 1;
        let Some(call) = call.filter(|_| !told.undecidable.contains_key(&line)) else {
            continue;
        };
        let truth = (old.allowed[call], new.allowed[call]);
        let said = told.changed.get(&line).copied();
        let said_same = said.is_none() && truth.0 == truth.1;
        if said != Some(truth) && !said_same {
            mistakes.push(format!("call {call}: {said:?} for {truth:?}"));
        }
    }
    mistakes
}

/// The policy, the calls and what happens to them.
fn all() -> &'static (Json, Vec<Sent>, Played) {
    static ALL: OnceLock<(Json, Vec<Sent>, Played)> = OnceLock::new();
    ALL.get_or_init(|| {
        let (policy, sent) = (policy(), sent(CALLS));
        let played = play(&policy, &sent, None);
        (policy, sent, played)
    })
}

fn assert_decidable(what: &str, told: &Told) {
    let count = told.undecidable.len();
    let percent = f64::from(u32::try_from(count).unwrap()) * 100.0 / 10_000.0;
    eprintln!(
        "{what}: {} decided differently, {count} undecidable ({percent:.2} %)",
        told.changed.len()
    );
    assert!(count * ONE_IN <= CALLS, "{what}: {}", told.text);
}

#[test]
fn log_replayed_under_its_own_policy_has_no_difference() {
    let (policy, _, played) = all();
    assert!(played.allowed.iter().filter(|allowed| !**allowed).count() > CALLS / 50);
    assert!(
        played
            .log
            .iter()
            .filter(|line| line.contains("\"refund\""))
            .count()
            > CALLS / 100
    );
    for (what, old) in [("one policy", None), ("two policies", Some(policy))] {
        let told = told(old, policy, &played.log);
        assert_decidable(what, &told);
        assert!(told.changed.is_empty(), "{what}: {}", told.text);
    }
}

/// The policies to which the log is compared.
fn changes(policy: &Json) -> Vec<(&'static str, Json)> {
    let changed = |values: &[(&str, Json)]| {
        let mut policy = policy.clone();
        for (at, value) in values {
            let at = format!("/policies/team/{at}");
            *policy.pointer_mut(&at).expect("a place") = value.clone();
        }
        policy
    };
    let commands = json!(["make", "make test"]);
    let condition = "require/0/conditions/0/value";
    let (run, read) = (
        format!("tools/run/{condition}"),
        format!("tools/read_*/{condition}"),
    );
    let mut sequences = policy.clone();
    sequences["policies"]["team"]["sequence"] = json!([
        { "after": ["read_secret"], "deny": ["export"], "for": "2m" },
        { "after": ["run"], "deny": ["delete"], "for": "20s", "scope": "ip" }
    ]);
    let mut matched = policy.clone();
    matched["grants"]["red"]["match"]["claim"]["team"] = json!("blue-*");
    let lowered = [
        ("tools/run/limits/0/max", json!(3)),
        ("tools/pay/limits/0/max", json!(150)),
    ];
    let scopes = [
        ("tools/run/limits/0/scope", json!("ip")),
        ("tools/pay/limits/1/scope", json!("claim:sub")),
        ("tools/search/limits/0/scope", json!("header:x-env")),
    ];
    vec![
        ("limits lowered", changed(&lowered)),
        (
            "conditions changed",
            changed(&[(&run, commands), (&read, json!(["prod"]))]),
        ),
        (
            "a tool denied",
            changed(&[("tools/export", json!({ "action": "deny" }))]),
        ),
        ("scopes changed", changed(&scopes)),
        ("sequences added", sequences),
        ("a match changed", matched),
    ]
}

/// Compares every second change, the first of them by its position, with the log alone and with the policy that decided.
fn assert_true(first: usize, form: &str, with_old: bool) {
    let (policy, sent, old) = all();
    for (what, new) in changes(policy).into_iter().skip(first).step_by(2) {
        let truth = play(&new, sent, Some(&old.allowed));
        let told = told(with_old.then_some(policy), &new, &old.log);
        assert_decidable(&format!("{what}, {form}"), &told);
        let mistakes = mistakes(&told, &old.calls, old, &truth);
        assert!(mistakes.is_empty(), "{what}, {form}: {mistakes:#?}");
        assert!(
            !told.changed.is_empty(),
            "{what}: nothing is decided otherwise"
        );
    }
}

#[test]
fn calls_decided_against_the_log_are_those_of_the_requests_themselves() {
    assert_true(0, "one policy", false);
}

#[test]
fn calls_decided_by_two_policies_are_those_of_the_requests_themselves() {
    assert_true(1, "two policies", true);
}

#[test]
fn planted_faults_of_a_log_are_found() {
    let (policy, sent, old) = all();
    let changes = changes(policy);
    let new = |what: &str| &changes.iter().find(|(own, _)| *own == what).expect(what).1;
    // A recorded value that was not sent.
    let condition = new("conditions changed");
    let truth = play(condition, sent, Some(&old.allowed));
    let is_made = |line: &String| line.contains(r#""args.command":"make deploy""#);
    let wrong = old
        .log
        .iter()
        .position(|line| is_made(line) && line.contains("\"allow\""));
    let mut log = old.log.clone();
    let line = &mut log[wrong.expect("such a line")];
    *line = line.replace("make deploy", "make test");
    assert_ne!(
        mistakes(&told(None, condition, &log), &old.calls, old, &truth),
        Vec::<String>::new()
    );
    // Lines that are missing.
    let lowered = new("limits lowered");
    let truth = play(lowered, sent, Some(&old.allowed));
    let missing: BTreeSet<_> = truth.first_of_refused(old).into_iter().collect();
    assert!(!missing.is_empty());
    let kept = |index: &usize| !missing.contains(index);
    let indexes: Vec<_> = (0..old.log.len()).filter(kept).collect();
    let log: Vec<_> = indexes
        .iter()
        .map(|index| old.log[*index].clone())
        .collect();
    let calls: Vec<_> = indexes.iter().map(|index| old.calls[*index]).collect();
    let told = told(None, lowered, &log);
    assert_ne!(mistakes(&told, &calls, old, &truth), Vec::<String>::new());
}
