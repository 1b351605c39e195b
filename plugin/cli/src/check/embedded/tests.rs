//! A policy in a manifest has the findings of the policy alone, at the same characters.

#![allow(clippy::expect_used, reason = "a test may panic: that is how it fails")]

use crate::check::checker::{check, checked};
use crate::check::file::check_file;
use crate::check::location::Located;
use crate::check::report::Options;
use crate::input::Input;
use crate::report::Report as _;
use crate::yaml::{block, quoted};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fs;
use std::path::Path;

/// A case of the corpus, as far as its policy.
#[derive(Deserialize)]
struct Case {
    policy: Option<Box<RawValue>>,
    policy_text: Option<String>,
}

/// All policies of `policies/invalid` that look like one.
fn policies() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/invalid");
    let files = fs::read_dir(folder).expect("policies/invalid");
    let policies = files.map(|file| {
        let text = fs::read_to_string(file.expect("a file").path()).expect("it can be read");
        let case: Case = serde_json::from_str(&text).expect("a case");
        let policy = case.policy.map(|policy| policy.get().to_owned());
        policy.or(case.policy_text).expect("a policy")
    });
    let is_policy =
        |text: &String| text.trim_start().starts_with('{') && text.contains("\"version\"");
    policies.filter(is_policy).collect()
}

fn in_envoy(value: &str) -> String {
    format!(
        "static_resources:\n  a:\n    configuration:\n      \"@type\": type.googleapis.com/google.protobuf.StringValue\n      value: {value}\n    name: b\n"
    )
}

fn in_istio(policy: &str) -> String {
    format!(
        "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nspec:\n  pluginConfig:\n    {}\n",
        policy.replace('\n', "\n    ")
    )
}

fn file(text: &str) -> Input {
    Input {
        name: "manifest.yaml".into(),
        bytes: text.into(),
    }
}

fn found(text: &str) -> Vec<Located> {
    let reports = check_file(&file(text), None, &Options::default(), None).expect("it is checked");
    reports
        .into_iter()
        .flat_map(|report| report.diagnostics)
        .collect()
}

/// The findings of a text, each with its place and the characters there without spaces.
fn seen(found: &[Located], text: &str, written: impl Fn(&str) -> String) -> Vec<String> {
    let found = found
        .iter()
        .filter(|found| found.name != "no-header-holding");
    let seen = found.map(|found| {
        let on = written(text.get(found.span.clone()).expect("a span"));
        let on: String = on.chars().filter(|char| !char.is_whitespace()).collect();
        format!("{} {} {} on {on}", found.name, found.at, found.message)
    });
    seen.collect()
}

fn as_it_is(text: &str) -> String {
    text.into()
}

/// Compares the findings in a file around each policy with those of the policy alone, and counts them. `written` turns a part of
/// the file into the characters that it stands for.
fn compared(around: impl Fn(&str) -> Option<String>, written: fn(&str) -> String) -> usize {
    let counts = policies().into_iter().filter_map(|policy| {
        let file = around(&policy)?;
        let alone = checked(policy.as_bytes(), None, None).diagnostics;
        let expected = seen(&alone, &policy, as_it_is);
        assert_eq!(seen(&found(&file), &file, written), expected, "{file}");
        Some(expected.len())
    });
    counts.sum()
}

#[test]
fn findings_in_a_block_are_those_of_the_policy_alone() {
    // A text that is no literal block is in quotes, which the next test is about.
    let block =
        |policy: &str| Some(in_envoy(&block(policy, 8))).filter(|file| file.contains("value: |"));
    let count = compared(block, as_it_is);
    assert!(count > 150, "{count} findings");
}

#[test]
fn findings_in_quotes_are_those_of_the_policy_alone() {
    let unescaped =
        |text: &str| serde_json::from_str(&format!("\"{text}\"")).expect("whole escapes");
    let quotes = |policy: &str| Some(in_envoy(&serde_json::Value::from(policy).to_string()));
    let count = compared(quotes, unescaped);
    assert!(count > 200, "{count} findings");
}

#[test]
fn findings_in_an_object_are_those_of_the_policy_alone() {
    let mut count = 0;
    for policy in policies() {
        let alone = checked(policy.as_bytes(), None, None).diagnostics;
        let is_json = serde_json::from_str::<serde_json::Value>(&policy).is_ok();
        // Readers of YAML refuse what JSON forbids, and do not know the escapes of surrogates.
        if !is_json || alone.iter().any(|found| found.name == "json") || policy.contains("\\u") {
            continue;
        }
        let file = in_istio(&policy);
        let places = |found: &[Located]| {
            found
                .iter()
                .map(|found| format!("{} {}", found.name, found.at))
                .collect::<Vec<_>>()
        };
        let of_file = found(&file);
        let of_policy: Vec<_> = of_file
            .into_iter()
            .filter(|found| !["yaml", "no-header-holding"].contains(&found.name))
            .collect();
        assert_eq!(places(&of_policy), places(&alone), "{file}");
        for (own, alone) in of_policy.iter().zip(&alone) {
            let squeezed = |text: &str| {
                text.chars()
                    .filter(|char| !char.is_whitespace())
                    .collect::<String>()
            };
            let on = squeezed(file.get(own.span.clone()).expect("a span"));
            assert_eq!(
                on,
                squeezed(policy.get(alone.span.clone()).expect("a span")),
                "{file}"
            );
            count += 1;
        }
    }
    assert!(count > 150, "{count} findings");
}

