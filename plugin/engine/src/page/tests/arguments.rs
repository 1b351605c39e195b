//! Turns arguments into lists, and looks for members that are hidden, shortened or confused.
//!
//! It judges no style.

use super::{page_of, read};
use crate::page::arguments::arguments;
use crate::page::tests::DEPLOY;

fn html(json: &str) -> String {
    arguments(read(json).root()).0.into_string()
}

fn doubtful(json: &str) -> usize {
    arguments(read(json).root()).1
}

/// The one value under the name `v`.
fn value(json: &str) -> String {
    let html = html(&format!("{{\"v\":{json}}}"));
    let before = "<em>object of 1 member</em><ul><li><span class=n><bdi dir=ltr>v</bdi></span> ";
    let inside = html
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix("</li></ul>"));
    inside.unwrap_or_else(|| panic!("{html}")).to_owned()
}

#[test]
fn values_of_the_same_look_differ() {
    for (json, expected) in [
        ("1", "<em>number</em> <code class=v>1</code>"),
        (
            "\"1\"",
            "<em>text</em> <div class=v><bdi dir=ltr>1</bdi></div>",
        ),
        ("true", "<em>boolean</em> <code class=v>true</code>"),
        (
            "\"true\"",
            "<em>text</em> <div class=v><bdi dir=ltr>true</bdi></div>",
        ),
        ("null", "<em>null</em>"),
        (
            "\"null\"",
            "<em>text</em> <div class=v><bdi dir=ltr>null</bdi></div>",
        ),
        ("\"\"", "<em>empty text</em>"),
        (
            "\"empty text\"",
            "<em>text</em> <div class=v><bdi dir=ltr>empty text</bdi></div>",
        ),
        ("[]", "<em>empty list</em>"),
        (
            "\"[]\"",
            "<em>text</em> <div class=v><bdi dir=ltr>[]</bdi></div>",
        ),
        ("{}", "<em>empty object</em>"),
    ] {
        assert_eq!(value(json), expected, "{json}");
    }
}

#[test]
fn number_is_shown_as_it_was_written() {
    for number in ["-0", "1.0", "1e400", "12345678901234567890.10", "1E+2"] {
        assert_eq!(
            value(number),
            format!("<em>number</em> <code class=v>{number}</code>")
        );
    }
}

#[test]
fn members_stand_in_the_order_of_the_document() {
    let html = html(r#"{"z":1,"a":{"y":2,"b":[3,{"x":4}]},"m":5}"#);
    let places: Vec<_> = ["z", "a", "y", "b", "x", "m"]
        .map(|name| html.find(&format!(">{name}</bdi>")).unwrap())
        .into();
    assert!(places.is_sorted(), "{html}");
    for path in ["/a/y", "/a/b", "/a/b/0", "/a/b/1", "/a/b/1/x"] {
        assert!(html.contains(&format!("<small>{path}</small>")), "{path}");
    }
    assert!(
        !html.contains("<small>/z</small>"),
        "a member at the top is its own path"
    );
}

#[test]
fn nested_lists_close_each_element() {
    assert_eq!(
        value("[[1],[]]"),
        "<em>list of 2</em><ul><li><span class=n>[0]</span> <small>/v/0</small> <em>list of 1</em><ul>\
         <li><span class=n>[0]</span> <small>/v/0/0</small> <em>number</em> <code class=v>1</code></li></ul></li>\
         <li><span class=n>[1]</span> <small>/v/1</small> <em>empty list</em></li></ul>"
    );
}

#[test]
fn path_writes_slashes_as_a_json_pointer_and_other_characters_in_ascii() {
    let html = html("{\"a/b~\":{\"\u{440}<\":1}}");
    assert!(
        html.contains("<small>/a~1b~0/\\u0440&lt;</small>"),
        "{html}"
    );
}

#[test]
fn long_path_keeps_its_end_and_the_name_is_whole() {
    let name = "x".repeat(500);
    let html = html(&format!("{{\"{name}\":{{\"last\":1}}}}"));
    assert!(html.contains(&format!("<small>…{}/last</small>", "x".repeat(75))));
    assert!(html.contains(&format!("<bdi dir=ltr>{name}</bdi>")));
}

#[test]
fn long_text_is_whole_and_has_its_length() {
    let text = "x".repeat(30_000);
    let expected =
        format!("<em>text of 30000 characters</em> <div class=v><bdi dir=ltr>{text}</bdi></div>");
    assert_eq!(value(&format!("\"{text}\"")), expected);
    assert!(value(r#""a\nb""#).starts_with("<em>text in 2 lines</em>"));
}

#[test]
fn names_that_look_alike_differ() {
    let html = html("{\"path\":1,\"p\u{430}th\":2,\"path \":3,\"pa\u{200b}th\":4,\"\":5}");
    for name in [
        "<bdi dir=ltr>path</bdi></span>",
        "<bdi dir=ltr><mark>p\u{430}th</mark></bdi><span class=w>Warning",
        "&quot;p\\u0430th&quot;",
        "<bdi dir=ltr>path<i>·</i></bdi>",
        "<bdi dir=ltr>pa<b>U+200B</b>th</bdi>",
        "<li><em>empty name</em> ",
    ] {
        assert!(html.contains(name), "{name} in {html}");
    }
}

#[test]
fn doubtful_names_and_texts_are_counted() {
    assert_eq!(doubtful(r#"{"a":"b","c":["d",1,null]}"#), 0);
    assert_eq!(
        doubtful("{\"a\":\"caf\u{e9}\",\"b\":\"\u{441}\u{43e}\u{440}\"}"),
        0
    );
    assert_eq!(
        doubtful("{\"p\u{430}th\":\"\u{202e}\",\"c\":[\"\u{5d0}\",1]}"),
        3
    );
}

#[test]
fn markup_in_names_and_texts_is_text() {
    let page = page_of(
        DEPLOY,
        r#"{"</span><script>":"</div><form action=//evil>","b":"\"onload=x"}"#,
    );
    assert_eq!(page.matches("<form").count(), 1);
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;/span&gt;&lt;script&gt;"));
    assert!(page.contains("&lt;form action=//evil&gt;"));
}

#[test]
fn deepest_arguments_are_shown() {
    let json = format!("{}7{}", "{\"a\":".repeat(63), "}".repeat(63));
    let html = html(&json);
    assert!(html.contains("<code class=v>7</code>"));
    assert_eq!(html.matches("<ul>").count(), html.matches("</ul>").count());
}

#[test]
fn page_of_the_longest_arguments_is_bounded() {
    let deep = ("{\"aaaaaaaa\":[".repeat(31), "]}".repeat(31));
    for arguments in [
        format!("{{\"a\":[{}1]}}", "1,".repeat(16_000)),
        format!("{{\"a\":\"{}\"}}", "\u{200b}\u{200c}".repeat(5_400)),
        format!("{{\"a\":\"{}\"}}", "\\n ".repeat(10_000)),
        format!("{}{}\"\"{}", deep.0, "\"\",".repeat(10_000), deep.1),
    ] {
        let page = page_of(DEPLOY, &arguments);
        let times = page.len().div_ceil(arguments.len());
        assert!(
            times < 64,
            "{times} times as long as {} bytes",
            arguments.len()
        );
    }
}
