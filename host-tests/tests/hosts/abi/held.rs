//! Tests more responses at a time than a worker may hold: the caller who holds most loses one, and no other caller
//! does.

use super::vm::{end, post, vm};
use host_tests::abi::{Stream, Vm};
use host_tests::rpc::call;

/// A worker holds a mebibyte, and one caller a quarter of it. Every result is searched, so it is held until it is
/// complete.
const POLICY: &str = r#"{ "version": "1", "default": "deny", "host": { "held_bytes": 1048576 },
    "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
    "tools": { "run": { "result": { "redact": ["secrets"] } } } }"#;

const START: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"content":""#;
const END: &str = r#""}}"#;
const REFUSED: &str = "holds too many responses";

/// The response to a call of this caller, before its first bytes.
fn called(vm: &Vm, caller: &str, media: &str) -> Stream {
    let mut stream = vm.stream(post(&[("x-user", caller.as_bytes())]));
    stream.headers(false).expect("no trap");
    stream.body(&call("run"), true).expect("no trap");
    assert_eq!(end(&stream), "forwarded");
    let headers = [(":status", "200"), ("content-type", media)];
    let headers = headers.map(|(name, value)| (name.into(), value.into()));
    stream
        .response_headers(headers.into(), false)
        .expect("no trap");
    stream
}

/// The response to a call of this caller, after so many bytes.
fn answering(vm: &Vm, caller: &str, bytes: usize) -> Stream {
    let mut stream = called(vm, caller, "application/json");
    stream
        .response_body(START.as_bytes(), false)
        .expect("no trap");
    more(&mut stream, bytes - START.len());
    stream
}

fn more(stream: &mut Stream, bytes: usize) {
    for piece in "x".repeat(bytes).as_bytes().chunks(16 * 1024) {
        stream.response_body(piece, false).expect("no trap");
    }
}

fn received(stream: &Stream) -> String {
    String::from_utf8_lossy(&stream.seen().response_body).into_owned()
}

/// The client's result after the server has sent the rest: `whole` or `refused`.
fn rest(stream: &mut Stream) -> &'static str {
    stream.response_body(END.as_bytes(), true).expect("no trap");
    let body = received(stream);
    stream.finish().expect("no trap");
    match (body.contains(REFUSED), body.ends_with(END)) {
        (false, true) if body.starts_with(START) => "whole",
        (true, _) if !body.contains("xx") => "refused",
        _ => panic!("neither whole nor refused: {body:.200}"),
    }
}

const QUARTER: usize = 256 * 1024;

#[test]
fn caller_who_holds_most_loses_one_response_to_one_who_arrives() {
    let vm = vm(POLICY);
    let half = QUARTER / 2;
    let mut streams: Vec<_> = [
        ("a", half),
        ("a", half),
        ("b", half - 3000),
        ("b", half + 2000),
        ("c", QUARTER - 2000),
        ("d", half - 2000),
        ("d", half),
    ]
    .map(|(caller, bytes)| answering(&vm, caller, bytes))
    .into();
    let mut arriving = answering(&vm, "e", 100_000);
    assert!(received(&arriving).is_empty(), "it is held");
    assert_eq!(rest(&mut arriving), "whole");
    let ends: Vec<_> = streams.iter_mut().map(rest).collect();
    let lost = ends.iter().position(|end| *end == "refused");
    assert!(
        matches!(lost, Some(0 | 1)),
        "one of the caller who holds most: {ends:?}"
    );
    assert_eq!(
        ends.iter().filter(|end| **end == "whole").count(),
        6,
        "{ends:?}"
    );
    let lines: Vec<_> = vm.logs().into_iter().map(|(_, line)| line).collect();
    let told = lines.iter().filter(|line| line.contains("unavailable"));
    let told: Vec<_> = told.collect();
    assert!(told.len() == 1 && told[0].contains("x-user=a"), "{told:?}");
}

