//! What is about the component alone: its imports, hosts that count by themselves or fail, responses, its document.

use host_tests::component::fields;
use host_tests::embedder::*;
use host_tests::{component_path, root};
use std::collections::HashMap;
use std::sync::LazyLock;
use wasmtime::component::ResourceAny;

const NOW: Millis = 1_767_225_618_000;
const POLICY: &str = r#"{
    "version": "1", "default": "deny",
    "tools": {
        "run": { "limits": [
            { "counter": "few", "window": "minute", "max": 2 },
            { "counter": "few", "window": "minute", "max": 1, "scope": "grant", "on_deny": "Once." },
            { "counter": "all", "window": "month", "max": 9, "scope": "global" }
        ] },
        "tried": { "mode": "shadow", "rate_limit": "1/hour" },
        "look": {},
        "by_peer": { "limits": [ { "counter": "peers", "window": "week", "max": 2, "scope": "ip" } ] }
    }
}"#;

fn wasm() -> Vec<u8> {
    std::fs::read(component_path()).expect("the component can be read")
}

static SHARED: LazyLock<Component<Shared>> = LazyLock::new(compiled);
static FAILING: LazyLock<Component<Failing>> = LazyLock::new(compiled);

fn compiled<C: Cells + Send + 'static>() -> Component<C> {
    Component::new(&wasm()).expect("it is a component of this interface")
}

fn start<C: Cells + Send + 'static>(
    component: &Component<C>,
    cells: C,
) -> wasmtime::Result<Gateway<C>> {
    let gateway = component.start(cells, POLICY.as_bytes(), (1, 2))?;
    Ok(gateway.unwrap_or_else(|errors| panic!("{errors:?}")))
}

fn headers() -> Vec<Header> {
    fields(&vec![
        (b":method".into(), b"POST".into()),
        (b"content-type".into(), b"application/json".into()),
    ])
}

fn call(tool: &str) -> Event {
    let text =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}"}}}}"#);
    Event::Body(Piece {
        bytes: text.into_bytes(),
        end: true,
    })
}

/// A whole request, as the README of the component leads it.
fn judge<C: Cells + Send + 'static>(
    gateway: &mut Gateway<C>,
    tool: &str,
) -> wasmtime::Result<(Next, Vec<Effect>)> {
    let request = Request {
        headers: &headers(),
        end: false,
        events: vec![call(tool)],
        peer: "192.0.2.1:443",
    };
    let (exchange, next, effects) = gateway.judge(request, NOW)?;
    gateway.end(exchange)?;
    Ok((next, effects))
}

/// The client's answer as text; what was passed on has none.
fn answered(next: &Next) -> Option<String> {
    match next {
        Next::Answer(reply) => Some(String::from_utf8_lossy(&reply.body).into_owned()),
        Next::Forward(_) => None,
        other => panic!("no verdict: {other:?}"),
    }
}

#[test]
fn it_imports_its_cells_and_nothing_else() {
    let engine = wasmtime::Engine::default();
    let component = wasmtime::component::Component::new(&engine, wasm()).expect("a component");
    let kind = component.component_type();
    let names: Vec<_> = kind.imports(&engine).map(|(name, _)| name).collect();
    assert_eq!(names, ["mcp-policy:engine/cells@0.1.0"]);
    let names: Vec<_> = kind.exports(&engine).map(|(name, _)| name).collect();
    assert_eq!(names, ["mcp-policy:engine/engine@0.1.0"]);
}

#[test]
fn the_policy_says_what_it_needs() {
    let told = |policy: &str| {
        let gateway = SHARED.start(Shared::default(), policy.as_bytes(), (1, 2));
        gateway.unwrap().unwrap().policy().expect("no trap")
    };
    let (hash, needs, longest) = told(POLICY);
    assert_eq!((hash.len(), longest), (16, 768 * 1024));
    assert!(needs.contains(Needs::PEER));
    let small = r#"{ "version": "1", "default": "allow", "host": { "max_request_bytes": 2048 } }"#;
    let (other, needs, longest) = told(small);
    assert!(other != hash && needs == Needs::empty() && longest == 2048);
}

#[test]
fn a_mistaken_policy_says_where_and_what() {
    let text = br#"{ "version": "1", "defualt": "deny" }"#;
    let Ok(Err(errors)) = SHARED.start(Shared::default(), text, (1, 2)) else {
        panic!("it is mistaken")
    };
    let pointers: Vec<_> = errors.iter().map(|error| &*error.pointer).collect();
    assert_eq!(pointers, ["/defualt", ""]);
    assert!(errors[0].message.contains("did you mean `default`?"));
}