#[test]
fn token_in_a_manifest_is_not_shown() {
    let policy = r#"{ "version": "1", "default": "deny",
  "grants": { "a": { "match": { "bearer_sha256": ["s3cr3t"] } } } }"#;
    for file_text in [
        in_envoy(&block(policy, 8)),
        in_envoy(&quoted(policy)),
        in_istio(policy),
    ] {
        let reports =
            check_file(&file(&file_text), None, &Options::default(), None).expect("it is checked");
        let [report] = &reports[..] else {
            panic!("one policy: {file_text}")
        };
        let text = report.text();
        assert!(
            text.contains("bearer_sha256") && !text.contains("s3cr3t"),
            "{text}"
        );
    }
    let control = policy.replace("grants", "tools").replace("match", "s3cr3t");
    let text = check(&file(&control), None, &Options::default()).text();
    assert!(text.contains("s3cr3t"), "{text}");
}

#[test]
fn every_policy_of_a_file_has_its_own_report() {
    let valid = in_istio(r#"{ "version": "1", "default": "deny" }"#);
    let text = format!(
        "{valid}---\n{}",
        in_istio(r#"{ "version": "2", "default": "deny" }"#)
    );
    let reports = check_file(&file(&text), None, &Options::default(), None).expect("it is checked");
    let texts: Vec<_> = reports.iter().map(|report| report.text()).collect();
    assert_eq!(texts.len(), 2);
    assert!(
        texts[0].contains("manifest.yaml (/spec/pluginConfig)"),
        "{texts:?}"
    );
    assert!(
        texts[1].contains("manifest.yaml (document 2, /spec/pluginConfig)"),
        "{texts:?}"
    );
    assert!(texts[1].contains("manifest.yaml:11:18"), "{texts:?}");
}

#[test]
fn file_that_is_not_utf8_is_an_error() {
    let valid = in_istio(r#"{ "version": "1", "default": "deny" }"#).into_bytes();
    let mut damaged = valid.clone();
    let at = damaged
        .iter()
        .position(|byte| *byte == b'"')
        .expect("a quote");
    damaged.insert(at + 1, 0xff);
    let report = |bytes: Vec<u8>| {
        let file = Input {
            name: "manifest.yaml".into(),
            bytes,
        };
        check_file(&file, None, &Options::default(), None).expect("it is checked")
    };
    assert!(report(valid)[0].diagnostics.is_empty());
    assert!(report(damaged)[0].text().contains("this is not UTF-8"));
}

/// Pieces that break manifests, or change what is where.
const PIECES: [&str; 22] = [
    "",
    " ",
    "{",
    "}",
    "[",
    ",",
    ":",
    "\n",
    "\n    ",
    "é\u{1f9ee}",
    "|\n",
    ">-\n",
    "\"",
    "'",
    "---\n",
    "\\u0065",
    "\\xe9",
    "&a ",
    "*a",
    "# c",
    "\t",
    "\r\n",
];

const MISTAKEN: &str = "{ \"version\": \"1\",\n  \"default\": \"dény\",\n  \"tools\": { \"a\": { \"denny\": [true] } } }";

/// A manifest of each kind, with the policy in each of its forms.
fn bases() -> Vec<String> {
    let block = block(MISTAKEN, 8);
    let json = serde_json::Value::from(MISTAKEN).to_string();
    vec![
        in_envoy(&block),
        in_envoy(&json),
        in_envoy(&quoted(MISTAKEN)),
        in_istio(MISTAKEN),
    ]
}

proptest! {
    #[test]
    fn any_file_is_checked_without_a_panic(
        base in prop::sample::select(bases()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, prop::sample::select(&PIECES[..])), 0..5),
    ) {
        let mut text: Vec<char> = base.chars().collect();
        for (at, length, piece) in edits {
            let at = at.index(text.len().saturating_add(1));
            let end = text.len().min(at.saturating_add(length));
            text.splice(at..end, piece.chars());
        }
        let file = file(&text.iter().collect::<String>());
        let reports = check_file(&file, None, &Options::default(), None).expect("it is checked");
        prop_assert!(!reports.is_empty());
        reports.iter().for_each(|report| drop(report.text()));
    }
}
