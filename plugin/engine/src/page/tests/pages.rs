//! Turns approvals into whole pages, and looks for the form, the links and the words.
//!
//! It judges no style: browsers do.

use super::{DECIDE, DEPLOY, EXPIRES, NOW, VISIT, between, page_of, read};
use crate::page::{
    Action, CONTENT_SECURITY_POLICY, Decided, Detail, Standing, Summary, Visit, detail, list,
    notice, status,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

fn page(summary: Summary<'_>, visit: &Visit<'_>, action: &Action<'_>) -> String {
    let document = read("{}");
    let approval = Detail {
        summary,
        message: Some("Deploying needs a person."),
        arguments: document.root(),
        input: None,
        decided: None,
        lately: &[Summary {
            standing: Standing::Used,
            name: "drop",
            ..DEPLOY
        }],
    };
    detail(visit, &approval, action)
}

#[test]
fn policy_of_the_header_admits_the_style_and_nothing_else() {
    let page = notice("Title", "Sentence.");
    let digest = STANDARD.encode(Sha256::digest(between(&page, "<style>", "</style>")));
    assert_eq!(
        CONTENT_SECURITY_POLICY,
        format!(
            "default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
    );
}

#[test]
fn page_names_the_call_its_caller_and_its_times() {
    let page = page(DEPLOY, &VISIT, &DECIDE);
    for part in [
        "<h1><span>Call the tool</span> <bdi dir=ltr>deploy</bdi></h1>",
        "<strong>pending</strong>",
        "<dt>For</dt><dd><bdi dir=ltr>ci</bdi></dd>",
        "<dt>On server</dt><dd><bdi dir=ltr>python</bdi></dd>",
        "<bdi dir=ltr>Deploying needs a person.</bdi>",
        "<bdi dir=ltr>/tools/deploy/require_approval</bdi>",
        "3 minutes ago</span> <time datetime=\"2026-11-30 00:53:20Z\">2026-11-30 00:53:20Z</time>",
        "in 12 minutes</span> <time datetime=\"2026-11-30 01:08:20Z\">2026-11-30 01:08:20Z</time>",
        "<bdi dir=ltr>alice@acme.example</bdi>",
        "<bdi dir=ltr>drop</bdi></a></td><td>used</td>",
        "<title>Approval of tool deploy · mcp-policy</title>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
}

#[test]
fn form_sends_the_token_the_reason_and_the_decision() {
    let page = page(DEPLOY, &VISIT, &DECIDE);
    let form = between(&page, "<form", "</form>");
    for part in [
        " method=\"post\" action=\"/approvals/0123456789abcdef0123456789abcdef\" autocomplete=\"off\">",
        "<input type=\"hidden\" name=\"csrf\" value=\"token\">",
        "<input type=\"text\" id=\"reason\" name=\"reason\" maxlength=\"500\">",
        "name=\"decision\" value=\"refuse\"",
        "name=\"decision\" value=\"approve\"",
    ] {
        assert!(form.contains(part), "{part} in {form}");
    }
}

#[test]
fn first_button_of_the_form_is_off_and_the_next_refuses() {
    let page = page(DEPLOY, &VISIT, &DECIDE);
    let buttons = page.split("<button").skip(1);
    let buttons: Vec<_> = buttons
        .map(|button| button.split_once('>').unwrap().0)
        .collect();
    assert_eq!(
        buttons,
        [
            " disabled hidden",
            " name=\"decision\" value=\"refuse\"",
            " class=\"y\" name=\"decision\" value=\"approve\""
        ]
    );
}

#[test]
fn form_is_absent_where_nothing_can_be_decided() {
    let late = Visit {
        now: EXPIRES,
        ..VISIT
    };
    let soon = Visit {
        now: crate::words::Millis(EXPIRES.0 - 1),
        ..VISIT
    };
    assert!(page(DEPLOY, &soon, &DECIDE).contains("<form"));
    assert!(!page(DEPLOY, &late, &DECIDE).contains("<form"));
    for standing in [
        Standing::Approved,
        Standing::Refused,
        Standing::Cancelled,
        Standing::Used,
        Standing::Expired,
    ] {
        let page = page(Summary { standing, ..DEPLOY }, &VISIT, &DECIDE);
        assert!(
            !page.contains("<form") && !page.contains("token"),
            "{standing:?}"
        );
        assert!(page.contains(&format!("<strong>{}</strong>", standing.name())));
    }
    let cannot = page(DEPLOY, &VISIT, &Action::Cannot("Ask <ops>."));
    assert!(!cannot.contains("<form") && cannot.contains("Ask &lt;ops&gt;."));
}

#[test]
fn decision_is_shown_with_its_reason() {
    let document = read("{}");
    let decided = Decided {
        by: "bob",
        at: NOW,
        reason: Some("<too late>\u{202e}"),
    };
    let approval = Detail {
        summary: Summary {
            standing: Standing::Refused,
            ..DEPLOY
        },
        message: None,
        arguments: document.root(),
        input: None,
        decided: Some(decided),
        lately: &[],
    };
    let page = detail(&VISIT, &approval, &DECIDE);
    assert!(page.contains("<dt>Decided by</dt><dd><bdi dir=ltr>bob</bdi></dd>"));
    assert!(page.contains("&lt;too late&gt;<b>U+202E</b>"), "{page}");
}

#[test]
fn quote_in_an_attribute_stays_in_it() {
    let summary = Summary {
        id: "\"><script>",
        ..DEPLOY
    };
    let action = Action::Decide {
        csrf: "\"><script>",
    };
    let visit = Visit {
        path: "/\"><script>",
        ..VISIT
    };
    for page in [page(summary, &visit, &action), list(&visit, &[summary])] {
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&quot;&gt;&lt;script&gt;"));
    }
}

#[test]
fn names_that_hide_something_are_seen_wherever_they_stand() {
    let name = "de\u{440}loy\u{202e}";
    let summary = Summary {
        name,
        grant: name,
        server: Some(name),
        rule: name,
        ..DEPLOY
    };
    let visit = Visit {
        approver: name,
        ..VISIT
    };
    for page in [page(summary, &visit, &DECIDE), list(&visit, &[summary])] {
        assert!(!page.contains('\u{202e}'), "{page}");
        assert!(page.contains("<mark>de\u{440}loy</mark><b>U+202E</b>"));
        assert_eq!(
            page.matches("de\u{440}loy").count(),
            page.matches("<mark>de\u{440}loy</mark>").count()
        );
    }
    assert!(page(DEPLOY, &VISIT, &DECIDE).contains("<bdi dir=ltr>deploy</bdi>"));
}

#[test]
fn title_of_the_window_is_short_ascii() {
    let name = "\u{5d0}".repeat(100);
    let page = page_of(
        Summary {
            name: &name,
            ..DEPLOY
        },
        "{}",
    );
    let title = between(&page, "<title>", "</title>");
    assert_eq!(
        title,
        format!("Approval of tool {}… · mcp-policy", "\\u05d0".repeat(10))
    );
}

#[test]
fn doubts_stand_beside_the_form() {
    let doubt = "1 text above can look like another";
    assert!(page_of(DEPLOY, "{\"a\":\"\u{202e}\"}").contains(doubt));
    assert!(!page_of(DEPLOY, "{\"a\":\"b\"}").contains(doubt));
}

#[test]
fn answers_to_the_server_are_shown_and_doubted_like_arguments() {
    let (document, input) = (
        read("{}"),
        read("{\"inputResponses\":{\"a\":\"\u{202e}\"}}"),
    );
    let with = |input| {
        let approval = Detail {
            summary: DEPLOY,
            message: None,
            arguments: document.root(),
            input,
            decided: None,
            lately: &[],
        };
        detail(&VISIT, &approval, &DECIDE)
    };
    let heading = "<h2>Sent with the call: answers to an earlier request of the server</h2>";
    assert!(!with(None).contains(heading));
    let page = with(Some(input.root()));
    assert!(
        page.contains(heading) && page.contains("<small>/inputResponses/a</small>"),
        "{page}"
    );
    assert!(page.contains("<b>U+202E</b>") && page.contains("1 text above can look like another"));
}

#[test]
fn list_links_each_approval() {
    let page = list(
        &VISIT,
        &[
            DEPLOY,
            Summary {
                id: "f",
                name: "",
                ..DEPLOY
            },
        ],
    );
    assert!(page.contains("<a class=\"n\" href=\"/approvals/0123456789abcdef0123456789abcdef\"><bdi dir=ltr>deploy</bdi></a>"));
    assert!(page.contains("<a class=\"n\" href=\"/approvals/f\">(empty name)</a>"));
    assert!(!page.contains("No call waits"));
    assert!(list(&VISIT, &[]).contains("No call waits for you."));
}

#[test]
fn link_below_the_root_names_no_host() {
    let page = list(&Visit { path: "/", ..VISIT }, &[DEPLOY]);
    assert!(
        page.contains("href=\"/0123456789abcdef0123456789abcdef\""),
        "{page}"
    );
}

#[test]
fn status_names_the_state_and_the_next_step_alone() {
    let page = status(Standing::Pending);
    assert!(page.contains("<h1>This call is pending</h1>"));
    assert!(page.contains("Ask an approver to sign in and open this link."));
    assert!(status(Standing::Expired).contains("The agent can ask again."));
}

#[test]
fn page_runs_and_loads_nothing() {
    let arguments = "{\"a\":\"<img src=x>\"}";
    for page in [
        page_of(DEPLOY, arguments),
        list(&VISIT, &[DEPLOY]),
        status(Standing::Used),
        notice("<i>", "<img>"),
    ] {
        for never in [
            "<script",
            " src=",
            "<link",
            "<img",
            "http-equiv",
            " style=",
            "url(",
            "@import",
            "<i>",
        ] {
            let escaped = page.replace("&lt;img src=x", "");
            assert!(!escaped.contains(never), "{never} in {page}");
        }
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
        assert_eq!(page.matches("<h1").count(), 1);
        assert_eq!(page.matches("<main>").count(), 1);
    }
}