/// Threads share what their cells share.
#[test]
fn instances_with_the_same_cells_count_together() {
    let cells = Shared::default();
    let mut gateways = [
        start(&SHARED, cells.clone()).unwrap(),
        start(&SHARED, cells).unwrap(),
    ];
    assert_eq!(gateways[0].seed(), gateways[1].seed());
    let mut told = || {
        let (next, _) = judge(&mut gateways[0], "run").unwrap();
        gateways.reverse();
        answered(&next)
    };
    assert_eq!(told(), None);
    assert!(told().unwrap().contains("Once."));
    assert!(told().unwrap().contains("Once."));
}

/// One call, in the interface's millionths.
const ONE: u64 = 1_000_000;

/// A program that keeps its counts in a map of its own, by counter, subject and the end of the window.
fn count(counts: &mut HashMap<(String, String, Millis), u64>, charges: &[Charge]) -> Reservation {
    let mut tallies = Vec::new();
    for (index, charge) in charges.iter().enumerate() {
        let Some(subject) = charge.subject.clone() else {
            return Reservation::Unavailable;
        };
        let key = (charge.counter.clone(), subject, charge.ends);
        let before = counts.get(&key).copied().unwrap_or_default();
        let used = before + charge.cost;
        let full = |maximum: &Maximum| maximum.enforced && used > maximum.max;
        if let Some(maximum) = charge.maxima.iter().position(full) {
            let at = Position {
                charge: index as u32,
                maximum: maximum as u32,
            };
            return Reservation::Full(Full {
                at,
                used: before,
                ends: charge.ends,
                shadowed: Vec::new(),
            });
        }
        tallies.push((key, used));
    }
    let tally = |(key, used): ((String, String, Millis), u64)| {
        let ends = key.2;
        counts.insert(key, used);
        Tally {
            used,
            ends,
            shadowed: None,
            added: true,
        }
    };
    Reservation::Reserved(tallies.into_iter().map(tally).collect())
}

fn charges(step: Step) -> Vec<Charge> {
    match step.next {
        Next::Ask(Ask::Reserve(charges)) => charges,
        other => panic!("nothing is asked: {other:?}"),
    }
}

#[test]
fn a_program_may_count_by_itself() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let mut counts = HashMap::new();
    let mut called = || {
        let (exchange, first) = gateway.begin(&headers(), false, "192.0.2.1", NOW).unwrap();
        assert!(matches!(first.next, Next::More));
        let asked = charges(gateway.feed(exchange, &call("run"), NOW).unwrap());
        let event = Event::Reserved(count(&mut counts, &asked));
        (asked, gateway.feed(exchange, &event, NOW).unwrap())
    };
    let (asked, step) = called();
    assert!(matches!(step.next, Next::Forward(_)));
    let [few, all] = &asked[..] else {
        panic!("two counters are charged: {asked:?}")
    };
    assert!(few.subject.is_some() && few.cost == ONE);
    assert!(matches!(few.window, Window::Seconds(60)) && matches!(all.window, Window::Month));
    assert_eq!((few.ends, all.ends), (1_767_225_660_000, 1_769_904_000_000));
    let maxima = few.maxima.iter();
    let maxima: Vec<_> = maxima.map(|of| (of.max, of.enforced, of.order)).collect();
    assert_eq!(maxima, [(2 * ONE, true, 0), (ONE, true, 1)]);
    let [Effect::Audit(line)] = &step.effects[..] else {
        panic!("one decision is logged")
    };
    assert!(line.contains(r#""used":1"#), "{line}");
    let (_, step) = called();
    let answer = answered(&step.next).expect("the second call is refused");
    assert!(answer.contains("Once. Try again in 42 seconds.") && answer.contains("rate_limited"));
    assert_eq!(
        counts.values().copied().collect::<Vec<_>>(),
        [ONE, ONE],
        "all or none"
    );
}

#[test]
fn who_asks_why_is_told_the_rules() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    gateway.explain = true;
    let (next, effects) = judge(&mut gateway, "unlisted").unwrap();
    assert!(answered(&next).is_some());
    let [Effect::Audit(_), Effect::Explanation(findings)] = &effects[..] else {
        panic!("a line and an explanation: {effects:?}")
    };
    let [finding] = &findings[..] else {
        panic!("one rule: {findings:?}")
    };
    assert_eq!(finding.rule.as_deref(), Some("/default"));
    assert!(matches!(finding.said, Said::Refuses));
}

