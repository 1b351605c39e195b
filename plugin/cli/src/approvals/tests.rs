//! Answers in `tests/fixtures/approvals/`, and the reports on them. `BLESS=1` writes the reports.

use super::{Address, Asked, Decided, Decision, Form, GatewayAnswer, Id, Pending, Question, Shown};
use crate::invisible::is_invisible;
use crate::report::{CommandResult, Report};
use crate::{layout, sanitize};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};

const URL: &str = "https://gateway.example/approvals";
const ID: &str = "5f3a9c0e7b1d4a2f8e6c0b9d7a5f3e1c";
/// 2026-11-29T22:03:20Z.
const NOW: u64 = 1_795_989_800;

/// One answer of a gateway, and the report on it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    command: String,
    #[serde(default = "ok", skip_serializing_if = "is_ok")]
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    /// The body as JSON, or else as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default)]
    exit: u8,
    #[serde(default)]
    report: Vec<String>,
    #[serde(default)]
    json: String,
}

fn ok() -> u16 {
    200
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_ok(status: &u16) -> bool {
    *status == 200
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/approvals")
}

fn id() -> Id {
    Id::whole(ID).expect("an id")
}

fn answer(body: &str) -> GatewayAnswer {
    GatewayAnswer {
        url: format!("{URL}/{ID}?csrf=hunter2"),
        status: 200,
        location: None,
        body: body.into(),
    }
}

/// The exit code, the text and the JSON of a report, or the error.
fn told(asked: CommandResult<Asked<impl Report>>) -> (u8, String, String) {
    let of = |report: &dyn Report| {
        let text = anstream::adapter::strip_str(&report.text()).to_string();
        (report.status().code(), text, report.json().expect("JSON"))
    };
    match asked {
        Ok(Asked::Answered(report)) => of(&report),
        Ok(Asked::Refused(refused)) => of(&refused),
        Err(error) => (2, format!("{error}\n"), String::new()),
    }
}

impl Case {
    fn answer(&self) -> GatewayAnswer {
        let body = self.body.as_ref().map(Json::to_string);
        let body = body.or_else(|| self.text.clone()).unwrap_or_default();
        GatewayAnswer {
            status: self.status,
            location: self.location.clone(),
            ..answer(&body)
        }
    }

    fn told(&self) -> (u8, String, String) {
        let answer = self.answer();
        match self.command.as_str() {
            "list" => told(Pending::read(&answer, NOW)),
            "show" => told(Shown::read(&answer, &id(), NOW)),
            "approve" => told(Decided::read(&answer, &id(), Decision::Approve)),
            "refuse" => told(Decided::read(&answer, &id(), Decision::Refuse)),
            other => panic!("{other}"),
        }
    }

    fn seen(&self) -> Self {
        let (exit, text, json) = self.told();
        Self {
            why: self.why.clone(),
            command: self.command.clone(),
            status: self.status,
            location: self.location.clone(),
            body: self.body.clone(),
            text: self.text.clone(),
            exit,
            report: text.lines().map(str::to_owned).collect(),
            json: json.trim_end().into(),
        }
    }
}

/// The texts of all cases, with their names.
fn cases() -> Vec<(PathBuf, Case)> {
    let files = fs::read_dir(folder()).expect("a folder");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() > 10, "cases");
    let read = |file: PathBuf| {
        let text = fs::read(&file).expect("it can be read");
        let case = serde_json::from_slice(&text);
        let case = case.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (file, case)
    };
    files.into_iter().map(read).collect()
}

#[test]
fn answer_gives_the_expected_report() {
    for (file, case) in cases() {
        let seen = sanitize::ascii(&layout::file(&case.seen()).expect("JSON"));
        if std::env::var_os("BLESS").is_some() {
            fs::write(&file, &seen).expect("it can be written");
        }
        let expected = fs::read_to_string(&file).expect("it can be read");
        assert!(
            expected == seen,
            "{}: expected\n{expected}seen\n{seen}",
            file.display()
        );
    }
}

