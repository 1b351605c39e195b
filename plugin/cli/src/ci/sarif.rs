//! Turns findings into a log of SARIF 2.1.0, the OASIS standard that code hosts and editors read.
//!
//! It never holds the content of a file.

use super::finding::{Finding, Region, Rule};
use crate::report::{CommandResult, to_json};
use fluent_uri::pct_enc::EString;
use fluent_uri::pct_enc::encoder::{Data, Path};
use serde_json::{Value as Json, json};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The findings of one command, such as `check`, as one run. Code hosts keep the runs of each command apart.
///
/// # Errors
/// When the log cannot be written as JSON.
pub fn sarif(command: &str, findings: &[Finding]) -> CommandResult<String> {
    let mut rules: Vec<&Finding> = Vec::new();
    let mut results = Vec::new();
    for finding in findings {
        let known = rules.iter().position(|one| one.rule == finding.rule);
        let index = known.unwrap_or(rules.len());
        if known.is_none() {
            rules.push(finding);
        }
        results.push(result(finding, index));
    }
    let driver = json!({
        "name": "mcp-policy",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.into_iter().map(rule).collect::<Vec<_>>(),
    });
    let run = json!({
        "tool": { "driver": driver },
        "automationDetails": { "id": format!("mcp-policy/{command}/") },
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    to_json(&json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

/// GitHub asks for the three texts.
fn rule(first: &Finding) -> Json {
    let Rule { name, meaning } = first.rule;
    json!({
        "id": name,
        "shortDescription": { "text": meaning },
        "fullDescription": { "text": meaning },
        "help": { "text": meaning },
        "defaultConfiguration": { "level": first.level.name() },
    })
}

fn result(finding: &Finding, rule: usize) -> Json {
    let physical = json!({ "artifactLocation": artifact(&finding.file) });
    let physical = with(physical, "region", finding.region.map(region));
    let pointer = Some(&finding.pointer).filter(|pointer| !pointer.is_empty());
    let logical = pointer.map(|pointer| json!([{ "fullyQualifiedName": pointer }]));
    let location = json!({ "physicalLocation": physical });
    json!({
        "ruleId": finding.rule.name,
        "ruleIndex": rule,
        "level": finding.level.name(),
        "message": { "text": without_links(&finding.message) },
        "locations": [with(location, "logicalLocations", logical)],
    })
}

/// An object with one more member, if that has a value.
fn with(mut object: Json, name: &str, value: Option<Json>) -> Json {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(name.into(), value);
    }
    object
}

/// Readers make a link of `[text](place)`, which a text of a policy must not.
fn without_links(text: &str) -> String {
    text.replace("](", "] (")
}

fn region(place: Region) -> Json {
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

/// A relative path is relative to the root of the sources, which only the reader knows.
fn artifact(file: &str) -> Json {
    let path = match cfg!(windows) {
        true => file.replace('\\', "/"),
        false => file.to_owned(),
    };
    let uri = encoded(&path);
    // WebAssembly has no absolute paths by itself: the machine around it does.
    if path.starts_with('/') {
        json!({ "uri": format!("file://{uri}") })
    } else if std::path::Path::new(file).is_absolute() {
        json!({ "uri": format!("file:///{uri}") })
    } else {
        json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
    }
}

/// The path of a URI.
fn encoded(path: &str) -> String {
    let mut uri = EString::<Path>::new();
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            uri.push('/');
        }
        uri.encode_str::<Data>(segment);
    }
    uri.into_string()
}