#[test]
fn responses_within_the_bound_are_never_dropped() {
    let vm = vm(POLICY);
    let mut streams = ["a", "b", "c"].map(|caller| answering(&vm, caller, QUARTER));
    let mut arriving = answering(&vm, "e", QUARTER);
    assert_eq!(rest(&mut arriving), "whole");
    assert_eq!(streams.each_mut().map(rest), ["whole"; 3]);
}

#[test]
fn caller_that_holds_most_makes_no_room_for_itself() {
    let vm = vm(POLICY);
    let callers = ["b", "c", "d", "e", "f"];
    let most = QUARTER - 20_000;
    let mut first = answering(&vm, "a", most);
    let less = ((1 << 20) - most) / callers.len();
    let mut others = callers.map(|caller| answering(&vm, caller, less - 100));
    let mut second = answering(&vm, "a", 19_000);
    assert!(received(&second).contains(REFUSED), "at once");
    second.finish().expect("no trap");
    assert_eq!(rest(&mut first), "whole");
    assert_eq!(others.each_mut().map(rest), ["whole"; 5]);
}

const MIB: usize = 1 << 20;

/// Among many callers, the early ones keep no more than the late ones.
#[test]
fn memory_of_a_worker_is_bounded_for_any_callers() {
    let vm = vm(POLICY);
    let callers: Vec<_> = (0..200).map(|number| format!("caller-{number}")).collect();
    let streams: Vec<_> = callers
        .iter()
        .map(|caller| answering(&vm, caller, 100_000))
        .collect();
    println!(
        "linear memory of a worker: {} KiB",
        vm.memory_bytes() / 1024
    );
    assert!(vm.memory_bytes() < 4 * MIB, "{}", vm.memory_bytes());
    drop(streams);
}

/// The memory of one response besides its held bytes.
#[test]
fn memory_of_a_worker_is_little_more_than_the_held_bytes() {
    let vm = vm(&POLICY.replace("1048576", "16777216"));
    let before = vm.memory_bytes();
    let callers = ["a", "b", "c", "d"];
    let documents = 4 * 6;
    let mut streams: Vec<_> = (0..documents)
        .map(|number| answering(&vm, callers[number % 4], START.len()))
        .collect();
    for _ in 0..40 {
        streams.iter_mut().for_each(|stream| more(stream, 16 << 10));
    }
    assert!(streams.iter().all(|stream| received(stream).is_empty()));
    let held = documents * 40 * (16 << 10);
    let grown = vm.memory_bytes() - before;
    println!("{held} bytes are held in {grown}");
    assert!(grown < held + held / 3);
}

#[test]
fn event_stream_keeps_nothing_of_an_event_that_has_passed() {
    let vm = vm(POLICY);
    let before = vm.memory_bytes();
    let long = format!("data: {START}{}{END}\n\n", "x".repeat(200_000));
    let lines = format!("{}\n", "data:\n".repeat(40_000));
    let streams: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = called(&vm, "a", "text/event-stream");
            for event in [&long, &lines] {
                stream
                    .response_body(event.as_bytes(), false)
                    .expect("no trap");
            }
            assert_eq!(received(&stream), format!("{long}{lines}"));
            stream
        })
        .collect();
    let grown = vm.memory_bytes() - before;
    println!("{} streams keep {} KiB", streams.len(), grown / 1024);
    assert!(grown < 4 * MIB, "{grown}");
}

/// Each data line takes more memory than its bytes.
#[test]
fn event_of_many_lines_is_counted_with_its_memory() {
    let vm = vm(POLICY);
    let before = vm.memory_bytes();
    let streams: Vec<_> = (0..100)
        .map(|number| {
            let mut stream = called(&vm, &format!("caller-{number}"), "text/event-stream");
            for _ in 0..50 {
                stream
                    .response_body("data:\n".repeat(1000).as_bytes(), false)
                    .expect("no trap");
            }
            stream
        })
        .collect();
    let grown = vm.memory_bytes() - before;
    println!(
        "{} streams of many lines take {} KiB",
        streams.len(),
        grown / 1024
    );
    assert!(grown < 3 * MIB, "{grown}");
}
