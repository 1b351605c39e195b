//! `approvals` against a gateway that answers as the plugin does: what is sent, what is shown, and the exit codes.

use crate::gateway::{Gateway, ID};
use crate::http::{Clients, start_tls, tls};
use crate::run;

/// The exit code, the standard output and the standard error.
fn told(command: &str, url: &str, options: &[&str]) -> (Option<i32>, String, String) {
    let output = run(&[&["approvals", command, url], options].concat());
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

const TOKEN: [&str; 2] = ["--token-env", "TEST_TOKEN"];

#[test]
fn list_is_that_of_the_gateway() {
    let gateway = Gateway::start();
    let (code, text, error) = told("list", &gateway.url(), &TOKEN);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    let (titles, rows) = text.split_once('\n').expect("a line");
    assert!(titles.starts_with("  id "), "{text}");
    assert!(
        rows.contains("5f3a9c0e7b1d") && rows.contains("tool deploy"),
        "{text}"
    );
    let (code, text, _) = told("list", &gateway.at("/empty"), &TOKEN);
    assert_eq!(
        (code, text.as_str()),
        (Some(0), "no call waits for a person\n")
    );
    let request = gateway.requests().remove(0);
    assert!(request.starts_with("GET /approvals HTTP/1.1"), "{request}");
    assert!(request.contains("accept: application/json"), "{request}");
    let (code, text, _) = told(
        "list",
        &gateway.url(),
        &["--json", "--token-env", "TEST_TOKEN"],
    );
    let list: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((code, &list["approvals"][0]["id"]), (Some(0), &ID.into()));
}

#[test]
fn call_is_shown_by_its_id_its_beginning_or_its_link() {
    let gateway = Gateway::start();
    let link = format!("{}/{ID}", gateway.url());
    let (code, text, _) = told("show", &link, &TOKEN);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("args.branch = \"main\""), "{text}");
    for id in [ID, "5f3a9c0e"] {
        let (code, same, _) = told("show", &gateway.url(), &[&[id], &TOKEN[..]].concat());
        let stable = |text: &str| {
            text.replace(" ago", "")
                .split("asked")
                .next()
                .map(str::to_owned)
        };
        assert_eq!((code, stable(&same)), (Some(0), stable(&text)), "{id}");
    }
    let (code, _, error) = told(
        "show",
        &gateway.url(),
        &[&["00000000"], &TOKEN[..]].concat(),
    );
    assert_eq!(code, Some(2));
    assert!(
        error.contains("no pending approval begins with `00000000`"),
        "{error}"
    );
}

/// `tests/fixtures/approvals/hostile.json` has the same values, and the text that is shown for each.
#[test]
fn hostile_arguments_are_shown_as_escapes() {
    let gateway = Gateway::start();
    let (code, text, _) = told(
        "show",
        &gateway.at("/hostile"),
        &[&[ID], &TOKEN[..]].concat(),
    );
    assert_eq!(code, Some(0), "{text}");
    for shown in [
        r#"args.ansi = "ok\u001b[8mrm"#,
        r#"args.bidi = "user\u202etxt"#,
        r#""d\u0435ploy""#,
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let is_hidden =
        |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{200b}\u{feff}".contains(c));
    assert!(!text.contains(is_hidden), "{text:?}");
    assert!(!text.contains("hunter2"), "the token of the form");
}

#[test]
fn approval_sends_the_form_and_says_the_outcome() {
    let gateway = Gateway::start();
    let options = [&[ID, "--yes", "--reason", "Ticket 4711 & more"], &TOKEN[..]].concat();
    let (code, text, shown) = told("approve", &gateway.url(), &options);
    assert_eq!(
        (code, text.as_str()),
        (
            Some(0),
            &*format!("approved: tool deploy of ci at builds ({ID})\n")
        )
    );
    assert!(shown.contains("args.branch = \"main\""), "{shown}");
    let [get, post] = &gateway.requests()[..] else {
        panic!("two requests");
    };
    assert!(get.starts_with(&format!("GET /approvals/{ID} ")), "{get}");
    assert!(
        post.starts_with(&format!("POST /approvals/{ID} ")),
        "{post}"
    );
    assert!(
        post.contains("content-type: application/x-www-form-urlencoded\r\n"),
        "{post}"
    );
    assert!(post.contains("authorization: Bearer secret\r\n"), "{post}");
    let form = "decision=approve&csrf=hunter2&reason=Ticket+4711+%26+more";
    assert!(post.ends_with(&format!("\r\n\r\n{form}")), "{post}");
    let (code, text, _) = told(
        "refuse",
        &format!("{}/{ID}", gateway.url()),
        &["--yes", "--token-env", "TEST_TOKEN"],
    );
    assert_eq!(
        (code, text.as_str()),
        (
            Some(0),
            &*format!("refused: tool deploy of ci at builds ({ID})\n")
        )
    );
}

#[test]
fn approval_without_a_terminal_needs_yes() {
    let gateway = Gateway::start();
    for command in ["approve", "refuse"] {
        let (code, _, error) = told(command, &gateway.url(), &[&[ID], &TOKEN[..]].concat());
        assert_eq!(code, Some(2), "{error}");
        assert!(
            error.contains("no terminal is there to ask you on"),
            "{error}"
        );
    }
    assert_eq!(gateway.requests(), Vec::<String>::new());
    let (code, ..) = told(
        "approve",
        &gateway.url(),
        &[&[ID, "--yes"], &TOKEN[..]].concat(),
    );
    assert_eq!(
        (code, gateway.requests().len()),
        (Some(0), 2),
        "the control"
    );
}

#[test]
fn refusal_of_the_gateway_is_shown_with_its_sentence() {
    let gateway = Gateway::start();
    for (path, sentence, sent) in [
        ("/own", "You made this call yourself.", 1),
        ("/stranger", "You are no approver of this call.", 1),
        ("/expired", "This call has expired.", 2),
        ("/decided", "`ops:bob` has refused this call already.", 2),
    ] {
        let before = gateway.requests().len();
        let options = [&[ID, "--yes"], &TOKEN[..]].concat();
        let (code, text, _) = told("approve", &gateway.at(path), &options);
        assert_eq!(
            (code, text.as_str()),
            (Some(1), &*format!("not done: {sentence}\n")),
            "{path}"
        );
        assert_eq!(
            gateway.requests().len().saturating_sub(before),
            sent,
            "{path}"
        );
    }
    let (code, text, _) = told("list", &gateway.at("/stranger"), &TOKEN);
    assert_eq!(
        (code, text.as_str()),
        (Some(1), "not done: You are no approver.\n")
    );
    let (code, text, _) = told(
        "show",
        &gateway.at("/stranger"),
        &[&[ID], &TOKEN[..]].concat(),
    );
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.starts_with("pending; the gateway shows the rest to the approvers"),
        "{text}"
    );
}