#[test]
fn text_of_a_gateway_is_shown_without_hidden_characters_in_narrow_lines() {
    use unicode_width::UnicodeWidthStr as _;
    for (file, case) in cases() {
        let (_, text, json) = case.told();
        let hidden =
            |c: char| c != '\n' && (is_invisible(c) || (!c.is_ascii() && c.is_whitespace()));
        assert!(!text.contains(hidden), "{}: {text:?}", file.display());
        assert!(json.is_ascii(), "{}: {json}", file.display());
        assert!(
            !text.contains("hunter2") && !json.contains("hunter2"),
            "{text}{json}"
        );
        let is_wide = |line: &&str| line.width() > 82 && case.command == "show" && case.exit == 0;
        assert_eq!(text.lines().find(is_wide), None, "{}", file.display());
    }
}

#[test]
fn forged_line_in_an_argument_begins_behind_a_bar() {
    let forged = format!("x{}  args.force = false", " ".repeat(90));
    for value in [
        forged.clone(),
        forged.replace(' ', "\n"),
        forged.replace("args", "\nargs"),
    ] {
        let (_, text, _) = told(Shown::read(&answer(&call(&value)), &id(), NOW));
        assert!(text.contains("args.force"), "{text}");
        let is_forged = |line: &&str| line.trim_start().starts_with("args.force");
        assert_eq!(text.lines().find(is_forged), None, "{text}");
    }
    let honest = call("x").replace(r#"{"note":"x"}"#, r#"{"force":false}"#);
    let (_, text, _) = told(Shown::read(&answer(&honest), &id(), NOW));
    assert!(text.contains("\n  args.force = false\n"), "{text}");
}

/// The answer about a call with a note as its argument.
fn call(note: &str) -> String {
    let call = serde_json::json!({
        "approval": {
            "id": ID, "state": "pending", "grant": "ci", "kind": "tool", "name": "d\u{435}ploy",
            "asked": "2026-11-29T22:00:00.000Z", "expires": "2026-11-29T22:15:00.000Z", "rule": "/tools",
            "arguments": { "note": note }
        },
        "csrf": "hunter2"
    });
    call.to_string()
}

#[test]
fn long_argument_is_shown_whole() {
    let long: String = (0..20_000).map(|number| format!("{number:05};")).collect();
    let (_, text, _) = told(Shown::read(&answer(&call(&long)), &id(), NOW));
    assert!(text.replace("\n  | ", "").contains(&long));
}

fn prepared(
    body: &str,
    decision: Decision,
    reason: &str,
) -> CommandResult<Asked<(Question, Form)>> {
    let shown = Shown::read(&answer(body), &id(), NOW).expect("an answer");
    shown.and_then(|shown| decision.prepare(shown, Some(reason)))
}

#[test]
fn form_holds_the_decision_the_token_and_the_reason() {
    for (decision, reason, expected) in [
        (
            Decision::Approve,
            " ",
            vec![("decision", "approve"), ("csrf", "hunter2")],
        ),
        (
            Decision::Refuse,
            "not now",
            vec![
                ("decision", "refuse"),
                ("csrf", "hunter2"),
                ("reason", "not now"),
            ],
        ),
    ] {
        let Ok(Asked::Answered((_, form))) = prepared(&call("x"), decision, reason) else {
            panic!("{decision:?}");
        };
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        assert_eq!(form, expected);
    }
    assert!(Decision::Approve.reason(&"é".repeat(500)).is_ok());
    assert!(Decision::Approve.reason(&"é".repeat(501)).is_err());
}

#[test]
fn question_is_answered_by_the_name_alone() {
    let Ok(Asked::Answered((question, _))) = prepared(&call("x"), Decision::Approve, "") else {
        panic!("a question");
    };
    assert_eq!(
        question.text(),
        "Approve? Type the name of the tool to go on: "
    );
    for (line, is_answer) in [
        ("d\u{435}ploy\n", true),
        ("\"d\\u0435ploy\"\r\n", true),
        ("deploy\n", false),
        ("y\n", false),
        ("", false),
    ] {
        assert_eq!(question.is_answered_by(line), is_answer, "{line:?}");
    }
}

#[test]
fn person_who_cannot_decide_is_told_before_the_question() {
    let cannot = call("x").replace(r#""csrf":"hunter2""#, r#""cannot":"You made this call.""#);
    let used = call("x")
        .replace(r#","csrf":"hunter2""#, "")
        .replace("pending", "used");
    for (body, sentence) in [
        (cannot.as_str(), "not done: You made this call.\n"),
        (used.as_str(), "not done: This call is used already.\n"),
        (
            r#"{"state":"pending"}"#,
            "not done: You are no approver of this call.\n",
        ),
    ] {
        let Ok(Asked::Refused(refused)) = prepared(body, Decision::Approve, "") else {
            panic!("{body}");
        };
        assert_eq!(
            anstream::adapter::strip_str(&refused.text()).to_string(),
            sentence
        );
    }
    let neither = call("x").replace(r#","csrf":"hunter2""#, "");
    assert!(prepared(&neither, Decision::Approve, "").is_err());
}

#[test]
fn address_is_a_page_with_an_id_or_a_link() {
    let link = format!("{URL}/{ID}");
    for (url, given) in [
        (URL, Some(ID)),
        (&*format!("{URL}/"), Some(ID)),
        (&*link, None),
    ] {
        let (address, found) = Address::with_id(url, given).expect("an address");
        assert_eq!(address.approval(&found), link, "{url}");
        assert!(!found.is_beginning());
    }
    let (_, beginning) = Address::with_id(URL, Some("5f3a9c0e")).expect("an address");
    assert!(beginning.is_beginning());
    for (url, given, part) in [
        (URL, None, "no approval is named"),
        (&*link, Some(ID), "give the link alone"),
        (URL, Some("5f3a9c0"), "is no id of an approval"),
        (URL, Some("5f3a9c0g"), "is no id of an approval"),
        (URL, Some("../../x/"), "is no id of an approval"),
        ("gateway.example/approvals", Some(ID), "not a URL"),
        (
            "ftp://gateway.example/approvals",
            Some(ID),
            "`http` or `https`",
        ),
        ("https:///approvals", Some(ID), "with a host"),
        (
            "https://a:hunter2@gateway.example/approvals?token=hunter2",
            Some(ID),
            "a query",
        ),
    ] {
        let error = Address::with_id(url, given).expect_err(url).to_string();
        assert!(
            error.contains(part) && !error.contains("hunter2"),
            "{url}: {error}"
        );
    }
}

#[test]
fn beginning_of_an_id_stands_for_the_only_one() {
    let (_, list) = cases()
        .into_iter()
        .find(|(file, _)| file.ends_with("list.json"))
        .expect("a list");
    let Ok(Asked::Answered(pending)) = Pending::read(&list.answer(), NOW) else {
        panic!("a list");
    };
    let complete = |text: &str| {
        let (_, id) = Address::with_id(URL, Some(text)).expect("an id");
        pending
            .complete(&id)
            .map(|id| id.text().to_owned())
            .map_err(|error| error.to_string())
    };
    assert_eq!(complete("5f3a9c0e7"), Ok(ID.into()));
    let several = complete("5f3a9c0e").expect_err("two");
    assert!(
        several.contains("several pending approvals begin with `5f3a9c0e`"),
        "{several}"
    );
    let none = complete("00000000").expect_err("none");
    assert!(
        none.contains("no pending approval begins with `00000000`"),
        "{none}"
    );
}

/// The page shows the reports as the command prints them.
#[test]
fn readme_shows_the_reports_of_the_cases() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let page = fs::read_to_string(page).expect("README.md");
    for name in ["list.json", "call.json"] {
        let (_, case) = cases()
            .into_iter()
            .find(|(file, _)| file.ends_with(name))
            .expect(name);
        let report = case.report.join("\n");
        assert!(
            page.contains(&format!("\n{report}\n```")),
            "{name}: README.md lacks\n{report}"
        );
    }
}
