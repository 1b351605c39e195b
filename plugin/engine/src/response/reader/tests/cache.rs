//! Results that their server marks as public, of every length and cut at every byte.

use super::*;
use crate::response::cache::PRIVATE;

fn result(scope: &str, before: usize, after: usize) -> String {
    let (before, after) = ("x".repeat(before), "y".repeat(after));
    format!(
        r#"{{"id":1,"result":{{"contents":"{before}","cacheScope": {scope} ,"text":"{after}"}}}}"#
    )
}

#[test]
fn scope_of_a_result_becomes_private_at_any_length() {
    let public = &[r#""public""#][..];
    let all = &[
        r#""public""#,
        r#""PRIVATE""#,
        r#""privat\u0065""#,
        "null",
        "-1.5e3",
    ][..];
    for (before, after, scopes) in [
        (0, 0, all),
        (1200, 0, public),
        (0, 1200, all),
        (990, 60, all),
    ] {
        let passed = result(PRIVATE, before, after);
        for scope in scopes {
            let text = result(scope, before, after);
            let got = everywhere(Some("1"), &[JSON], &text);
            assert_eq!(
                (&got.body, &got.problems[..]),
                (&passed, &[][..]),
                "{scope}"
            );
            let event = |text: &str| format!("id: 1\ndata: {text}\n\n: ping\n\n");
            let got = everywhere(Some("1"), &[EVENTS], &event(&text));
            assert_eq!(got.body, event(&passed), "{scope}");
            assert_eq!(got.problems, Vec::<String>::new());
        }
        let got = everywhere(Some("1"), &[JSON], &passed);
        assert_eq!(got.body, passed);
    }
}

#[test]
fn scope_that_readers_may_find_elsewhere_is_refused() {
    for members in [
        r#""CacheScope":"public""#,
        r#""cacheScope\u0000":"public""#,
        r#""cacheScope":"private","cacheScope":"public""#,
        r#""cacheScope":"private","CACHESCOPE":"public""#,
    ] {
        for length in [0, 1200] {
            let long = "x".repeat(length);
            let text = format!(r#"{{"id":1,"result":{{"contents":"{long}",{members}}}}}"#);
            let pieces: Vec<_> = text.as_bytes().chunks(1100).collect();
            let got = play(reader(Some("1")), &[JSON], &pieces, false);
            assert!(
                got.body != text && !got.body.contains("public"),
                "{members}"
            );
            assert_eq!(got.problems.len(), 1, "{members}");
        }
    }
    // A member of that name elsewhere is no hint.
    let text =
        r#"{"id":1,"result":{"structuredContent":{"cacheScope":"public"},"a":["cacheScope"]}}"#;
    let got = everywhere(Some("1"), &[JSON], text);
    assert_eq!((got.body.as_str(), got.problems.len()), (text, 0));
}
