//! Turns the cases of `policies/recipes/` into their page, and checks that each has calls that pass, calls that are
//! refused, and the nearest call: the one that an obvious but wrong rule would decide the other way.
//!
//! It plays nothing: another test plays every case on every host.

use super::policies::cases;
use host_tests::case::{Case, Step};
use host_tests::root;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;

const OPENING: &str = "\
# How do I …?

Each recipe is a [case](../CASES.md#a-case): every host plays its calls with its policy. The nearest call is the one that an
obvious but wrong rule decides the other way. [The policy language](../LANGUAGE.md) has all keys.

";

const FEWEST: usize = 30;
const WISH: &str = "How do I ";
const NEAREST: &str = "nearest: ";

#[test]
fn each_recipe_passes_some_calls_refuses_others_and_has_the_nearest() {
    let recipes = cases("recipes/");
    assert!(recipes.len() >= FEWEST);
    for case in &recipes {
        let name = &case.name;
        assert!(case.why.starts_with(WISH), "{name}: {}", case.why);
        assert!(case.why.ends_with('?'), "{name}: {}", case.why);
        let steps = case.steps();
        let passing = steps.iter().filter(|step| passes_whole(step)).count();
        assert!(passing > 0, "{name}: nothing passes");
        assert!(passing < steps.len(), "{name}: everything passes");
        let reasons = reasons(case);
        let nearest = reasons.iter().filter(|why| why.starts_with(NEAREST));
        assert_eq!(nearest.count(), 1, "{name}: it has one nearest call");
    }
}

fn passes_whole(step: &Step) -> bool {
    let seen = step.expect.as_ref().expect("a recipe has expectations");
    seen.forward && seen.response.as_ref().is_none_or(|seen| seen == "same")
}

#[test]
fn page_of_recipes_is_up_to_date() {
    let path = root().join("policies/recipes/README.md");
    let page = page(&cases("recipes/"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, page).expect("the page can be written");
    } else {
        let written = fs::read_to_string(path).unwrap_or_default();
        assert!(written == page, "write it anew with `BLESS=1 make test`");
    }
}

fn page(recipes: &[Case]) -> String {
    let mut page = OPENING.to_owned();
    for Case { why, .. } in recipes {
        let wish = why.trim_start_matches(WISH).trim_end_matches('?');
        let _ = writeln!(page, "- [{wish}](#{})", anchor(why));
    }
    for case in recipes {
        let _ = write!(
            page,
            "\n## {}\n\n```json\n{}\n```\n\n",
            case.why,
            policy(case)
        );
        page.push_str("| call | outcome |\n|---|---|\n");
        let mut nearest = String::new();
        for (step, why) in case.steps().iter().zip(reasons(case)) {
            let call = call(step);
            let why = why.strip_prefix(NEAREST).map_or(why.as_str(), |wrong| {
                let _ = write!(nearest, "\n**Nearest call:** {call}: {wrong}.\n");
                "the nearest call"
            });
            let _ = writeln!(page, "| {call}: {why} | {} |", outcome(step));
        }
        page.push_str(&nearest);
    }
    page
}

/// The anchor that GitHub gives a title.
fn anchor(title: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let title = title.to_lowercase();
    title
        .chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}

fn file(case: &Case) -> String {
    let file = fs::read_to_string(root().join("policies").join(&case.name));
    file.expect("the case can be read")
}

/// The `why` of each call.
fn reasons(case: &Case) -> Vec<String> {
    let file: Value = serde_json::from_str(&file(case)).expect("a case is JSON");
    let steps = file["steps"].as_array().expect("a case has steps").iter();
    let reason = |step: &Value| step["why"].as_str().expect("each call has a reason").into();
    steps.map(reason).collect()
}

/// The policy as the file has it, without its indentation.
fn policy(case: &Case) -> String {
    let file = file(case);
    let policy = file.split_once("\"policy\": ").expect("it has a policy").1;
    let (policy, _) = policy.split_once("\n  },").expect("the policy ends");
    format!("{policy}\n  }}").replace("\n  ", "\n")
}

fn call(step: &Step) -> String {
    let at = step.at.as_secs();
    let at = if at == 0 {
        String::new()
    } else {
        format!(", {at} s after the start")
    };
    let Some(body) = step.body.as_deref() else {
        return format!("`{}`{at}", step.method);
    };
    let body: Value = serde_json::from_slice(body).expect("a recipe's bodies are JSON");
    let name = body.pointer("/params/name").or_else(|| body.get("method"));
    let name = name.and_then(Value::as_str).expect("a call has a name");
    let arguments = body
        .pointer("/params/arguments")
        .filter(|value| **value != Value::Object(serde_json::Map::new()));
    let arguments = arguments.map_or_else(String::new, |value| format!(" `{value}`"));
    format!("`{name}`{arguments}{at}")
}

/// The problem of a changed answer, as the audit line tells it.
fn why_changed(response: Option<&Value>) -> String {
    let problem = response.and_then(|seen| seen["problem"].as_str());
    problem.map_or_else(String::new, |problem| format!(": {problem}"))
}

fn outcome(step: &Step) -> String {
    let seen = step.expect.as_ref().expect("a recipe has expectations");
    match (&seen.message, seen.shadow.first()) {
        (Some(message), _) => format!("refused: {message}"),
        (None, Some(rule)) => format!("passes; the audit line names `{rule}`"),
        (None, None) if passes_whole(step) => "passes".into(),
        (None, None) => format!(
            "passes; the answer is changed{}",
            why_changed(seen.response.as_ref())
        ),
    }
}
