//! Turns an exchange before the gateway, and the same one behind it, into their differences.
//!
//! It reads no message: it compares bodies as bytes. It has no exceptions: the servers of these tests make their lists
//! `private` without a time to live, so the gateway has nothing to set in them.

use host_tests::recorder::{Exchange, State};
use host_tests::wire::{Headers, Response};

/// Headers of a single connection. There are two connections.
const OF_CONNECTIONS: [&str; 4] = [
    "connection",
    "keep-alive",
    "content-length",
    "transfer-encoding",
];
/// Headers that Envoy adds to requests, besides `x-envoy-*`, and the one with which the plugin asks servers not to
/// compress.
const OF_REQUESTS: [&str; 4] = [
    "accept-encoding",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];
/// The header that Envoy replaces in responses.
const OF_RESPONSES: [&str; 1] = ["server"];

/// The number of bytes that a report shows of a difference, and of those before it.
const SHOWN: usize = 120;
const BEFORE: usize = 30;

/// Compares method, path, status, bodies and end-to-end headers.
pub(super) fn differences(before: &Exchange, behind: &Exchange) -> Vec<String> {
    let (sent, arrived) = (&before.request, &behind.request);
    let headers = |headers| lines(headers, &OF_REQUESTS);
    let request = [
        unlike("the method", &sent.method, &arrived.method),
        unlike("the path", &sent.path, &arrived.path),
        unlike("the request", &sent.body, &arrived.body),
        unlike(
            "a header of the request",
            headers(&sent.headers),
            headers(&arrived.headers),
        ),
    ];
    let response = match (&before.response, &behind.response) {
        (Some(got), Some(given)) => responses(before.state, got, given),
        (None, _) if before.state == State::Left => vec![],
        (got, _) => vec![Some(match got {
            None => "there is no response".into(),
            Some(got) => format!("there is a response, {}, and was none", got.status),
        })],
    };
    request.into_iter().chain(response).flatten().collect()
}

fn responses(state: State, got: &Response, given: &Response) -> Vec<Option<String>> {
    let all = match state {
        State::Whole => &*given.body,
        // Events that were under way when the client disconnected may be missing.
        State::Left if is_between_events(&got.body) => {
            given.body.get(..got.body.len()).unwrap_or(&given.body)
        }
        State::Left => &*given.body,
        State::Open => return vec![Some("the response has no end".into())],
        State::Broken => return vec![Some("the gateway broke the response off".into())],
    };
    let headers = |headers| lines(headers, &OF_RESPONSES);
    vec![
        unlike(
            "the status",
            got.status.to_string(),
            given.status.to_string(),
        ),
        unlike("the response", &got.body, all),
        unlike(
            "a header of the response",
            headers(&got.headers),
            headers(&given.headers),
        ),
    ]
}

fn is_between_events(body: &[u8]) -> bool {
    body.is_empty() || body.ends_with(b"\n\n") || body.ends_with(b"\n\r\n")
}

/// End-to-end headers, one a line, sorted, because proxies may change their order.
fn lines(headers: &Headers, without: &[&str]) -> Vec<u8> {
    let concerns = |name: &str| {
        let left_out = OF_CONNECTIONS.iter().chain(without).any(|own| *own == name);
        !left_out && !name.starts_with("x-envoy-")
    };
    let concerning = headers.iter().filter(|(name, _)| concerns(name));
    let line = |(name, value): &(String, Vec<u8>)| [name.as_bytes(), b": ", value, b"\n"].concat();
    let mut lines: Vec<_> = concerning.map(line).collect();
    lines.sort();
    lines.concat()
}

/// The first difference, as it is before and behind the gateway.
pub(in crate::sdks) fn unlike(
    what: &str,
    before: impl AsRef<[u8]>,
    behind: impl AsRef<[u8]>,
) -> Option<String> {
    let (before, behind) = (before.as_ref(), behind.as_ref());
    if before == behind {
        return None;
    }
    let pairs = before.iter().zip(behind);
    let place = pairs.take_while(|(one, other)| one == other).count();
    let shown = |bytes: &[u8]| {
        shown(
            bytes
                .get(place.saturating_sub(BEFORE)..)
                .unwrap_or_default(),
        )
    };
    let (before, behind) = (shown(before), shown(behind));
    Some(format!(
        "{what} differs at byte {place}: before the gateway `{before}`, behind it `{behind}`"
    ))
}

/// The beginning of a text, in ASCII.
pub(super) fn shown(bytes: &[u8]) -> String {
    let shown = bytes.get(..SHOWN).unwrap_or(bytes);
    shown.escape_ascii().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use host_tests::upstream::Recorded;

    type Change = fn(&mut Exchange);

    fn exchange() -> Exchange {
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        Exchange {
            request: Recorded {
                method: "POST".into(),
                path: "/mcp".into(),
                headers: vec![header("host", "h"), header("connection", "close")],
                body: b"asked".to_vec(),
                complete: true,
            },
            response: Some(Response {
                status: 200,
                headers: vec![header("mcp-session-id", "s"), header("server", "own")],
                body: b"answered".to_vec(),
                reset: false,
            }),
            state: State::Whole,
        }
    }

    fn response(exchange: &mut Exchange) -> &mut Response {
        exchange.response.as_mut().expect("a response")
    }

    #[test]
    fn changed_message_is_a_difference() {
        let changes: [(&str, Change); 10] = [
            ("the method", |own| own.request.method = "GET".into()),
            ("the path", |own| own.request.path = "/".into()),
            ("the request", |own| own.request.body.push(b' ')),
            ("a header of the request", |own| {
                own.request.headers[0].1 = b"other".to_vec();
            }),
            ("the status", |own| response(own).status = 202),
            ("the response", |own| response(own).body[0] = b'A'),
            ("the response", |own| response(own).body.truncate(3)),
            ("a header of the response", |own| {
                response(own).headers.clear();
            }),
            ("there is a response", |own| own.response = None),
            ("a header of the request", |own| {
                own.request.headers.push(("authorization".into(), vec![]));
            }),
        ];
        assert_eq!(differences(&exchange(), &exchange()), Vec::<String>::new());
        for (what, change) in changes {
            let mut behind = exchange();
            change(&mut behind);
            let found = differences(&exchange(), &behind);
            assert!(
                matches!(&found[..], [one] if one.starts_with(what)),
                "{what}: {found:?}"
            );
        }
    }

    #[test]
    fn headers_of_one_connection_or_envoy_itself_make_no_difference() {
        let mut behind = exchange();
        let added = [
            "x-envoy-expected-rq-timeout-ms",
            "x-request-id",
            "transfer-encoding",
        ];
        let added = added.map(|name| (name.to_owned(), b"1".to_vec()));
        behind.request.headers.extend(added);
        response(&mut behind).headers[1].1 = b"envoy".to_vec();
        assert_eq!(differences(&exchange(), &behind), Vec::<String>::new());
    }

    #[test]
    fn client_that_left_misses_whole_events_and_nothing_else() {
        let [mut before, mut behind] = [exchange(), exchange()];
        response(&mut behind).body = b"data: 1\n\ndata: 2\n\n".to_vec();
        before.state = State::Left;
        for (got, count) in [
            ("", 0),
            ("data: 1\n\n", 0),
            ("data: 1\n", 1),
            ("data: 2\n\n", 1),
        ] {
            response(&mut before).body = got.into();
            assert_eq!(differences(&before, &behind).len(), count, "{got}");
        }
        before.response = None;
        assert_eq!(differences(&before, &behind), Vec::<String>::new());
        before.state = State::Broken;
        assert_eq!(differences(&before, &behind).len(), 1);
    }
}
