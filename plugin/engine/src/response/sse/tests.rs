//! Streams of every form, cut anywhere, compared with an oracle that parses the whole text.

use super::*;
use proptest::prelude::*;

const MAX: usize = 64;

fn bounds(max: usize) -> Bounds {
    Bounds {
        max,
        unread: Unread::All,
        depth: 64,
    }
}

/// The parts that a reader gave: all bytes, the text of each message, and the names of all other parts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Given {
    bytes: Vec<u8>,
    messages: Vec<String>,
    others: Vec<&'static str>,
}

fn read(pieces: &[&[u8]]) -> Given {
    read_up_to(MAX, pieces)
}

fn read_up_to(max: usize, pieces: &[&[u8]]) -> Given {
    let mut given = Given::default();
    let mut reader = Reader::new(bounds(max));
    let mut give = |part: Part<'_>| match part {
        Part::Plain(bytes) => given.bytes.extend_from_slice(bytes),
        Part::Instead(text) => given.bytes.extend_from_slice(text.as_bytes()),
        Part::Event(message) => {
            given.bytes.extend_from_slice(message.raw);
            let text = String::from_utf8_lossy(&message.text()).into_owned();
            given.messages.push(text);
        }
        Part::TooLong => given.others.push("too long"),
        Part::Dropped => given.others.push("dropped"),
        Part::Late => given.others.push("late"),
        Part::Endpoint => given.others.push("endpoint"),
        Part::Broken(_) => given.others.push("broken"),
        Part::Cut(_) => given.others.push("cut"),
        Part::Passed(_) => {}
    };
    for piece in pieces {
        reader.read(piece, &mut give);
    }
    reader.end(&mut give);
    given
}

/// The data of each event according to the specification (HTML, 9.2.6), including an incomplete one at the end.
fn oracle(stream: &str) -> Vec<String> {
    let plain = stream.strip_prefix('\u{FEFF}').unwrap_or(stream);
    let lines = plain.replace("\r\n", "\n").replace('\r', "\n");
    let (mut messages, mut data) = (Vec::new(), Vec::new());
    for line in lines.split('\n') {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if line.is_empty() && !data.is_empty() {
            messages.push(std::mem::take(&mut data).join("\n"));
        } else if field == "data" {
            data.push(value.strip_prefix(' ').unwrap_or(value).to_owned());
        }
    }
    if !data.is_empty() {
        messages.push(data.join("\n"));
    }
    messages
}

#[test]
fn streams_of_real_servers_pass_byte_for_byte() {
    for (stream, messages) in [
        ("event: message\nid: 1\ndata: {}\n\n", vec!["{}"]),
        ("id: 1\r\nevent: message\r\ndata: {}\r\n\r\n", vec!["{}"]),
        ("id: 1\ndata: {}\n\ndata:2\r\n\r\n", vec!["{}", "2"]),
        (
            ": half\ndata: {\ndata\ndata:}\nretry: 5\n\n",
            vec!["{\n\n}"],
        ),
        (
            "id: 0\ndata: \n\n: ping - 2026\r\n\r\nretry: 5\n\n",
            vec![""],
        ),
        (
            "event: odd\ndata:  \u{e9}\u{2028}\n\n",
            vec![" \u{e9}\u{2028}"],
        ),
        ("data: unfinished", vec!["unfinished"]),
    ] {
        for cut in 0..stream.len() {
            let (one, other) = stream.as_bytes().split_at(cut);
            let given = read(&[one, other]);
            assert_eq!(given.messages, messages, "{stream:?}");
            assert_eq!(given.bytes, stream.as_bytes());
            assert!(given.others.is_empty());
        }
        assert_eq!(oracle(stream), messages, "the oracle");
    }
}

#[test]
fn stream_ends_where_clients_read_it_differently() {
    for stream in [
        &b"id: 1\rdata: {}\r\r"[..],
        b"data: a\rdata: b\n\n",
        b"data: a\n\rid",
        b"\xEF\xBB\xBFdata: []\ndata: {}\n\n",
        "ï»¿data: {}\n\n".as_bytes(),
        b"data: 1\nid: 1\ndata: 2\n\n",
        b"data: 1\n: comment\ndata: 2\n\n",
        b"Data: a\n\n",
        b"datax: b\n\n",
        b" data: c\n\n",
        b"id: \0\n\n",
        b"data: \x0B\n\n",
        b": caf\xC3\xA9\n\n",
        b"data: \xFF\n\n",
        b"d\0a\0t\0a\0",
    ] {
        for cut in 0..stream.len() {
            let before = b"id: 0\ndata: \n\n";
            let (one, other) = stream.split_at(cut);
            let given = read(&[before, one, other, b"\n\ndata: more\n\n"]);
            let shown = String::from_utf8_lossy(stream);
            assert_eq!(given.others, ["broken"], "{shown} cut at {cut}");
            assert_eq!(given.messages, [""], "{shown} cut at {cut}");
        }
    }
}

