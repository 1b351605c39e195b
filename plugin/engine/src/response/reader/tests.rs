//! Whole responses, cut at every byte: the result for the client does not depend on the cut.

use super::*;
use crate::decide::Caller;
use crate::model::Policy;
use crate::read::Head;
use crate::step::Delivery;
use crate::words::json::Document;
use std::sync::Arc;

const POLICY: &str =
    r#"{"version":"1","default":"deny","tools":{"a":{}},"host":{"max_response_bytes":1024}}"#;
const LIST: &str = r#"{"id":1,"result":{"tools":[{"name":"x"},{"name":"a"}]}}"#;
const LEFT: &str = r#"{"id":1,"result":{"tools":[{"name":"a"}]}}"#;
const JSON: (&str, &str) = ("content-type", "application/json");
const EVENTS: (&str, &str) = ("content-type", "Text/Event-Stream; charset=utf-8");

fn reader(id: Option<&str>) -> ResponseReader {
    let policy = Arc::new(Policy::parse(POLICY.as_bytes()).unwrap());
    let visibility = Visibility::new(&policy, &Arc::new(Caller::anonymous(&policy)));
    let mut reader = ResponseReader::new(&policy, visibility, Some("f00d".into()));
    reader.observers.id = id.map(Into::into);
    reader
}

/// The result for the client (bytes and header changes) and for the log (problems).
#[derive(Debug, Default, PartialEq)]
struct Got {
    body: String,
    edit: HeaderEdit,
    problems: Vec<String>,
    broken: bool,
}

fn play(
    mut reader: ResponseReader,
    headers: &[(&str, &str)],
    pieces: &[&[u8]],
    trailers: bool,
) -> Got {
    let mut got = Got::default();
    let head = Response::Head {
        status: 200,
        headers: headers.iter().copied().collect(),
        end_of_stream: false,
    };
    let pieces = pieces
        .iter()
        .enumerate()
        .map(|(index, bytes)| Response::Body {
            bytes: bytes.to_vec(),
            end_of_stream: !trailers && pieces.len() == index.saturating_add(1),
        });
    let mut body = Vec::new();
    let end = trailers.then_some(Response::Trailers);
    let start = [Response::Delivery(Delivery::Sent), head];
    for event in start
        .into_iter()
        .chain(pieces)
        .chain(end)
        .chain([Response::Closed])
    {
        let piece = match &event {
            Response::Body { bytes, .. } => bytes.clone(),
            _ => Vec::new(),
        };
        let passed = reader.pass(event);
        got.problems
            .extend(passed.found.problem.map(|problem| problem.to_string()));
        if !passed.edit.is_empty() {
            got.edit = passed.edit;
        }
        match passed.next {
            Next::Forward => body.extend(piece),
            Next::ReplaceBody(bytes) => body.extend(bytes),
            _ => {
                got.broken = true;
                break;
            }
        }
    }
    got.body = String::from_utf8(body).unwrap();
    got
}

/// The result of a response, which must be the same for every cut and ending.
fn everywhere(id: Option<&str>, headers: &[(&str, &str)], text: &str) -> Got {
    let whole = play(reader(id), headers, &[text.as_bytes()], false);
    for cut in 0..=text.len() {
        let (one, other) = text.as_bytes().split_at(cut);
        assert_eq!(
            play(reader(id), headers, &[one, other], false),
            whole,
            "cut at {cut}"
        );
    }
    let single: Vec<_> = text.as_bytes().chunks(1).collect();
    assert_eq!(
        play(reader(id), headers, &single, false),
        whole,
        "byte by byte"
    );
    // Trailers drop the last event of a stream if it has no blank line.
    if text.ends_with('\n') || !headers.contains(&EVENTS) {
        assert_eq!(
            play(reader(id), headers, &single, true),
            whole,
            "with trailers"
        );
    }
    whole
}

fn error(id: &str, message: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0",{id}"error":{{"code":-31403,"message":"{message}","data":{{"reason":"unreadable","requestId":"f00d"}}}}}}"#
    )
}

