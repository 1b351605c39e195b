//! Lists of every kind, compared with the results of another library.

use super::*;
use crate::decide::Caller;
use crate::model::Policy;
use crate::response::cut::spliced;
use crate::response::observers::{Blocked, Observers};
use crate::response::scanner::MessageScanner;
use proptest::prelude::*;
use std::sync::Arc;

/// The cuts in a text.
fn cuts(text: &[u8], visibility: &Visibility) -> Result<Vec<Cut>, Blocked> {
    let scanner = MessageScanner::of(text, 64);
    let rules = Some(Rules::new(visibility.clone()));
    Observers::new(visibility.policy(), rules).cuts(text, &scanner)
}

fn visibility(rest: &str) -> Visibility {
    let text = format!(r#"{{"version":"1","default":"deny"{rest}}}"#);
    let policy = Arc::new(Policy::parse(text.as_bytes()).unwrap());
    Visibility::new(&policy, &Arc::new(Caller::anonymous(&policy))).unwrap()
}

/// The text that passes.
fn filtered(visibility: &Visibility, text: &str) -> String {
    let cuts = cuts(text.as_bytes(), visibility).unwrap();
    String::from_utf8(spliced(text.as_bytes(), &cuts)).unwrap()
}

#[test]
fn only_hidden_elements_and_their_commas_are_cut() {
    let visibility = visibility(r#","tools":{"a":{},"b*":{}}"#);
    for (list, expected) in [
        (r#"[]"#, r#"[]"#),
        (r#"[ {"name":"x"} ]"#, r#"[  ]"#),
        (r#"[ {"name":"x"} , {"name":"y"} ]"#, r#"[  ]"#),
        (r#"[{"name":"a"},{"name":"x"}]"#, r#"[{"name":"a"}]"#),
        (r#"[{"name":"x"}, {"name":"a"} ]"#, r#"[{"name":"a"} ]"#),
        (
            r#"[{"name":"x"},{"name":"y"} , {"n":1e400,"name":"\u0061"},  {"name":"z"} ,{"name":"bb"}, {"name":"A"} ]"#,
            r#"[{"n":1e400,"name":"\u0061"} ,{"name":"bb"} ]"#,
        ),
    ] {
        let text = |list| {
            format!(
                r#"{{"id":1, "result":{{"nextCursor":"\u0061","tools":{list},"_meta":{{}}}} }} "#
            )
        };
        assert_eq!(filtered(&visibility, &text(list)), text(expected), "{list}");
    }
}

#[test]
fn lists_of_every_kind_are_filtered() {
    let visibility = visibility(
        r#","hide":["t2"],"tools":{"t*":{},"t3":{"action":"deny"},"t4":{"action":"hide"}},"prompts":{"p1":{}},"resources":{"file:///r/*":{},"file:///r/b/*":{"action":"hide"}}"#,
    );
    let text = r#"[{"result":{"tools":[{"name":"t1"},{"name":"t2"},{"name":"t3"},{"name":"t4"}],"cacheScope":"public"}},
        {"result":{"cacheScope":"public","prompts":[{"name":"p1"},{"name":"t1"}]}},{"method":"x"},7,
        {"result":{"resources":[{"uri":"file:///r/a","name":"x"},{"uri":"file:///r/b/c"},{"uri":"file:///r/%2e"},{"uri":"http://r"}]}},
        {"result":{"resourceTemplates":[{"uriTemplate":"file:///r/{+x}"},{"uriTemplate":"file:///{x}"}],"cacheScope":"private"}},
        {"result":{"content":[],"cacheScope":"public"}}]"#;
    let expected = r#"[{"result":{"tools":[{"name":"t1"},{"name":"t3"}],"cacheScope":"private"}},
        {"result":{"cacheScope":"private","prompts":[{"name":"p1"}]}},{"method":"x"},7,
        {"result":{"resources":[{"uri":"file:///r/a","name":"x"}]}},
        {"result":{"resourceTemplates":[{"uriTemplate":"file:///r/{+x}"}],"cacheScope":"private"}},
        {"result":{"content":[],"cacheScope":"private"}}]"#;
    assert_eq!(filtered(&visibility, text), expected);
}

#[test]
fn message_that_is_not_strict_json_or_has_an_invalid_list_is_refused() {
    let visibility = visibility("");
    for (text, why, id) in [
        (
            r#"{"id":1,"result":{"tools":[]}"#,
            "it is not JSON (RFC 8259)",
            None,
        ),
        ("{", "it is not JSON (RFC 8259)", None),
        (
            r#"{"id":1,"result":{"tools":[],"tools":[{"name":"x"}]}}"#,
            "an object has a member twice",
            None,
        ),
        (
            r#"{"id":1,"result":{"Tools":[]}}"#,
            "the name of a member is confusable with `tools`",
            Some("1"),
        ),
        (
            r#"{"id":"\u0061","RESULT":{"tools":[]}}"#,
            "the name of a member is confusable with `result`",
            Some(r#""\u0061""#),
        ),
        (
            r#"{"id":null,"result":{"tools":{}}}"#,
            "its `tools` is not an array",
            None,
        ),
        (
            r#"[{},{"id":2,"result":{"resources":[{"name":"x"}]}}]"#,
            "its `resources` has an element without a `uri`",
            Some("2"),
        ),
        (
            r#"{"id":3,"result":{"prompts":["x"]}}"#,
            "its `prompts` has an element without a `name`",
            Some("3"),
        ),
    ] {
        let withheld = cuts(text.as_bytes(), &visibility).unwrap_err();
        let why = format!("The server's message cannot be read: {why}.");
        assert_eq!(
            (withheld.why.to_string(), withheld.id.as_deref()),
            (why, id),
            "{text}"
        );
    }
}

#[test]
fn message_without_a_list_passes_as_it_is() {
    for text in [
        "",
        " \r\n",
        r#"{"result":{"content":[{"text":"\ud800"}],"a":1,"a":2}}"#,
    ] {
        assert_eq!(cuts(text.as_bytes(), &visibility("")), Ok(Vec::new()));
    }
}

#[test]
fn server_request_in_any_place_is_denied() {
    let denied = visibility("");
    let allowed = visibility(r#","methods":{"elicitation/create":{"action":"allow"}}"#);
    let asks = r#"{"a":{"method":"elicitation/create"}}"#;
    for text in [
        r#"{"id":1,"result":{"inputRequests":ASKS}}"#,
        r#"{"id":1,"result":{"task":{"taskId":"1","inputRequests":ASKS}}}"#,
        r#"{"id":1,"result":{"result":{"inputRequests":ASKS}}}"#,
        r#"{"id":1,"error":{"code":-32042,"data":{"elicitations":[{"url":"http://x"}]}}}"#,
        r#"{"method":"notifications/tasks/status","params":{"inputRequests":ASKS}}"#,
        r#"{"method":"notifications/tasks","params":{"task":{"inputRequests":ASKS}}}"#,
        r#"{"method":"elicitation/create","id":1,"params":{}}"#,
    ] {
        let text = text.replace("ASKS", asks);
        let passes =
            |visibility| cuts(text.as_bytes(), visibility).is_ok_and(|cuts| cuts.is_empty());
        assert!(passes(&allowed), "{text}");
        assert!(!passes(&denied), "{text}");
    }
}

#[test]
fn confusable_member_is_refused() {
    let allowed = visibility(r#","tools":{"run":{}}"#);
    for text in [
        r#"{"id":1,"result":{"tools":[{"name":"run","Name":"gone"}]}}"#,
        r#"{"id":1,"result":{"tools":[{"name":"run","name\u0000":"gone"}]}}"#,
        r#"{"id":1,"result":{"inputRequests":{"a":{"method":"ping","Method":"roots/list"}}}}"#,
        r#"{"id":1,"method":"ping","Method":"roots/list"}"#,
        r#"{"id":1,"error":{"code":1,"DATA":{"elicitations":[]}}}"#,
        r#"{"id":1,"error":{"code":1,"data":{"Elicitations":[]}}}"#,
    ] {
        let error = cuts(text.as_bytes(), &allowed).unwrap_err();
        let why = error.why.to_string();
        assert!(why.contains("is confusable with"), "{text} {why}");
    }
}

#[test]
fn element_with_an_undecodable_name_is_cut() {
    let visibility = visibility(r#","tools":{"a*":{}}"#);
    let text = r#"{"id":1,"result":{"tools":[{"name":"a\ud83d"},{"name":"ab","description":"cut \ud83d"}]}}"#;
    let left = r#"{"id":1,"result":{"tools":[{"name":"ab","description":"cut \ud83d"}]}}"#;
    assert_eq!(filtered(&visibility, text), left);
}

fn element() -> impl Strategy<Value = String> {
    (r#"[ab\\]|\\u006[12]|x"#, " {0,2}", any::<bool>()).prop_map(|(name, space, first)| {
        let name = name.replace("\\\\", "").replace("\\\"", "");
        let name = if name == "\\" { "y".into() } else { name };
        match first {
            true => {
                format!(r#"{space}{{{space}"name"{space}:"{name}","n":[1,{{"tools":[]}}]}}{space}"#)
            }
            false => format!(r#"{{"d":"],}}","name":"{name}"}}{space}"#),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    /// The filtered message equals the message that another library rebuilds without the hidden tools.
    #[test]
    fn filtered_message_equals_one_without_the_hidden_elements(elements in proptest::collection::vec(element(), 0..8), all in any::<bool>()) {
        let visibility = visibility(if all { r#","tools":{"a":{},"b":{}}"# } else { r#","tools":{"a":{}}"# });
        let text = format!(r#"{{"id":1,"result":{{"tools":[{}],"z":0}}}}"#, elements.join(","));
        let mut rebuilt: serde_json::Value = serde_json::from_str(&text).unwrap();
        let tools = rebuilt["result"]["tools"].as_array_mut().unwrap();
        tools.retain(|tool| tool["name"] == "a" || all && tool["name"] == "b");
        let out = filtered(&visibility, &text);
        let left: serde_json::Value = serde_json::from_str(&out).unwrap();
        prop_assert_eq!(left, rebuilt);
        // No character is new: the remaining ones are in the text in the same order.
        let mut rest = text.chars();
        prop_assert!(out.chars().all(|c| rest.any(|other| other == c)));
    }
}
