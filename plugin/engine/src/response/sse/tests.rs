//! Streams in every dress and cut anywhere, held against a reading of the whole text.

use super::*;
use proptest::prelude::*;

const MAX: usize = 64;

/// What a reader gave away: all bytes, the text of each message, and everything that is neither.
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
    let mut reader = Reader::new(max, false);
    let mut give = |part: Part<'_>| match part {
        Part::Plain(bytes) => given.bytes.extend_from_slice(bytes),
        Part::Message(message) => {
            given.bytes.extend_from_slice(message.raw);
            let text = String::from_utf8_lossy(&message.text()).into_owned();
            given.messages.push(text);
        }
        Part::TooLong => given.others.push("too long"),
        Part::Late => given.others.push("late"),
        Part::Endpoint => given.others.push("endpoint"),
    };
    for piece in pieces {
        reader.read(piece, &mut give);
    }
    reader.end(&mut give);
    given
}

/// The data of each event, as the specification reads them (HTML, 9.2.6), an unfinished one at the end included.
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
fn streams_of_real_servers() {
    for (stream, messages) in [
        ("event: message\nid: 1\ndata: {}\n\n", vec!["{}"]),
        ("id: 1\r\nevent: message\r\ndata: {}\r\n\r\n", vec!["{}"]),
        ("id: 1\rdata: {}\r\rdata:2\r\r", vec!["{}", "2"]),
        (
            "\u{FEFF}data: {\n: half\ndata\ndata:}\nretry: 5\n\n",
            vec!["{\n\n}"],
        ),
        ("id: 0\ndata: \n\n: ping\n\nretry: 5\n\n", vec![""]),
        ("event: odd\ndata:  a\n\n", vec![" a"]),
        ("data: unfinished", vec!["unfinished"]),
        ("Data: a\ndatax: b\n data: c\n\n\u{FEFF}data: d\n\n", vec![]),
    ] {
        let given = read(&[stream.as_bytes()]);
        assert_eq!(given.messages, messages, "{stream:?}");
        assert_eq!(given.bytes, stream.as_bytes());
        assert_eq!(oracle(stream), messages, "the oracle");
        assert!(given.others.is_empty());
    }
}

#[test]
fn a_part_leaves_as_soon_as_it_is_whole() {
    let mut given = Vec::new();
    let mut reader = Reader::new(MAX, false);
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
    assert_eq!(step(b"id: 1\r"), ["id: 1\r"]);
    assert_eq!(step(b"\ndata: 1\r\n"), ["\n"]);
    assert_eq!(
        step(b"\r").len(),
        1,
        "it does not wait for the LF that may come"
    );
    assert_eq!(step(b"\nevent: x\n"), ["\n", "event: x\n"]);
}

#[test]
fn the_address_of_the_old_transport() {
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
fn an_event_that_is_too_long_is_left_out_if_it_may_hold_a_list() {
    let long = " ".repeat(MAX);
    for (stream, bytes, others) in [
        (
            format!("id: 1\ndata: {LIST}{long}\nid: 2\r\n\r\ndata: a\n\n"),
            "id: 1\n\r\ndata: a\n\n".to_owned(),
            vec!["too long"],
        ),
        (
            format!("data: {LIST}\ndata: {long}\n\r: ping\n\n"),
            "\r: ping\n\n".to_owned(),
            vec!["too long"],
        ),
        (
            format!("data: {{\"result\":{{{long}\ndata: }}}}\r\n\r\ndata: a\n\n"),
            format!("data: {{\"result\":{{{long}\ndata: }}}}\r\n\r\ndata: a\n\n"),
            vec![],
        ),
        (
            format!(": {long}\n{long}\n\n"),
            format!(": {long}\n{long}\n\n"),
            vec![],
        ),
    ] {
        for cut in 0..stream.len() {
            let (one, other) = stream.as_bytes().split_at(cut);
            let given = read(&[one, other]);
            assert_eq!(given.others, others, "cut at {cut}");
            assert_eq!(String::from_utf8_lossy(&given.bytes), bytes, "cut at {cut}");
        }
    }
}

#[test]
fn a_list_behind_what_has_passed_is_told() {
    let long = " ".repeat(2 * MAX);
    let (start, end) = LIST.split_at(11);
    for stream in [
        format!("data: {start}{long}{end}\n\n"),
        format!("data: {start}{long}\ndata: {end}\n\n"),
        format!(": {long}\ndata: {LIST}\n\n"),
    ] {
        for cut in 0..stream.len() {
            let (one, other) = stream.as_bytes().split_at(cut);
            let others = read(&[one, other]).others;
            // What comes whole is found before any of it has passed.
            assert!(
                matches!(others[..], ["late" | "too long"]),
                "cut at {cut}: {others:?}"
            );
        }
        let bytes: Vec<_> = stream.as_bytes().chunks(1).collect();
        assert_eq!(read(&bytes).others, ["late"]);
    }
}

fn stream() -> impl Strategy<Value = String> {
    let line = r#"(data: ?[a{}"]{0,4}|data|event: e|id: [0-9]|: [a-z]|retry|x|)"#;
    let end = prop_oneof![Just("\n"), Just("\r"), Just("\r\n")];
    let lines = proptest::collection::vec((line, end), 0..12);
    (any::<bool>(), lines).prop_map(|(mark, lines)| {
        let lines = lines.into_iter().map(|(line, end)| line + end);
        let mark = if mark { "\u{FEFF}" } else { "" };
        mark.to_owned() + &lines.collect::<String>()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every byte comes back in its order, and messages are those of the specification, however the stream is cut.
    #[test]
    fn cuts_change_nothing(stream in stream(), cuts in proptest::collection::vec(0usize..100, 0..4)) {
        let mut rest = stream.as_bytes();
        let mut pieces = Vec::new();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let given = read(&pieces);
        prop_assert_eq!(&given.bytes, stream.as_bytes());
        let single: Vec<_> = stream.as_bytes().chunks(1).collect();
        prop_assert_eq!(&read(&single), &given);
        prop_assert_eq!(read_up_to(10 * MAX, &pieces).messages, oracle(&stream));
    }
}
