//! Turns the plays of `host-tests/browser/playground` into a test: persons and attackers at the playground, in a real browser.
//!
//! It never opens the page itself.

use crate::played::assert_played;
use host_tests::program::Program;
use host_tests::require::{BROWSER, CHROMIUM, NODE, Need, PLAYGROUND, lacks};
use host_tests::root;
use serde_json::{Value, json};
use std::process::Command;

const NEEDS: [Need; 4] = [NODE, CHROMIUM, BROWSER, PLAYGROUND];

/// What must pass of the use of the page, as the program names it.
const USE: [&str; 14] = [
    "caller_facts_decide_and_mistakes_in_them_are_shown",
    "example_is_decided_as_its_case_says",
    "hostile_link_fills_fields_with_texts",
    "link_reopens_the_same_state",
    "link_that_holds_no_state_changes_nothing",
    "list_that_is_none_is_a_mistake",
    "mistake_is_underlined_with_its_message_and_the_fixed_policy_refuses",
    "names_and_values_are_completed_by_the_schema",
    "page_may_not_reach_another_server",
    "page_works_without_a_network",
    "rule_of_a_decision_is_selected_in_the_policy",
    "timeline_shows_which_call_is_refused_and_why",
    "tool_list_gets_classes_attacks_and_a_starter_policy",
    "two_policies_show_which_calls_change",
];
/// And of its looks.
const LOOKS: [&str; 4] = [
    "keyboard_alone_changes_tabs_and_leaves_editors",
    "page_has_no_mistakes_in_any_tab_scheme_and_width",
    "page_with_a_mistake_has_one",
    "person_chooses_dark_and_it_stays",
];

/// The lines that the program prints about a part of the plays.
fn play(part: &str) -> Vec<Value> {
    let options = json!({
        "part": part,
        "site": root().join("target/site"),
        "server": root().join("plugin/js/playground/serve.mjs"),
        "chromium": root().join("target/chromium/chromium"),
        "screenshots": root().join("target/screenshots"),
    });
    let program = root().join("host-tests/browser/playground.mjs");
    Program::lines_of(&program, &options)
}

#[test]
fn playground_holds_in_a_real_browser() {
    if !lacks(&NEEDS) {
        assert_played(&play("use"), &USE);
    }
}

#[test]
fn playground_looks_as_it_must_in_each_scheme_and_width() {
    if lacks(&NEEDS) {
        return;
    }
    let lines = play("looks");
    assert_played(&lines, &LOOKS);
    let times = lines.iter().find_map(|line| line.get("times"));
    println!("the playground: {}", times.expect("the times"));
}

#[test]
fn types_of_the_playground_are_valid() {
    if lacks(&[NODE, PLAYGROUND]) {
        return;
    }
    let node = std::env::var_os("NODE").expect("the path of Node");
    let sources = root().join("plugin/js/playground");
    let compiler = sources.join("node_modules/typescript/bin/tsc");
    let output = Command::new(node)
        .arg(compiler)
        .arg("--project")
        .arg(&sources)
        .output();
    let output = output.expect("Node starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
}
