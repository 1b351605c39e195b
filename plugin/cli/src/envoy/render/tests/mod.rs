//! Tests that configurations hold exactly the given texts, and that those of `envoy/` are up to date. `BLESS=1` writes these.

#![allow(clippy::expect_used, reason = "a test may panic: that is how it fails")]

mod flags;
pub(super) mod policy_text;
mod servers;
mod shipped;
mod texts;

use super::{Name, Options, PolicySource, RenderReport, render};
use crate::input::Input;
use crate::report::CommandResult;
use saphyr_parser::{Event, Parser};

pub(super) const POLICY: &str =
    r#"{ "version": "1", "default": "deny", "host": { "hold_request_headers": true } }"#;

pub(super) fn options() -> Options {
    let name: Name = "mcp_policy".parse().expect("a name");
    Options {
        upstreams: vec!["http://127.0.0.1:18080".parse().expect("a URL")],
        authorities: None,
        listen: ([127, 0, 0, 1], 10000).into(),
        admin: ([127, 0, 0, 1], 9901).into(),
        domains: Vec::new(),
        wasm: "/etc/envoy/mcp-policy.wasm".into(),
        source: PolicySource::Inline,
        name: name.clone(),
        vm_id: name,
    }
}

fn report(policy: &str, options: &Options) -> CommandResult<RenderReport> {
    let policy = Input {
        name: "policy.json".into(),
        bytes: policy.into(),
    };
    render(Some(&policy), options)
}

fn rendered(policy: &str, options: &Options) -> String {
    let report = report(policy, options).expect("it renders");
    report.configuration().expect("the policy is valid").into()
}

/// The document as a reader of YAML takes it: brackets, and each text behind `=`.
pub(super) fn parts(yaml: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for event in Parser::new_from_str(yaml) {
        let (event, _) = event.expect("YAML");
        match event {
            Event::Scalar(text, ..) => parts.push(format!("={text}")),
            Event::Alias(at) => parts.push(format!("*{at}")),
            Event::MappingStart(..) => parts.push("{".into()),
            Event::MappingEnd => parts.push("}".into()),
            Event::SequenceStart(..) => parts.push("[".into()),
            Event::SequenceEnd => parts.push("]".into()),
            Event::DocumentStart(_) => parts.push("document".into()),
            _ => {}
        }
    }
    parts
}

/// The text behind the last key of this name.
fn text_of(yaml: &str, key: &str) -> String {
    let parts = parts(yaml);
    let at = parts
        .iter()
        .rposition(|part| part.strip_prefix('=') == Some(key));
    let text = at.and_then(|at| parts.get(at.checked_add(1)?)?.strip_prefix('='));
    text.expect("a text").into()
}