#[test]
fn answer_that_is_none_of_approvals_is_an_error() {
    let gateway = Gateway::start();
    for (path, part) in [
        (
            "/redirect",
            "the gateway answered 302, a redirect to https://login.example/authorize, which is not followed; if a login is there, send a token",
        ),
        (
            "/text",
            "the gateway answered 200 without strict JSON: line 1, column 1",
        ),
        ("/huge", "its answer is longer than 1048576 bytes"),
        (
            "/slow",
            "it did not answer within 1 seconds; `--timeout` allows more",
        ),
    ] {
        let options = [
            &["--timeout", if path == "/slow" { "1" } else { "30" }],
            &TOKEN[..],
        ]
        .concat();
        let (code, text, error) = told("list", &gateway.at(path), &options);
        assert_eq!((code, text.as_str()), (Some(2), ""), "{path}");
        assert!(
            error.contains(part) && !error.contains("hunter2"),
            "{path}: {error}"
        );
    }
    let (code, text, _) = told("list", &gateway.at("/large"), &TOKEN);
    assert_eq!(
        (code, text.as_str()),
        (Some(0), "no call waits for a person\n"),
        "the control of huge"
    );
    let (code, _, error) = told("list", &gateway.url(), &[]);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("the gateway answered 401 (\"Jwt is missing\"); send a token"),
        "{error}"
    );
    let (code, _, error) = told("list", "http://127.0.0.1:1/approvals", &[]);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("it cannot be reached: nothing listens there"),
        "{error}"
    );
}

/// A redirect of the form would lose the decision or hand it to another server.
#[test]
fn decision_without_a_readable_outcome_is_not_called_done() {
    let gateway = Gateway::start();
    let options = [&[ID, "--yes"], &TOKEN[..]].concat();
    let (code, text, error) = told("approve", &gateway.at("/post-redirect"), &options);
    assert_eq!((code, text.as_str()), (Some(2), ""));
    let part = "whether the decision counts is not known: `mcp-policy approvals show` shows it\n";
    assert!(error.ends_with(part), "{error}");
    let paths: Vec<_> = gateway
        .requests()
        .iter()
        .filter_map(|request| request.split(' ').nth(1).map(str::to_owned))
        .collect();
    assert_eq!(
        paths,
        [
            format!("/post-redirect/{ID}"),
            format!("/post-redirect/{ID}")
        ]
    );
}

#[test]
fn approver_is_known_by_a_certificate() {
    let gateway = Gateway::default();
    let address = start_tls("server", Clients::WithCertificate, gateway.respond());
    let url = format!("https://{address}/approvals");
    let [ca, cert, key] =
        ["ca.pem", "server.pem", "server.key"].map(|file| tls(file).display().to_string());
    let options = ["--ca", &ca, "--token-env", "TEST_TOKEN"];
    let (code, _, error) = told("list", &url, &options);
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.contains("it wants a certificate of the client (mTLS)"),
        "{error}"
    );
    let (code, text, error) = told(
        "list",
        &url,
        &[&options[..], &["--cert", &cert, "--key", &key]].concat(),
    );
    assert_eq!(code, Some(0), "{error}");
    assert!(text.contains("tool deploy"), "{text}");
}
