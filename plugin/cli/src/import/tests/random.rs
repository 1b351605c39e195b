//! Generated documents and calls.

use super::Ours;
use super::model::{Condition, Counts, Document, PATTERNS, Rule, State};
use crate::import::document::{COUNTS, DEFAULT_DENY};
use crate::import::importer::translate;
use crate::import::messages::Level;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

const WINDOWS: &[&str] = &["minute", "hour", "day"];
const PATHS: &[&str] = &["args.a", "args.b", "args.a.b", "args.a.b.c"];

fn scalar() -> impl Strategy<Value = Json> {
    select(vec![
        json!(null),
        json!(true),
        json!("true"),
        json!(5),
        json!(5.0),
        json!("5"),
        json!(1.5),
        json!("1.5"),
        json!(-3),
        json!(1_000_000),
        json!("1000000"),
        json!("1e+06"),
        json!("a"),
        json!("main"),
        json!("a\u{b}b"),
        json!(""),
        json!("<nil>"),
        json!("[5]"),
        json!("map[b:5]"),
    ])
}

fn value() -> impl Strategy<Value = Json> {
    prop_oneof![
        6 => scalar(),
        1 => proptest::collection::vec(scalar(), 0..3).prop_map(Json::from),
        1 => scalar().prop_map(|value| json!({ "b": value })),
        1 => scalar().prop_map(|value| json!({ "b": { "c": value } })),
    ]
}

fn arguments() -> impl Strategy<Value = Json> {
    let amounts = select(vec![
        json!(0),
        json!(1),
        json!(2),
        json!(2.5),
        json!(-1),
        json!("1"),
        json!(null),
    ]);
    (
        proptest::option::of(value()),
        proptest::option::of(value()),
        proptest::option::of(amounts),
    )
        .prop_map(|(a, b, n)| {
            let members = [("a", a), ("b", b), ("n", n)];
            members
                .into_iter()
                .filter_map(|(name, value)| Some((name.to_owned(), value?)))
                .collect()
        })
}

fn operand(
    operators: &'static [&'static str],
    value: impl Strategy<Value = Json> + 'static,
) -> BoxedStrategy<(&'static str, Json)> {
    (select(operators), value).boxed()
}

fn condition() -> impl Strategy<Value = Condition> {
    let operand = prop_oneof![
        operand(&["eq", "neq", "contains"], scalar()),
        operand(
            &["in", "not_in"],
            proptest::collection::vec(scalar(), 0..4).prop_map(Json::from)
        ),
        operand(
            &["lt", "lte", "gt", "gte"],
            select(vec![json!(5), json!(1.5), json!(-3), json!(1_000_000)])
        ),
        operand(&["regex"], select(PATTERNS).prop_map(Json::from)),
        operand(&["exists"], any::<bool>().prop_map(Json::from)),
    ];
    (select(PATHS), operand).prop_map(|(path, (op, value))| Condition {
        path: path.into(),
        op,
        value,
    })
}

fn state() -> impl Strategy<Value = State> {
    let bound = (
        select(vec!["lt", "lte"]),
        select(vec![
            json!(0),
            json!(1),
            json!(3),
            json!(2.5),
            json!(-1),
            json!(-0.5),
        ]),
    );
    let from = select(vec![None, None, Some("args.n".to_owned())]);
    (
        select(WINDOWS),
        select(vec![None, Some(0), Some(1), Some(2)]),
        from,
        proptest::option::weighted(0.8, bound),
    )
        .prop_map(|(window, increment, from, bound)| State {
            window,
            increment,
            from,
            bound,
        })
}

fn rule() -> impl Strategy<Value = Rule> {
    let conditions = || proptest::collection::vec(condition(), 1..3);
    prop_oneof![
        1 => Just(Rule::Deny),
        2 => (1_u32..4, select(WINDOWS)).prop_map(|(max, window)| Rule::RateLimit(max, window)),
        6 => (conditions(), proptest::option::weighted(0.3, state())).prop_map(|(conditions, state)| Rule::Evaluate(conditions, state)),
        1 => state().prop_filter("a rule has a condition", |state| state.bound.is_some())
            .prop_map(|state| Rule::Evaluate(Vec::new(), Some(state))),
        1 => proptest::collection::vec(condition(), 0..3).prop_map(Rule::Approval),
        3 => reads(),
    ]
}

fn reads() -> impl Strategy<Value = Rule> {
    let tool = select(vec!["t".to_owned(), "u".to_owned(), "*".to_owned()]);
    let op = select(vec!["lt", "lte", "lt", "lte", "gte", "eq"]);
    let bound = select(vec![json!(0), json!(1), json!(2), json!(3.5), json!(-1)]);
    (tool, 0_usize..2, op, bound)
        .prop_map(|(tool, index, op, bound)| Rule::Reads(tool, index, op, bound))
}

