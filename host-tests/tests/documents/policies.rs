//! Checks whole folders of `policies/`: attacks are refused, ordinary work passes, and the tables are complete.
//!
//! It plays nothing: other tests play every case. It ensures that rewritten expectations cannot reverse a refusal.

use host_tests::case::{Attack, Case, Step};
use host_tests::root;
use mcp_policy_cases::corpus::corpus;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

pub(super) fn cases(folder: &str) -> Vec<Case> {
    let all = corpus(&root().join("policies")).unwrap_or_else(|errors| panic!("{errors:?}"));
    let cases: Vec<_> = all
        .into_iter()
        .filter(|case| case.name.starts_with(folder))
        .collect();
    assert!(!cases.is_empty(), "no case is in {folder}");
    cases
}

/// True where the step expects its request forwarded and its response unchanged. A refusal in shadow mode does not
/// count.
fn passes(case: &Case, step: &Step) -> bool {
    let seen = step.expect.as_ref();
    let seen = seen.unwrap_or_else(|| panic!("{}: it expects nothing", case.name));
    let whole = seen.response.as_ref().is_none_or(|seen| seen == "same");
    (seen.forward && whole) || !seen.shadow.is_empty()
}

/// The folders of `policies/servers/`.
fn servers() -> Vec<PathBuf> {
    let folder = root().join("policies/servers");
    let entries = fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut servers: Vec<_> = paths.filter(|path| path.is_dir()).collect();
    servers.sort();
    assert!(servers.len() >= 10);
    servers
}

#[test]
fn each_server_allows_ordinary_work_and_refuses_attacks() {
    let cases = cases("servers/");
    for server in servers() {
        let name = server.file_name().expect("a name").to_string_lossy();
        for (file, passing) in [("ordinary-work.json", true), ("attacks.json", false)] {
            let file = format!("servers/{name}/{file}");
            let case = cases.iter().find(|case| case.name == file);
            let case = case.unwrap_or_else(|| panic!("{file} is missing"));
            for (index, step) in case.steps().iter().enumerate() {
                assert_eq!(passes(case, step), passing, "{file}: step {}", index + 1);
            }
        }
    }
}

/// A policy that refuses everything would stop every attack, so each case begins with a call that passes.
#[test]
fn each_attack_is_refused_and_the_ordinary_call_is_not() {
    for case in cases("attacks/") {
        let steps = case.steps();
        let first = steps.first().expect("it has steps");
        assert!(passes(&case, first), "{}: the ordinary call", case.name);
        let refused = steps.iter().filter(|step| !passes(&case, step)).count();
        assert!(refused > 0, "{}: nothing is refused", case.name);
        let attack = case.attack.as_ref();
        let attack = attack.unwrap_or_else(|| panic!("{}: `attack` is missing", case.name));
        assert_eq!(
            attack.story.matches(['.', '?', '!']).count(),
            3,
            "{}: the story has three sentences",
            case.name
        );
        assert!(well_formed(attack), "{}: {attack:?}", case.name);
    }
}

fn well_formed(attack: &Attack) -> bool {
    let numbered = |id: &str, before: &str, after: &str, digits: usize| {
        let number = id
            .strip_prefix(before)
            .and_then(|id| id.strip_suffix(after));
        number.is_some_and(|n| n.len() == digits && n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let owasp = attack.owasp.iter();
    let mut safe_mcp = attack.safe_mcp.iter();
    owasp.clone().all(|id| numbered(id, "MCP", ":2025", 2))
        && owasp.clone().all(|id| id.as_str() <= "MCP10:2025")
        && safe_mcp.all(|id| numbered(id, "SAFE-T", "", 4))
}

/// The tools in the first column of a server's table.
fn tools_of_the_table(readme: &str) -> Vec<String> {
    let rows = readme.lines().filter(|line| line.starts_with("| `"));
    let first = rows.filter_map(|row| row.split(" | ").next());
    first
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(Into::into)
        .collect()
}

#[test]
fn each_servers_table_has_the_tools_of_its_policy() {
    let index = root().join("policies/servers/README.md");
    let index = fs::read_to_string(index).expect("it can be read");
    for server in servers() {
        let read = |file| fs::read_to_string(server.join(file)).expect("it can be read");
        let policy: Value = serde_json::from_str(&read("policy.json")).expect("JSON");
        let tools = policy["tools"].as_object().expect("an object").keys();
        let table = tools_of_the_table(&read("README.md"));
        let named: BTreeSet<_> = table.iter().cloned().collect();
        assert_eq!(named.len(), table.len(), "{server:?}: a tool stands twice");
        assert_eq!(named, tools.cloned().collect(), "{server:?}");
        let name = server.file_name().expect("a name").to_string_lossy();
        let row = format!("| [{name}]({name}/README.md) | ");
        let row = index.lines().find(|line| line.starts_with(&row));
        let count = format!(" | {} | ", named.len());
        assert!(
            row.is_some_and(|row| row.contains(&count)),
            "{name}:{count}"
        );
    }
}

const END: &str = "<!-- to here -->\n";

#[test]
fn table_of_attacks_is_up_to_date() {
    let begin = "<!-- written by `BLESS=1 make test` -->\n";
    up_to_date("CASES.md", begin, &table());
}

#[test]
fn evaluation_order_is_that_of_the_engine() {
    let stages = mcp_policy::document::evaluation_order().zip(1..);
    let list: String = stages
        .map(|(rule, number)| format!("{number}. {rule}\n"))
        .collect();
    let begin = "<!-- written by `BLESS=1 make test` from the engine's order -->\n";
    up_to_date("LANGUAGE.md", begin, &format!("\n{list}\n"));
}

/// Checks that the part of a page in `policies/` after `begin` is this text; `BLESS=1` writes it.
fn up_to_date(page: &str, begin: &str, text: &str) {
    let path = root().join("policies").join(page);
    let written = fs::read_to_string(&path).expect("it can be read");
    let (before, rest) = written.split_once(begin).expect("the part has a beginning");
    let (_, after) = rest.split_once(END).expect("the part has an end");
    let now = format!("{before}{begin}{text}{END}{after}");
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, now).expect("it can be written");
    } else {
        assert!(now == written, "write it anew with `BLESS=1 make test`");
    }
}

#[test]
fn index_names_every_folder_and_page() {
    let read = |page| fs::read_to_string(root().join("policies").join(page)).expect("a page");
    let index = read("README.md");
    let entries = fs::read_dir(root().join("policies")).expect("the folder can be read");
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let name = entry.file_name().into_string().expect("UTF-8");
        let named = match entry.path().is_dir() {
            true => index.contains(&format!("`{name}/`")),
            false => index.contains(&format!("]({name})")) || name == "README.md",
        };
        assert!(named, "policies/README.md does not name {name}");
    }
}

fn table() -> String {
    let mut table =
        String::from("| attack | what the policy does | OWASP | SAFE-MCP |\n|---|---|---|---|\n");
    for case in cases("attacks/") {
        let attack = case.attack.as_ref().expect("another test finds it missing");
        let name = case
            .name
            .trim_start_matches("attacks/")
            .trim_end_matches(".json");
        let name = name.replace('-', " ");
        let owasp = attack.owasp.join(" ").replace(":2025", "");
        let safe_mcp = attack.safe_mcp.join(" ").replace("SAFE-", "");
        let (file, why) = (&case.name, &case.why);
        let _ = writeln!(table, "| [{name}]({file}) | {why} | {owasp} | {safe_mcp} |");
    }
    table
}
