//! The text of a policy arrives in Envoy byte for byte, whatever it consists of.

use super::super::PolicySource;
use super::{POLICY, options, rendered, text_of};
use crate::yaml::{block, quoted};
use mcp_policy::host::Policy;
use proptest::prelude::*;

/// A policy whose refusal has this text.
fn with_reason(text: &str) -> String {
    format!(
        r#"{{ "version": "1", "default": "deny", "tools": {{ "x": {{ "action": "deny", "reason": "{text}" }} }} }}"#
    )
}

pub(in crate::envoy::render) fn hostile() -> Vec<String> {
    let whole = POLICY.replace(' ', "\n");
    let mut policies = vec![
        POLICY.into(),
        format!("{POLICY}\n"),
        format!("{POLICY}\n\n\n"),
        format!("\n{POLICY}"),
        format!("  {POLICY}\n"),
        format!("\t{POLICY}\n"),
        POLICY.replace(' ', "\n\t"),
        POLICY.replace(' ', "\n\n"),
        POLICY.replace(' ', "\n   \n "),
        POLICY.replace(' ', " \n"),
        POLICY.replace(' ', "\r\n"),
        POLICY.replace(' ', "\r"),
        format!("{whole}   "),
        format!("{whole}\n\t\n"),
    ];
    let texts = [
        "# no comment",
        "---",
        "...",
        "a: b",
        "&a *a !t %d @ ` | > - ? ,",
        "'single' \\\"double\\\" \\\\ \\u0022",
        "{{ name }} {% if %} {# #}",
        "a\u{a0}b",
        "a\u{ad}b",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{2028}b\u{2029}c",
        "a\u{feff}b",
        "a\u{fffe}b",
        "日本語 \u{1f600} \u{10ffff}",
        "  spaces at both ends  ",
        "x\\n\\t\\r",
    ];
    policies.extend(texts.map(with_reason));
    let lines = ["#", "---", "...", "- a", "? b", "%YAML 1.2"];
    policies.extend(lines.map(|line| with_reason(line).replace("\"reason\": ", "\"reason\":\n")));
    policies
}

#[test]
fn policy_is_read_back_byte_for_byte() {
    for policy in hostile() {
        let yaml = rendered(&policy, &options());
        assert_eq!(text_of(&yaml, "value"), policy, "{yaml}");
    }
}

#[test]
fn policy_of_plain_lines_stays_readable() {
    let policy = "{ \"version\": \"1\",\n\t\"default\": \"deny\" }\n";
    let yaml = rendered(policy, &options());
    let lines =
        "value: |\n                    { \"version\": \"1\",\n                    \t\"default\"";
    assert!(yaml.contains(lines), "{yaml}");
}

#[test]
fn policy_until_the_first_is_valid_and_refuses_everything() {
    let mut options = options();
    options.source = PolicySource::File("/etc/envoy/mcp-policy/plugin.json".into());
    let policy = text_of(&rendered(POLICY, &options), "value");
    let policy = Policy::parse(policy.as_bytes()).expect("a policy");
    assert!(policy.host.hold_request_headers);
}

fn value(scalar: &str) -> String {
    text_of(&format!("outer:\n  value: {scalar}\nnext: 1\n"), "value")
}

proptest! {
    #[test]
    fn text_is_read_back_from_quotes(text in any::<String>()) {
        prop_assert_eq!(value(&quoted(&text)), text);
    }

    #[test]
    fn text_is_read_back_from_a_block(text in "[ a#:'\"\\\\{}\\-\n\t\r\u{85}\u{2028}\u{feff}é]{0,30}") {
        prop_assert_eq!(value(&block(&text, 4)), text);
    }
}