#[test]
fn document_loses_hidden_tools() {
    let got = everywhere(
        None,
        &[JSON, ("content-length", "56")],
        &format!("{LIST}\n"),
    );
    assert_eq!(got.body, format!("{LEFT}\n"));
    assert_eq!(got.edit.remove, ["content-length"]);
    assert!(got.problems.is_empty() && got.edit.set.is_empty());
    // A reader may parse the body as JSON whatever its content type is.
    assert_eq!(everywhere(None, &[], LIST).body, LEFT);
    let page = "<html>404</html>";
    assert_eq!(
        everywhere(None, &[("content-type", "text/html")], page).body,
        page
    );
    let got = everywhere(None, &[("content-type", "text/html")], "{NaN");
    assert_eq!(
        got.problems,
        ["The server's message cannot be read: it is not JSON (RFC 8259)."]
    );
}

#[test]
fn each_event_of_a_stream_loses_hidden_tools() {
    let stream = |list| {
        format!(
            "id: 0\ndata: \n\nevent: message\ndata: {list}\nid: 1\n\n: ping\r\n\r\ndata:{{\"id\":2}}\n\n"
        )
    };
    let got = everywhere(None, &[EVENTS], &stream(LIST));
    assert_eq!(got.body, stream(LEFT));
    let lines = |list: &str| format!("data: {}\r\n\r\n", list.replace(',', ",\r\ndata: "));
    let got = everywhere(None, &[EVENTS], &lines(LIST));
    let data: String = got
        .body
        .lines()
        .map(|line| line.strip_prefix("data: ").unwrap_or_default())
        .collect();
    assert_eq!(data, LEFT);
    assert_eq!(got.body.lines().count(), lines(LIST).lines().count());
}