#[test]
fn part_is_given_as_soon_as_it_is_complete() {
    let mut given = Vec::new();
    let mut reader = Reader::new(bounds(MAX));
    let mut step = |bytes: &[u8]| {
        reader.read(bytes, &mut |part| {
            given.push(match part {
                Part::Plain(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                part => format!("{part:?}"),
            });
        });
        std::mem::take(&mut given)
    };
    assert_eq!(step(b": ping"), [""; 0]);
    assert_eq!(step(b"\n"), [": ping\n"]);
    assert_eq!(step(b"id: 1\r"), [""; 0]);
    assert_eq!(step(b"\ndata: 1\r\n"), ["id: 1\r\n"]);
    assert_eq!(step(b"\r\n").len(), 1, "the event is whole");
    assert_eq!(step(b"event: x\n"), ["event: x\n"]);
}

#[test]
fn endpoint_event_of_the_old_transport_is_found() {
    for stream in [
        "event: endpoint\ndata: /x\n\n",
        "data: /x\nevent:endpoint\n\n",
    ] {
        assert_eq!(
            read(&[stream.as_bytes()]).others,
            ["endpoint"],
            "{stream:?}"
        );
    }
    let other = read(&[b"event: endpoints\ndata: endpoint\n\n"]);
    assert!(other.others.is_empty());
}

const LIST: &str = r#"{"result":{"tools":[]}}"#;

#[test]
fn too_long_event_is_dropped_if_it_may_contain_a_list() {
    let long = " ".repeat(MAX);
    for (stream, bytes, others) in [
        (
            format!("id: 1\ndata: {LIST}{long}\nid: 2\r\n\r\ndata: a\n\n"),
            "id: 1\n\r\ndata: a\n\n".to_owned(),
            vec!["too long"],
        ),
        (
            format!("data: {LIST}\ndata: {long}\n\n: ping\n\n"),
            "\n: ping\n\n".to_owned(),
            vec!["too long"],
        ),
        (
            format!("data: {{\"a\":\"{long}\u{2028}\"}}\n\n: ping\n\n"),
            "\n: ping\n\n".to_owned(),
            vec!["too long"],
        ),
        (
            format!("data: {{\"result\":{{{long}}}}}\r\n\r\ndata: a\n\n"),
            format!("data: {{\"result\":{{{long}}}}}\r\n\r\ndata: a\n\n"),
            vec![],
        ),
        (
            format!("data: {{\"result\":{{\ndata: {long}}}}}\n\ndata: a\n\n"),
            "\ndata: a\n\n".to_owned(),
            vec!["too long"],
        ),
    ] {
        // A whole stream is refused before any of the event has passed.
        let given = read(&[stream.as_bytes()]);
        assert_eq!(given.others, others, "{stream}");
        assert_eq!(String::from_utf8_lossy(&given.bytes), bytes);
        for cut in 0..stream.len() {
            if stream.is_char_boundary(cut) && !stream.contains('\u{2028}') {
                let (one, other) = stream.as_bytes().split_at(cut);
                assert_eq!(read(&[one, other]), given, "cut at {cut}");
            }
        }
    }
}

#[test]
fn list_or_fault_after_a_passed_part_is_reported() {
    let long = " ".repeat(2 * MAX);
    let (start, end) = LIST.split_at(11);
    for stream in [
        format!("data: {start}{long}{end}\n\n"),
        format!("data: {start}{long}\ndata: {end}\n\n"),
        format!("data: {{{long}}}\ndata\n\n"),
        format!("data: {{{long}}}\nx: y\n\n"),
        format!("data: {{{long}\nid: 1\ndata: {LIST}\n\n"),
        format!("data: {{{long}NaN}}\n\n"),
        format!("data: {{{long}\n\n"),
        format!("data: {{{long}\"\u{2028}"),
    ] {
        for cut in 0..stream.len() {
            let (one, other) = stream.as_bytes().split_at(cut);
            let others = read(&[one, other]).others;
            // In one piece the fault may be found before any of the event has passed.
            assert!(
                matches!(
                    others[..],
                    ["late" | "too long" | "broken" | "cut"] | ["too long", "broken"]
                ),
                "{stream} cut at {cut}: {others:?}"
            );
        }
        let bytes: Vec<_> = stream.as_bytes().chunks(1).collect();
        assert!(
            matches!(read(&bytes).others[..], ["late" | "cut"]),
            "{stream}"
        );
    }
}

fn stream() -> impl Strategy<Value = String> {
    let line = r#"(data: ?[a{}"é]{0,4}|data|event: e|id: [0-9]|: [a-z]|retry|x|Data: a|)"#;
    let end = prop_oneof![8 => Just("\n"), 1 => Just("\r"), 4 => Just("\r\n")];
    let lines = proptest::collection::vec((line, end), 0..12);
    lines.prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    /// Cuts do not change the parts: all bytes and the messages of the specification, or a beginning of the bytes.
    #[test]
    fn stream_in_pieces_gives_the_parts_of_the_whole_stream(stream in stream(), cuts in proptest::collection::vec(0usize..100, 0..4)) {
        let mut rest = stream.as_bytes();
        let mut pieces = Vec::new();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let given = read_up_to(10 * MAX, &pieces);
        let single: Vec<_> = stream.as_bytes().chunks(1).collect();
        prop_assert_eq!(&read_up_to(10 * MAX, &single), &given);
        match given.others[..] {
            [] => {
                prop_assert_eq!(&given.bytes, stream.as_bytes());
                prop_assert_eq!(given.messages, oracle(&stream));
            }
            _ => prop_assert!(stream.as_bytes().starts_with(&given.bytes)),
        }
    }
}
