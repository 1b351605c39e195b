//! The page of approvals: who sees and decides what.

use super::gateway::*;

#[test]
fn nobody_but_an_approver_decides() {
    let own = r#"{"iss":"i","sub":"agent","role":"release"}"#;
    for (claims, status) in [
        (PERSON, 200),
        (GUARD, 403),
        (AGENT, 403),
        (own, 403),
        (r#"{"iss":"i","role":"releases"}"#, 403),
        ("not JSON", 403),
    ] {
        let mut gateway = Gateway::new();
        let id = gateway.call("deploy", "{}").id();
        let shown = gateway.show(&id, PERSON);
        let stolen = shown["csrf"].as_str().unwrap();
        let shown = gateway.show(&id, claims);
        let token = shown["csrf"].as_str().unwrap_or(stolen);
        let seen = gateway.submit(&id, &format!("decision=approve&csrf={token}"), claims);
        assert_eq!(seen.status(), status, "{claims}: {}", seen.text());
        assert_eq!(
            gateway.call("deploy", "{}").passed(),
            status == 200,
            "{claims}"
        );
    }
}

#[test]
fn form_of_another_visitor_or_approval_is_refused() {
    let mut gateway = Gateway::new();
    let id = gateway.call("drop", "{}").id();
    let other = gateway.call("drop", r#"{"table":"users"}"#).id();
    let own = gateway.csrf(&id);
    let guards = gateway.show(&id, GUARD)["csrf"]
        .as_str()
        .unwrap()
        .to_owned();
    let others = gateway.show(&other, PERSON)["csrf"]
        .as_str()
        .unwrap()
        .to_owned();
    for (form, status) in [
        (format!("decision=approve&csrf={guards}"), 403),
        (format!("decision=approve&csrf={others}"), 403),
        ("decision=approve&csrf=".into(), 403),
        ("decision=approve".into(), 400),
        (format!("csrf={own}"), 400),
        (format!("decision=approve&decision=refuse&csrf={own}"), 400),
        (format!("decision=maybe&csrf={own}"), 400),
        (format!("decision=approve&csrf={own}&more=1"), 400),
        (
            format!("decision=approve&reason={}&csrf={own}", "a".repeat(501)),
            400,
        ),
        (format!("decision=approve&csrf={own}"), 200),
    ] {
        let seen = gateway.submit(&id, &form, PERSON);
        assert_eq!(seen.status(), status, "{form}: {}", seen.text());
    }
}

#[test]
fn form_of_another_site_is_refused() {
    for (site, status) in [
        ("cross-site", 403),
        ("same-site", 403),
        ("same-origin", 200),
    ] {
        let mut gateway = Gateway::new();
        let id = gateway.call("deploy", "{}").id();
        let csrf = gateway.csrf(&id);
        let form = format!("decision=approve&csrf={csrf}");
        let seen = gateway.submit_with(&id, &form, PERSON, &[("sec-fetch-site", site)]);
        assert_eq!(seen.status(), status, "{site}");
    }
}

#[test]
fn visitor_who_is_no_approver_sees_the_state_alone() {
    let mut gateway = Gateway::new();
    let id = gateway.call("deploy", r#"{"service":"web"}"#).id();
    for claims in [None, Some(AGENT)] {
        let shown = gateway.get(&format!("/approvals/{id}"), claims);
        assert_eq!(shown.text(), r#"{"state":"pending"}"#);
        assert_eq!(gateway.get("/approvals", claims).status(), 403);
    }
    let shown = gateway.show(&id, PERSON);
    assert_eq!(shown["approval"]["arguments"]["service"], "web");
    assert_eq!(shown["approval"]["rule"], "/tools/deploy/require_approval");
    let list = gateway.get("/approvals", Some(PERSON)).json();
    assert_eq!(list["approvals"][0]["id"], *id);
    assert_eq!(
        gateway
            .get("/approvals/00000000000000000000000000000000", Some(PERSON))
            .status(),
        404
    );
}

#[test]
fn page_is_no_other_path() {
    let mut gateway = Gateway::new();
    for (path, is_page) in [
        ("/approvals", true),
        ("/approvals?x=1", true),
        ("/approvals/x", true),
        ("/approvalsx", false),
        ("/%61pprovals", false),
        ("/mcp", false),
    ] {
        let seen = gateway.get(path, None);
        let answered = !seen.passed() && seen.json().get("jsonrpc").is_none();
        assert_eq!(answered, is_page, "{path} {seen:?}");
    }
}