#[test]
fn unreadable_list_is_replaced_by_an_error() {
    let text = r#"{"id":7,"result":{"tools":[{}]}}"#;
    let message =
        "The server's message cannot be read: its `tools` has an element without a `name`.";
    let got = everywhere(Some("1"), &[JSON], text);
    assert_eq!(got.body, error(r#""id":7,"#, message));
    assert_eq!(got.problems, [message]);
    let got = everywhere(
        None,
        &[EVENTS],
        &format!("id: 1\ndata: {text}\n\ndata: {{}}\n\n"),
    );
    assert_eq!(
        got.body,
        format!(
            "id: 1\ndata: {}\n\ndata: {{}}\n\n",
            error(r#""id":7,"#, message)
        )
    );
    assert_eq!(got.problems, [message]);
    // A document that the server cuts off is still answered.
    let got = everywhere(
        Some("1"),
        &[JSON],
        r#"{"id":1,"result":{"tools":[{"name":"x"}"#,
    );
    let message = "The server's message cannot be read: it is not JSON (RFC 8259).";
    assert_eq!(got.body, error(r#""id":1,"#, message));
    // The id of the blocked message is uncertain: only a waiting request gets an error.
    let text = r#"data: {"id":7,"result":{"tools":[],"tools":[]}}"#;
    let got = everywhere(None, &[EVENTS], &format!("{text}\n\n: ping\n\n"));
    assert_eq!(got.body, "\n: ping\n\n");
    let got = everywhere(Some("\"\\u0061\""), &[EVENTS], &format!("{text}\n\n"));
    assert!(
        got.body
            .starts_with(r#"data: {"jsonrpc":"2.0","id":"\u0061","error""#),
        "{}",
        got.body
    );
}

#[test]
fn ambiguous_or_encoded_body_is_refused() {
    let compressed = "The server compressed its response (Content-Encoding) although the gateway asked it not to, so the response cannot be checked.";
    let twice = |name: &str| {
        format!(
            "The server's header `{name}` can be read in two ways, so its response cannot be checked."
        )
    };
    for (headers, message) in [
        (&[JSON, ("content-encoding", "gzip")][..], compressed.into()),
        (&[EVENTS, ("content-encoding", "br")], compressed.into()),
        (&[JSON, JSON], twice("content-type")),
        (
            &[("content-type", "application/json, text/event-stream")],
            twice("content-type"),
        ),
        (
            &[("content-type", "application/json; charset=utf-16")],
            twice("content-type"),
        ),
        (
            &[("content-type", "application/json; x=text/event-stream")],
            twice("content-type"),
        ),
        (
            &[("content-type", "text/plain; x=application/json")],
            twice("content-type"),
        ),
        (
            &[("content-type", "text/event-stream; charset=utf-16le")],
            twice("content-type"),
        ),
        (
            &[("content-type", "text/plain; charset=latin1")],
            twice("content-type"),
        ),
        (
            &[
                ("content-encoding", "identity"),
                ("content-encoding", "gzip"),
            ],
            twice("content-encoding"),
        ),
    ] {
        let first = |pieces: &[&[u8]]| play(reader(Some("1")), headers, pieces, false);
        let got = first(&[b"\x1f\x8b", b"rest"]);
        assert_eq!(got.body, error(r#""id":1,"#, &message));
        assert_eq!(got.problems, [message]);
        assert_eq!(got.edit.remove, ["content-encoding", "content-length"]);
        assert_eq!(got.edit.set, [("content-type", "application/json")]);
    }
}

#[test]
fn too_long_message_is_refused_if_it_may_be_a_list() {
    let too_long = "The server's message exceeds the 1024 bytes that the gateway can check.";
    let long = format!("{LIST}{}", " ".repeat(1024));
    let got = play(reader(Some("1")), &[JSON], &[long.as_bytes(), b" "], false);
    assert_eq!(got.body, error(r#""id":1,"#, too_long));
    let got = everywhere(Some("1"), &[EVENTS], &format!("data: {long}\n\n: ping\n\n"));
    assert!(got.body.ends_with("\n\n: ping\n\n"), "{}", got.body);

    let result = format!(
        r#"{{"id":1,"result":{{"content":"{}"}}}}"#,
        "tools\\\"".repeat(200)
    );
    assert_eq!(everywhere(Some("1"), &[JSON], &result).body, result);
    let stream = format!("id: 1\ndata: {result}\n\ndata: {LIST}\n\n");
    assert_eq!(
        everywhere(Some("1"), &[EVENTS], &stream).body,
        stream.replace(LIST, LEFT)
    );

    let mut lists = reader(Some("1"));
    lists.observers.rules.as_mut().unwrap().lists = true;
    let got = play(lists, &[JSON], &[result.as_bytes()], false);
    assert_eq!(got.body, error(r#""id":1,"#, too_long));
}

#[test]
fn partly_passed_message_with_a_list_is_aborted() {
    let late = "The server's message is longer than the gateway can hold, and a part that must be checked as a whole comes late in it.";
    let start = format!(r#"{{"id":1,"result":{{"a":"{}","#, "a".repeat(1024));
    let end = r#""tools":[{"name":"x"}]}}"#;
    let got = play(
        reader(Some("1")),
        &[JSON],
        &[start.as_bytes(), end.as_bytes()],
        false,
    );
    assert_eq!(
        (&*got.body, got.broken, &*got.problems),
        (&*start, true, &[late.to_owned()][..])
    );
    let start = format!("data: {start}");
    let got = play(
        reader(Some("1")),
        &[EVENTS],
        &[start.as_bytes(), end.as_bytes()],
        false,
    );
    assert_eq!(
        (&*got.body, got.broken, &*got.problems),
        (&*start, true, &[late.to_owned()][..])
    );
    // A blank line after the passed part would complete the event.
    for rest in ["\nid: 2\ndata", "\nx", "\ndata", "\u{1}"] {
        let rest = format!(r#""b":1}}}}{rest}"#);
        let pieces = [start.as_bytes(), rest.as_bytes()];
        let got = play(reader(Some("1")), &[EVENTS], &pieces, false);
        assert!(got.broken && got.body == start, "{rest}");
        assert!(got.problems[0].contains("in two ways"), "{rest}");
    }
    let old = b"event: endpoint\ndata: /messages?id=1\n\n";
    let got = play(reader(None), &[EVENTS], &[old], false);
    assert!(got.broken && got.body.is_empty() && got.problems[0].contains("2024-11-05"));
}

#[test]
fn response_without_a_body_passes_unchanged() {
    for status in [100, 202, 204] {
        let headers = Headers::from_iter([("content-encoding", "gzip")]);
        let passed = reader(None).pass(Response::Head {
            status,
            headers,
            end_of_stream: status != 100,
        });
        assert!(
            matches!(passed.next, Next::Forward)
                && passed.edit.is_empty()
                && passed.found.problem.is_none()
        );
    }
}

#[test]
fn stream_that_can_be_read_in_two_ways_ends_with_an_error() {
    let start = "id: 0\ndata: \n\nevent: message\n";
    let framing = "The server's event stream can be read in two ways, so it ends here: a line ends in CR without LF.";
    let rest = "data: []\rdata: {}\n\ndata: {\"id\":1}\n\n";
    let got = everywhere(Some("1"), &[EVENTS], &format!("{start}{rest}"));
    let expected = format!("{start}\ndata: {}\n\n", error(r#""id":1,"#, framing));
    assert_eq!((got.body, got.broken), (expected, false));
    assert_eq!(got.problems, [framing]);
    // No request waits for an answer on this stream, so the connection is closed.
    let pieces = [start.as_bytes(), rest.as_bytes()];
    let got = play(reader(None), &[EVENTS], &pieces, false);
    assert_eq!((&*got.body, got.broken), (start, true));
}

#[test]
fn message_divided_by_unicode_separators_is_replaced_by_an_error() {
    let message = |text: &str| format!("data: {{\"id\":1,\"result\":{{\"a\":\"{text}\"}}}}\n\n");
    let honest = message("a\u{2028}b \\ud83d data: x\u{85}");
    assert_eq!(everywhere(Some("1"), &[EVENTS], &honest).body, honest);
    let divided = message("\u{2028}\u{2028}data: {}\u{2028}\u{2028}");
    let got = everywhere(Some("1"), &[EVENTS], &divided);
    assert!(
        got.problems[0].contains("splits one message into several"),
        "{got:?}"
    );
}

#[test]
fn redirect_is_answered_by_the_path_to_configure() {
    let head = |status, end_of_stream| Response::Head {
        status,
        headers: [("location", "https://here.example/mcp/"), ("alt-svc", "h3")]
            .into_iter()
            .collect(),
        end_of_stream,
    };
    for end in [true, false] {
        let Next::Reply(reply) = reader(Some("1")).pass(head(307, end)).next else {
            panic!("the redirect passes")
        };
        let message = "The server redirects the request to `/mcp/`, and MCP has no redirects. Configure this path instead.";
        let body = String::from_utf8(reply.body).unwrap();
        assert_eq!((reply.status, body), (502, error(r#""id":1,"#, message)));
        let passed = reader(Some("1")).pass(head(201, end));
        assert!(matches!(passed.next, Next::Forward));
        assert!(passed.edit.remove.starts_with(&["location", "alt-svc"]));
    }
}

#[test]
fn bytes_after_a_document_never_pass() {
    for behind in ["\0", LIST, "x", "[]"] {
        let text = format!("{{}}{behind}");
        for cut in 0..text.len() {
            let (one, other) = text.as_bytes().split_at(cut);
            let got = play(reader(Some("1")), &[JSON], &[one, other], false);
            let passed = match got.broken {
                true => "{}".into(),
                false => error(
                    r#""id":1,"#,
                    "The server's message cannot be read: text follows the JSON document.",
                ),
            };
            assert_eq!(got.body, passed, "{text} cut at {cut}");
        }
    }
}

#[test]
fn message_without_room_is_refused_and_the_next_one_passes() {
    let start = LIST.strip_suffix('}').unwrap();
    let long = format!(r#"{start},"a":"{}"}}"#, "x".repeat(500));
    let no_room = error(r#""id":1,"#, "The gateway holds too many responses right now to check this one. Try again later, or ask for less.")
        .replace("unreadable", "unavailable");
    let crowded = || {
        let mut reader = reader(Some("1"));
        reader.hold_at_most(100);
        reader
    };
    let pieces = |text: &'static str| text.as_bytes().chunks(50).collect::<Vec<_>>();
    let document: &'static str = long.clone().leak();
    assert_eq!(
        play(crowded(), &[JSON], &pieces(document), false).body,
        no_room
    );
    let events: &'static str = format!("data: {long}\n\ndata: {LIST}\n\n").leak();
    let got = play(crowded(), &[EVENTS], &pieces(events), false);
    assert_eq!(got.body, format!("data: {no_room}\n\ndata: {LEFT}\n\n"));
    // A message in one piece need not be held.
    let got = play(crowded(), &[JSON], &[long.as_bytes()], false);
    assert!(got.problems.is_empty());
}

const OTHER: &str = r#"{"version":"1","default":"deny","tools":{"a":{},"b":{"result":{"redact":["secrets"],"block":[{"regex":"CUST"}]}}},"host":{"max_response_bytes":1024}}"#;

/// A reader of the answer to a call of `a`, to which no rule of results applies.
fn answer_to_a() -> ResponseReader {
    let policy = Arc::new(Policy::parse(OTHER.as_bytes()).unwrap());
    let visibility = Visibility::new(&policy, &Arc::new(Caller::anonymous(&policy)));
    let mut reader = ResponseReader::new(&policy, visibility, Some("f00d".into()));
    let call = br#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#;
    let document = Document::read(call, policy.host.bounds()).unwrap();
    let headers = Headers::from_iter([(":method", "POST"), JSON]);
    let head = Head::read(&headers).unwrap();
    let message = Message::read(&document, &head).unwrap();
    reader.answers(&message, None);
    reader
}

#[test]
fn answer_to_another_request_is_judged_by_the_rules_of_all_tools() {
    let secret = "AKIAIOSFODNN7EXAMPLE";
    let result = |id: &str, text: &str| format!(r#"{{"id":{id},"result":{{"content":"{text}"}}}}"#);
    let redacted = result("2", "[REDACTED aws_key]");
    for (id, passed) in [("1", result("1", secret)), ("2", redacted)] {
        let got = play(
            answer_to_a(),
            &[JSON],
            &[result(id, secret).as_bytes()],
            false,
        );
        assert_eq!(got.body, passed);
        let event = |message: &str| format!("data: {message}\n\n");
        let got = play(
            answer_to_a(),
            &[EVENTS],
            &[event(&result(id, secret)).as_bytes()],
            false,
        );
        assert_eq!(got.body, event(&passed));
    }
}

#[test]
fn refusal_is_reported_rather_than_a_redaction_in_the_same_piece() {
    let event = |id: u8, text: &str| {
        format!("data: {{\"id\":{id},\"result\":{{\"content\":\"{text}\"}}}}\n\n")
    };
    let secret = "AKIAIOSFODNN7EXAMPLE";
    let first = event(2, secret) + &event(3, &format!("{secret}\",\"x\":\"CUST"));
    let pieces = [first, event(4, "x")];
    let pieces = pieces.each_ref().map(|piece| piece.as_bytes());
    let got = play(answer_to_a(), &[EVENTS], &pieces, false);
    assert_eq!(got.problems.len(), 1, "{:?}", got.problems);
    assert!(got.problems[0].contains("withheld"), "{:?}", got.problems);
}

#[test]
fn long_answer_to_another_request_does_not_pass_unread() {
    let long = "x".repeat(2048);
    let first = |id: &str| format!(r#"{{"id":{id},"result":{{"content":"{long}"}}}}"#);
    let last = |id: &str| format!(r#"{{"result":{{"content":"{long}"}},"id":{id}}}"#);
    for (message, passes) in [
        (first("1"), true),
        (last("1"), true),
        (first("2"), false),
        (last("2"), false),
        (last("null"), false),
        (format!(r#"{{"result":{{"content":"{long}"}}}}"#), false),
    ] {
        let event = format!("data: {message}\n\n");
        for (text, headers) in [(message, &[JSON]), (event, &[EVENTS])] {
            let pieces: Vec<_> = text.as_bytes().chunks(1000).collect();
            let got = play(answer_to_a(), headers, &pieces, false);
            assert_eq!(
                got.body == text && !got.broken,
                passes,
                "{headers:?} {text}"
            );
        }
    }
}

mod cache;