#[test]
fn a_full_limit_in_shadow_mode_is_told_and_not_refused() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let exchange = begin(&mut gateway);
    let asked = charges(gateway.feed(exchange, &call("tried"), NOW).unwrap());
    assert!(!asked[0].maxima[0].enforced);
    let tally = Tally {
        used: 1,
        ends: asked[0].ends,
        shadowed: Some(0),
        added: false,
    };
    let event = Event::Reserved(Reservation::Reserved(vec![tally]));
    let step = gateway.feed(exchange, &event, NOW).unwrap();
    assert_eq!(answered(&step.next), None);
    let [Effect::Audit(line)] = &step.effects[..] else {
        panic!("one decision is logged")
    };
    assert!(
        line.contains(r#""shadow":[{"reason":"rate_limited""#),
        "{line}"
    );
}

#[test]
fn whom_nobody_knows_nobody_counts() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let (exchange, _) = gateway.begin(&headers(), false, "nobody", NOW).unwrap();
    let asked = charges(gateway.feed(exchange, &call("by_peer"), NOW).unwrap());
    assert!(asked[0].subject.is_none() && matches!(asked[0].window, Window::Week));
    let tally = Tally {
        used: 1,
        ends: asked[0].ends,
        shadowed: None,
        added: true,
    };
    let event = Event::Reserved(Reservation::Reserved(vec![tally]));
    let step = gateway.feed(exchange, &event, NOW).unwrap();
    assert!(answered(&step.next).unwrap().contains("unavailable"));
}

#[test]
fn a_body_that_cannot_be_read_is_a_refusal() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    for event in [
        Event::BodyLost,
        Event::Held(768 * 1024 + 1),
        Event::Held(1 << 40),
    ] {
        let exchange = begin(&mut gateway);
        let step = gateway.feed(exchange, &event, NOW).unwrap();
        assert!(answered(&step.next).unwrap().contains("unreadable"));
    }
    let exchange = begin(&mut gateway);
    let step = gateway
        .feed(exchange, &Event::Held(768 * 1024), NOW)
        .unwrap();
    assert!(matches!(step.next, Next::More));
    let step = gateway.feed(exchange, &call("look"), NOW).unwrap();
    assert_eq!(answered(&step.next), None);
}

#[test]
fn a_program_that_counts_wrongly_lets_nothing_through() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let at = Position {
        charge: u32::MAX,
        maximum: 0,
    };
    let nowhere = Reservation::Full(Full {
        at,
        used: 0,
        ends: NOW,
        shadowed: vec![at],
    });
    for wrong in [
        Reservation::Reserved(Vec::new()),
        Reservation::Unavailable,
        nowhere,
    ] {
        let (exchange, _) = gateway.begin(&headers(), false, "192.0.2.1", NOW).unwrap();
        charges(gateway.feed(exchange, &call("run"), NOW).unwrap());
        let step = gateway
            .feed(exchange, &Event::Reserved(wrong), NOW)
            .unwrap();
        assert!(answered(&step.next).unwrap().contains("unavailable"));
    }
}

/// The charges of one exchange settle no other.
#[test]
fn a_step_of_another_exchange_is_a_refusal() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let (asking, _) = gateway.begin(&headers(), false, "192.0.2.1", NOW).unwrap();
    let (other, _) = gateway.begin(&headers(), false, "192.0.2.1", NOW).unwrap();
    let step = gateway.feed(asking, &call("run"), NOW).unwrap();
    let refused = gateway.settle(other, &step, NOW).unwrap();
    assert!(answered(&refused.next).is_some());
    let settled = gateway.settle(asking, &step, NOW).unwrap();
    assert_eq!(answered(&settled.next), None);
    let again = gateway.settle(asking, &step, NOW).unwrap();
    assert!(answered(&again.next).is_some(), "no step is settled twice");
}

/// Cells that work until they are told not to.
struct Failing {
    cells: Shared,
    left: usize,
    traps: bool,
}

impl Failing {
    fn after(left: usize, traps: bool) -> Self {
        Self {
            cells: Shared::default(),
            left,
            traps,
        }
    }

    fn fails(&mut self) -> wasmtime::Result<bool> {
        let failed = self.left == 0;
        self.left = self.left.saturating_sub(1);
        if failed && self.traps {
            return Err(wasmtime::Error::msg("the map is gone"));
        }
        Ok(failed)
    }
}

impl Cells for Failing {
    fn read(&mut self, key: String) -> wasmtime::Result<Result<Option<Cell>, ()>> {
        if self.fails()? {
            Ok(Err(()))
        } else {
            self.cells.read(key)
        }
    }

    fn compare_and_swap(
        &mut self,
        key: String,
        bytes: Vec<u8>,
        version: Option<u32>,
    ) -> wasmtime::Result<Result<bool, ()>> {
        if self.fails()? {
            return Ok(Err(()));
        }
        self.cells.compare_and_swap(key, bytes, version)
    }
}

