//! Policies in `tests/access/`, each with callers and what they have.

use super::caller_access::Party;
use super::play::access;
use crate::check::tool_index::ToolIndex;
use crate::input::Input;
use crate::listed_tools::ListedTools;
use mcp_policy_cases::CallerFacts;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_json::value::RawValue;
use std::fs;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    policy: Box<RawValue>,
    tools: Option<Json>,
    /// The present time, in seconds since 1970.
    now: Option<u64>,
    callers: Vec<Caller>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Caller {
    #[serde(rename = "as", default, skip_serializing_if = "Option::is_none")]
    grant: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    claims: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    /// Left out in a new file, which `BLESS=1` completes.
    #[serde(default)]
    has: Vec<String>,
}

impl Caller {
    /// The lines of the report, or the error.
    fn seen(&self, case: &Case) -> Vec<String> {
        let listed = case.tools.as_ref().map(|tools| {
            let listed = ListedTools::read(tools.to_string().as_bytes());
            ToolIndex::new(&listed.expect("tools"))
        });
        let policy = Input {
            name: "policy.json".into(),
            bytes: case.policy.get().into(),
        };
        let party = Party {
            caller: CallerFacts {
                grant: self.grant.clone(),
                claims: self.claims.clone(),
                ..CallerFacts::default()
            },
            server: self.server.clone(),
        };
        let access = access(&policy, listed.as_ref(), &party, case.now);
        let text = access.map_or_else(|error| error.to_string(), |access| access.text());
        let plain = anstream::adapter::strip_str(&text).to_string();
        plain.lines().map(str::to_owned).collect()
    }
}

#[test]
fn callers_have_what_the_case_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/access");
    let mut failures = Vec::new();
    let mut count = 0;
    for file in fs::read_dir(folder).expect("tests/access") {
        let path = file.expect("a file").path();
        let text = fs::read_to_string(&path).expect("it can be read");
        let mut case: Case = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!case.why.is_empty(), "{}: `why` is empty", path.display());
        let seen: Vec<_> = case
            .callers
            .iter()
            .map(|caller| caller.seen(&case))
            .collect();
        for (caller, seen) in case.callers.iter_mut().zip(seen) {
            if caller.has != seen {
                failures.push(format!("{}: {seen:#?}", path.display()));
            }
            caller.has = seen;
            count += 1;
        }
        if std::env::var_os("BLESS").is_some() {
            let mut file: Json = serde_json::from_str(&text).expect("JSON");
            file["callers"] = serde_json::to_value(&case.callers).expect("JSON");
            fs::write(&path, crate::layout::document(&file)).expect("it can be written");
            failures.clear();
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    assert!(count > 10, "{count} callers");
}
