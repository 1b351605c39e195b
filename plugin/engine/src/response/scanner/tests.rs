//! Messages of every form, cut at every byte, compared with the engine's own reader of whole documents.

use super::*;
use crate::words::json::{Bounds, Document, Surrogates};
use proptest::prelude::*;

const DEPTH: usize = 8;

fn scanned(text: &[u8]) -> MessageScanner {
    MessageScanner::of(text, DEPTH)
}

fn finds(text: &str) -> bool {
    let scanner = scanned(text.as_bytes());
    assert_eq!(scanner.fault_at_end(), None, "{text}");
    scanner.may_contain_list()
}

#[test]
fn list_or_request_is_found_however_it_is_written() {
    for text in [
        r#"{"result":{"tools":[]}}"#,
        r#" [ {"id":1, "result" : { "_meta":{"a":[{}]}, "resourceTemplates" : [] } } ] "#,
        r#"{"result":{"\u0074ool\u0073":[]}}"#,
        r#"{"Result":{"TOOLS":[]}}"#,
        "{\"result\":{\"prompt\u{17F}\":[]}}",
        r#"{"result":{"resources\u0000x":[]}}"#,
        r#"{"result":{},"result":{"tools":[]}}"#,
        r#"{"result":{"task":{"inputRequests":{}}}}"#,
        r#"{"METHOD":"x"}"#,
        r#"{"id":1,"error":{}}"#,
    ] {
        assert!(finds(text), "{text}");
    }
}

#[test]
fn list_names_in_other_places_are_ignored() {
    for text in [
        r#""tools""#,
        r#"{"tools":[]}"#,
        r#"{"result":{"content":[{"text":"{\"result\":{\"tools\":[]}}"}]}}"#,
        r#"{"result":{"structuredContent":{"tools":[]}}}"#,
        r#"{"result":{"tool":["tools"],"toolset":"tools","":0,"x tools":0}}"#,
        r#"{"params":[{"tools":[]}]}"#,
    ] {
        assert!(!finds(text), "{text}");
    }
    assert!(!finds(&format!(
        r#"{{"result":{{"{}":0}}}}"#,
        "tools".repeat(100)
    )));
}

#[test]
fn long_name_that_some_reader_ends_early_may_be_a_list() {
    let letter = |b| format!("\\u{b:04x}");
    let escaped: String = "resourceTemplates".bytes().map(letter).collect();
    for name in [
        "tools\\u0000",
        "tools\\u0000\\ud800",
        &format!("{escaped}\\u0000"),
    ] {
        let text = format!(r#"{{"result":{{"{name}{}":[]}}}}"#, "x".repeat(200));
        assert!(finds(&text), "{text}");
    }
}

#[test]
fn faults_in_any_place_are_found() {
    for (text, fault) in [
        (&b"<html>"[..], JsonFault::Syntax),
        (b"{\"a\":NaN}", JsonFault::Syntax),
        (b"[1,]", JsonFault::Syntax),
        (b"{\"a\":1,}", JsonFault::Syntax),
        (b"{\"a\" 1}", JsonFault::Syntax),
        (b"[01]", JsonFault::Syntax),
        (b"[1.e1]", JsonFault::Syntax),
        (b"[+1]", JsonFault::Syntax),
        (b"[1}", JsonFault::Syntax),
        (b"{\"a\":[1", JsonFault::Syntax),
        (b"tru", JsonFault::Syntax),
        (b"-", JsonFault::Syntax),
        (b"{} {}", JsonFault::TrailingData),
        (b"{}\0", JsonFault::TrailingData),
        (b"\xEF\xBB\xBF{}", JsonFault::ByteOrderMark),
        (b"{\0\"\0a\0", JsonFault::Syntax),
        (b"\"\xFF\"", JsonFault::NotUtf8),
        (b"\"\xE2\x80", JsonFault::NotUtf8),
        (b"\"\xC0\xAE\"", JsonFault::NotUtf8),
        (b"\"\n\"", JsonFault::ControlCharacter),
        (b"\"\\x\"", JsonFault::Syntax),
        (b"\"\\u00g0\"", JsonFault::Syntax),
        (b"[[[[[[[[[0]]]]]]]]]", JsonFault::Depth(DEPTH)),
    ] {
        let found = scanned(text).fault_at_end();
        assert_eq!(found, Some(fault), "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn document_is_complete_when_it_is_closed() {
    let text = b" [{\"a\":\"]}\"},[]]";
    for end in 0..text.len() {
        assert!(!scanned(&text[..end]).is_complete(), "{end}");
    }
    assert!(scanned(text).is_complete());
}

#[test]
fn line_separator_cut_anywhere_is_found() {
    for separator in ["\u{85}", "\u{2028}", "\u{2029}"] {
        let text = format!("[\"é{separator}\"]");
        for cut in 0..text.len() {
            let mut scanner = scanned(&text.as_bytes()[..cut]);
            scanner.read(&text.as_bytes()[cut..]);
            assert!(scanner.has_separator(), "cut at {cut}");
            assert_eq!(scanner.fault_at_end(), None);
        }
    }
    assert!(!scanned("[\"\u{2027}é\\u2028\"]".as_bytes()).has_separator());
}

#[test]
fn id_is_known_where_it_is_certain() {
    for (text, id) in [
        (r#"{"jsonrpc":"2.0","id":7}"#, Some("7")),
        (
            r#"{"result":{"id":1,"a":["id"]},"id": -10.5e1 }"#,
            Some("-10.5e1"),
        ),
        (r#"{"id":"a\"\u00e9\\"}"#, Some(r#""a\"\u00e9\\""#)),
        (r#"{"id":null}"#, None),
        (r#"{"id":{"id":1}}"#, None),
        (r#"{"id":1,"id":2}"#, None),
        (r#"{"id":1,"ID":2}"#, None),
        (r#"{"\u0069d":1}"#, None),
        (r#"[{"id":1}]"#, None),
        (r#"{"id":1"#, None),
    ] {
        for cut in 0..text.len() {
            let mut scanner = scanned(&text.as_bytes()[..cut]);
            scanner.read(&text.as_bytes()[cut..]);
            assert_eq!(scanner.id(), id, "{text} cut at {cut}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    /// Apart from duplicate members, both readers accept the same texts, in pieces of any size.
    #[test]
    fn scanner_agrees_with_the_reader_of_documents(text in r#"([\[\]{},: ]|"([a-bé]|\\u[0-9a-f]{4}|\\[nx]){0,2}"|-?[0-9]{1,2}(\.[0-9]?)?(e[+-]?[0-9]?)?|true|nul|"a":){0,12}"#, cut in 0usize..40) {
        let bounds = Bounds { depth: DEPTH, values: 640, surrogates: Surrogates::Opaque };
        let read = Document::read(text.as_bytes(), bounds);
        let strict = match &read {
            Ok(_) => true,
            Err(error) => matches!(error.fault, JsonFault::Duplicate(_)),
        };
        let whole = scanned(text.as_bytes());
        if !matches!(&read, Err(error) if matches!(error.fault, JsonFault::Duplicate(_))) {
            prop_assert_eq!(whole.fault_at_end().is_none(), strict, "{:?}", read.map(|_| ()));
        }
        let cut = cut.min(text.len());
        let mut pieces = scanned(&text.as_bytes()[..cut]);
        pieces.read(&text.as_bytes()[cut..]);
        prop_assert_eq!(pieces.fault_at_end(), whole.fault_at_end());
        prop_assert_eq!(pieces.may_contain_list(), whole.may_contain_list());
    }
}