#[test]
fn cells_that_fail_are_a_refusal() {
    assert!(
        start(&FAILING, Failing::after(0, false)).is_err(),
        "nothing can be kept"
    );
    let calls = calls_of_preparing();
    // A call of `run` reads and swaps two cells.
    for left in 0..4 {
        let mut gateway = start(&FAILING, Failing::after(calls + left, false)).unwrap();
        let (next, effects) = judge(&mut gateway, "run").unwrap();
        let answer = answered(&next).expect("it is refused");
        assert!(answer.contains("unavailable"), "{answer}");
        assert_eq!(effects.len(), 1, "and logged");
        // What is not counted needs no cells.
        assert_eq!(answered(&judge(&mut gateway, "look").unwrap().0), None);
    }
    let mut gateway = start(&FAILING, Failing::after(calls + 4, false)).unwrap();
    assert_eq!(answered(&judge(&mut gateway, "run").unwrap().0), None);
}

/// How many calls of cells a store makes when it is prepared.
fn calls_of_preparing() -> usize {
    let gateway = start(&FAILING, Failing::after(1_000_000, false)).unwrap();
    1_000_000 - gateway.cells().left
}

#[test]
fn cells_that_trap_are_a_refusal() {
    assert!(start(&FAILING, Failing::after(0, true)).is_err());
    let mut gateway = start(&FAILING, Failing::after(calls_of_preparing(), true)).unwrap();
    // The program gets an error in the place of a verdict, also from then on: such an instance cannot be entered again.
    assert!(judge(&mut gateway, "run").is_err());
    assert!(judge(&mut gateway, "look").is_err());
}

fn head(end: bool) -> Event {
    Event::ResponseHead(ResponseHead {
        status: 200,
        headers: fields(&vec![(b"content-type".into(), b"text/event-stream".into())]),
        end,
    })
}

fn piece(end: bool) -> Event {
    let bytes = b"data: {}\n\n".to_vec();
    Event::ResponseBody(Piece { bytes, end })
}

fn begin(gateway: &mut Gateway<Shared>) -> ResourceAny {
    let (exchange, step) = gateway.begin(&headers(), false, "192.0.2.1", NOW).unwrap();
    assert!(matches!(step.next, Next::More));
    exchange
}

#[test]
fn responses_pass() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let one = [
        Event::Outcome(Outcome::Sent),
        head(false),
        piece(false),
        piece(true),
        Event::Closed,
    ];
    let other = [
        head(false),
        piece(false),
        Event::ResponseTrailers,
        Event::Closed,
    ];
    let failed = [Event::Outcome(Outcome::Unsent), Event::Closed];
    for events in [&one[..], &other, &failed] {
        let exchange = begin(&mut gateway);
        for event in [call("look")].iter().chain(events) {
            let step = gateway.feed(exchange, event, NOW).unwrap();
            let Next::Forward(edit) = step.next else {
                panic!("{event:?} is not passed on: {:?}", step.next)
            };
            // The length goes before the body, of which nobody knows yet whether it stays.
            let expected: &[&str] = match event {
                Event::ResponseHead(_) => &["content-length"],
                _ => &[],
            };
            assert_eq!(edit.remove_headers, expected);
            assert!(edit.set_headers.is_empty());
        }
    }
}

#[test]
fn a_response_where_none_can_be_is_a_refusal() {
    let mut gateway = start(&SHARED, Shared::default()).unwrap();
    let events = [
        head(true),
        piece(true),
        Event::ResponseTrailers,
        Event::Closed,
    ];
    for event in events.iter().chain(&[Event::Outcome(Outcome::Sent)]) {
        let exchange = begin(&mut gateway);
        let step = gateway.feed(exchange, event, NOW).unwrap();
        assert!(answered(&step.next).is_some(), "{event:?}");
        for late in [call("look"), head(true)] {
            let step = gateway.feed(exchange, &late, NOW).unwrap();
            assert!(matches!(step.next, Next::More), "{event:?}, then {late:?}");
        }
    }
}

/// The program in the README is the one that is tested.
#[test]
fn the_readme_shows_the_real_program() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("it can be read");
    let readme = read("plugin/component/README.md");
    let blocks: Vec<_> = readme.split("```rust\n").skip(1).collect();
    assert!(!blocks.is_empty());
    let program: Vec<_> = read("host-tests/src/embedder.rs")
        .lines()
        .map(str::trim)
        .map(str::to_owned)
        .collect();
    for block in blocks {
        let lines: Vec<_> = block
            .split("```")
            .next()
            .unwrap()
            .lines()
            .map(str::trim)
            .collect();
        assert!(
            program.windows(lines.len()).any(|window| window == lines),
            "the program has no\n{}",
            lines.join("\n")
        );
    }
}