/// Without the rules that read counters that no rule has, which Intercept does not load.
fn loadable(mut document: Document) -> Document {
    let whole = document.clone();
    for rule in document.tools.values_mut().flatten() {
        let no_counter =
            matches!(rule, Rule::Reads(tool, index, ..) if whole.window(tool, *index).is_none());
        if no_counter {
            *rule = Rule::RateLimit(3, "hour");
        }
    }
    document
}

fn document() -> impl Strategy<Value = Document> {
    let rules = || proptest::collection::vec(rule(), 0..3);
    let tools = proptest::collection::btree_map(
        select(vec!["t".to_owned(), "u".to_owned(), "*".to_owned()]),
        rules(),
        0..4,
    );
    let hide = select(vec![
        vec![],
        vec![],
        vec![],
        vec!["u".to_owned()],
        vec!["*".to_owned()],
    ]);
    (any::<bool>(), hide, tools)
        .prop_map(|(deny, hide, tools)| loadable(Document { deny, hide, tools }))
}

/// JSON is YAML. Two counters of a tool have two names.
fn written(document: &Document) -> String {
    let conditions = |conditions: &[Condition]| -> Vec<Json> {
        let written = |condition: &Condition| json!({ "path": condition.path, "op": condition.op, "value": condition.value });
        conditions.iter().map(written).collect()
    };
    let mut tools = json!({});
    for (tool, rules) in &document.tools {
        let scope = if tool == "*" { "_global" } else { tool };
        let rules = rules.iter().enumerate().map(|(index, rule)| match rule {
            Rule::Deny => json!({ "name": "r", "action": "deny" }),
            // The rate limits of one tool would share a counter where they share a window.
            Rule::RateLimit(max, window) => json!({ "name": "r",
                "conditions": [{ "path": format!("state.{scope}.c{index}"), "op": "lte", "value": max }],
                "state": { "counter": format!("c{index}"), "window": window } }),
            Rule::Reads(other, index, op, value) => {
                let scope = if other == "*" { "_global" } else { other };
                let path = format!("state.{scope}.c{index}");
                json!({ "name": "r", "conditions": [{ "path": path, "op": op, "value": value }] })
            }
            Rule::Approval(list) => json!({ "name": "r", "action": "require_approval", "conditions": conditions(list) }),
            Rule::Evaluate(list, state) => {
                let mut list = conditions(list);
                let mut rule = json!({ "name": "r" });
                if let Some(State { window, increment, from, bound }) = state {
                    let path = format!("state.{scope}.c{index}");
                    list.extend(bound.iter().map(|(op, value)| json!({ "path": path, "op": op, "value": value })));
                    rule["state"] = json!({ "counter": format!("c{index}"), "window": window, "increment": increment, "increment_from": from });
                }
                rule["conditions"] = list.into();
                rule
            }
        });
        tools[tool] = json!({ "rules": rules.collect::<Vec<_>>() });
    }
    let default = if document.deny { "deny" } else { "allow" };
    json!({ "version": "1", "default": default, "hide": document.hide, "tools": tools }).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A call that Intercept refuses is refused. A call that it allows is allowed, unless a message says
    /// otherwise.
    #[test]
    fn generated_decisions_are_never_looser_than_intercept(
        document in document(),
        calls in proptest::collection::vec((select(vec!["t", "u", "v"]), arguments(), 0_u64..90_000), 1..12),
    ) {
        let text = written(&document);
        let (policy, messages) = translate(text.as_bytes(), None);
        prop_assume!(messages.worst() < Level::Cannot);
        let known = [COUNTS, DEFAULT_DENY];
        let alike = messages.list.iter().all(|line| line.level == Level::Note || known.contains(&line.message.as_str()));
        let policy = policy.expect("a policy");
        let mut ours = Ours::new(&policy);
        let mut counts = Counts::default();
        let mut now = 1_767_225_600_000;
        for (tool, arguments, later) in calls {
            now += later;
            let theirs = document.allows(&counts, tool, &arguments, now);
            let allowed = ours.allows(tool, Some(&arguments), now);
            prop_assert!(theirs.is_some() || !allowed, "{tool} {arguments} passes\n{text}\n{policy:#}");
            prop_assert!(!alike || allowed == theirs.is_some(), "{tool} {arguments} is refused\n{text}\n{policy:#}");
            // Only calls that both let through are in both counts.
            if let (true, Some(theirs)) = (allowed, theirs) {
                counts = theirs;
            }
        }
    }
}
