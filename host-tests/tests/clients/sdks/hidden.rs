//! Asks real servers for hidden names in every possible way, and searches all received bytes for them.
//!
//! It uses no SDK, because none shows all received bytes. As a control, it finds the names when it asks the server
//! directly.

use super::programs::{LEGACY, Running, SERVERS, Server, gateway};
use host_tests::require::{ENVOY, NODE, TYPESCRIPT_SDKS, lacks};
use host_tests::wire::{Http1Request, RawHeaders, Response, http1};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);
/// A stream that is silent for so long has sent everything.
const SILENCE: Duration = Duration::from_secs(2);
const LISTS: [&str; 4] = [
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
];

/// Names that lists must not show, and one that they must show.
fn names(story: &str) -> (&'static [&'static str], &'static str) {
    match story {
        "server-everything" => (&["get-env", "startup.md", "dynamic/blob"], "get-sum"),
        _ => (
            &["\"hidden\"", "read_env", "memo://secret"],
            "delete_project",
        ),
    }
}

/// A new session.
struct Session {
    addr: SocketAddr,
    headers: RawHeaders,
}

impl Session {
    fn begin(addr: SocketAddr) -> Self {
        let fields = [
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("x-user", "curious"),
        ];
        let headers = fields.map(|(name, value)| (name.into(), value.into()));
        let mut session = Self {
            addr,
            headers: headers.into(),
        };
        let params = json!({ "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": { "name": "curious", "version": "1" } });
        let response = session
            .post(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }));
        let id = response.header("mcp-session-id").expect("a session");
        session
            .headers
            .push((b"mcp-session-id".to_vec(), id.to_vec()));
        session
            .headers
            .push((b"mcp-protocol-version".to_vec(), LEGACY.into()));
        session.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        session
    }

    fn post(&self, message: &Value) -> Response {
        let request = Http1Request {
            method: "POST".into(),
            path: "/mcp".into(),
            headers: self.headers.clone(),
            body: Some(message.to_string().into_bytes()),
            chunks: None,
        };
        http1(self.addr, &request, LIMIT).expect("an answer")
    }

    fn ask(&self, method: &str, params: Value) -> String {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        String::from_utf8_lossy(&self.post(&message).body).into_owned()
    }

    /// The bytes on the stream of a GET, until it is silent.
    fn listen(&self, last_event: Option<&str>) -> String {
        let mut stream = TcpStream::connect(self.addr).expect("a connection");
        stream.set_read_timeout(Some(SILENCE)).expect("a timeout");
        let mut head = format!("GET /mcp HTTP/1.1\r\nhost: {}\r\n", self.addr).into_bytes();
        let last_event = last_event.map(|id| (b"last-event-id".to_vec(), id.as_bytes().to_vec()));
        let fields = self
            .headers
            .iter()
            .filter(|(name, _)| name != b"content-type");
        for (name, value) in fields.chain(&last_event) {
            head.extend([name, &b": "[..], value, b"\r\n"].concat());
        }
        head.extend(b"\r\n");
        stream.write_all(&head).expect("a request");
        let mut all = Vec::new();
        match stream.read_to_end(&mut all) {
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("{error}")
            }
            _ => String::from_utf8_lossy(&all).into_owned(),
        }
    }
}

/// The content of all lists: requested, and replayed from the first event of each answer on.
fn lists(addr: SocketAddr) -> (String, String) {
    let session = &Session::begin(addr);
    let asked = LISTS.map(|method| session.ask(method, json!({})));
    let first = |answer: &String| {
        let id = answer.lines().find_map(|line| line.strip_prefix("id:"));
        id.map(|id| id.trim().to_owned())
    };
    let again = thread::scope(|scope| {
        let listen = |id: String| scope.spawn(move || session.listen(Some(&id)));
        let streams: Vec<_> = asked.iter().filter_map(first).map(listen).collect();
        let streams = streams
            .into_iter()
            .map(|stream| stream.join().expect("a stream"));
        streams.collect()
    });
    (asked.concat(), again)
}

/// Checks that the refusal of a name does not reveal whether it exists.
fn told_apart(session: &Session, method: &str, params: impl Fn(&str) -> Value, hidden: &str) {
    let answer = |name: &str| {
        let body = session.ask(method, params(name));
        // A server may send its answer as an event.
        let mut data = body.lines().filter_map(|line| line.strip_prefix("data: "));
        let event = data.find(|text| text.starts_with('{'));
        let answer: Value = serde_json::from_str(event.unwrap_or(&body)).expect("JSON");
        let text = answer.to_string().replace(name, "…");
        let id = answer.pointer("/result/_meta/mcp-policy~1decision/requestId");
        let id = id.or_else(|| answer.pointer("/error/data/requestId"));
        text.replace(id.and_then(Value::as_str).expect("an id"), "…")
    };
    let other = format!("{}x", &hidden[..hidden.len() - 1]);
    assert_eq!(answer(hidden), answer(&other), "{method}");
}

#[test]
fn hidden_name_appears_nowhere() {
    if lacks(&[TYPESCRIPT_SDKS, ENVOY, NODE]) {
        return;
    }
    let (_programs, servers): (Vec<_>, Vec<_>) = SERVERS.iter().map(Running::start).unzip();
    let envoy = gateway(&servers);
    for running in &servers {
        shows(running.server, running.addr);
        for hold in [true, false] {
            let listener = running.listener_name(hold);
            hides(running.server, envoy.addr(&listener), &listener);
        }
    }
}

/// The control: the names are in the lists of the server itself.
pub(super) fn shows(server: &Server, addr: SocketAddr) {
    let (hidden, _) = names(server.story);
    let (asked, again) = lists(addr);
    for name in hidden {
        assert!(asked.contains(name), "{}: no {name} directly", server.name);
        assert!(
            again.contains(name),
            "{}: no {name} sent again",
            server.name
        );
    }
}

/// Searches everything that comes from a gateway for the hidden names of the server behind it.
pub(super) fn hides(server: &Server, addr: SocketAddr, listener: &str) {
    let (hidden, shown) = names(server.story);
    let (asked, again) = lists(addr);
    assert!(
        asked.contains(shown) && again.contains(shown),
        "{listener}: {shown}"
    );
    for name in hidden {
        assert!(!asked.contains(name), "{listener} shows {name}: {asked}");
        assert!(
            !again.contains(name),
            "{listener} shows {name} again: {again}"
        );
    }
    let session = Session::begin(addr);
    let name = hidden[0].trim_matches('"');
    told_apart(&session, "tools/call", |name| json!({ "name": name }), name);
    let uri = |uri: &str| json!({ "uri": uri });
    told_apart(&session, "resources/read", uri, "memo://secret");
    let complete = |uri: &str| json!({ "ref": { "type": "ref/resource", "uri": uri }, "argument": { "name": "a", "value": "" } });
    told_apart(&session, "completion/complete", complete, "memo://secret");
    let stream = session.listen(None);
    assert!(
        hidden.iter().all(|name| !stream.contains(name)),
        "{listener}: {stream}"
    );
}
