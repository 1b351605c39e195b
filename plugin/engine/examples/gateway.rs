//! A whole gateway on the standard library: an HTTP/1.1 proxy that lets an MCP server see only what a policy allows.
//!
//! ```sh
//! cargo run --example gateway -- policy.json 127.0.0.1:8080 127.0.0.1:3000
//! ```
//!
//! It shows which calls a gateway makes, and when. It serves one request a connection and reads bodies by their length.

use mcp_policy::host::{
    Cells, Event, Exchange, HeaderEdit, Headers, HostContext, Millis, Next, Policy, Reply,
    Response, Step, Store, Unavailable, Version,
};
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// The most bytes that are read of a request or a response: a longer one ends there, and its JSON is refused as cut off.
const LONGEST_MESSAGE: u64 = 8 << 20;

/// What all connections share: the policy, the store that counts, and the memory that it counts in.
struct Gateway {
    policy: Arc<Policy>,
    store: Store,
    memory: Memory,
    upstream: String,
}

#[derive(Clone, Default)]
struct Memory(Arc<Mutex<HashMap<String, Cell>>>);

/// Bytes and their version.
type Cell = (Vec<u8>, u32);

impl Cells for Memory {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        let cells = self.0.lock().map_err(|_| Unavailable)?;
        let cell = cells.get(key);
        Ok(cell.map(|(bytes, version)| (bytes.clone(), Version(*version))))
    }

    fn swap(&mut self, key: &str, bytes: &[u8], was: Option<Version>) -> Result<bool, Unavailable> {
        let mut cells = self.0.lock().map_err(|_| Unavailable)?;
        let version = cells.get(key).map(|(_, version)| *version);
        if version.map(Version) != was {
            return Ok(false);
        }
        let next = version.unwrap_or_default().wrapping_add(1);
        cells.insert(key.into(), (bytes.into(), next));
        Ok(true)
    }
}

/// A request or a response: its first line, its header fields and its body.
#[derive(Debug, Default)]
struct Message {
    start: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Gateway {
    fn new(policy: &[u8], upstream: &str) -> Result<Self, String> {
        let policy = Policy::parse(policy);
        let policy = policy.map_err(|errors| {
            errors
                .iter()
                .map(|error| format!("{error}\n"))
                .collect::<String>()
        })?;
        let mut entropy = [0; 16];
        let random =
            std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut entropy));
        random.map_err(|error| error.to_string())?;
        let mut memory = Memory::default();
        let store = Store::prepare(&mut memory, "gateway", &policy, entropy);
        let store = store.map_err(|Unavailable| "the memory failed")?;
        let (policy, upstream) = (Arc::new(policy), upstream.into());
        Ok(Self {
            policy,
            store,
            memory,
            upstream,
        })
    }

    /// Serves one request: judges it, passes it on or answers it, and judges the response.
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let request = Message::read(&client)?;
        let method = request.start.split(' ').next().unwrap_or_default();
        let pseudo = [(":method", method)].into_iter();
        let fields = request
            .fields
            .iter()
            .map(|(name, value)| (&**name, &**value));
        let headers = Headers::from_iter(pseudo.chain(fields));
        let context = HostContext {
            peer: Some(client.peer_addr()?.to_string()),
            seed: self.store.seed(),
            explain: false,
        };
        // The first step edits the headers; the one after the body has the verdict.
        let (mut exchange, step) =
            Exchange::new(self.policy.clone(), &headers, false, context, now());
        let first = self.resolve(&mut exchange, step);
        let body = Event::Body {
            bytes: request.body.clone(),
            end_of_stream: true,
        };
        let edit = first.edit;
        let verdict = match first.next {
            Next::NeedMore => self.feed(&mut exchange, body).next,
            next => next,
        };
        match verdict {
            Next::Forward => {
                let response = self.upstream(request, &edit)?;
                let response = self.judge_response(&mut exchange, response);
                response.write(&mut client)
            }
            Next::Reply(reply) => Message::from(reply).write(&mut client),
            _ => Message::from(Reply::unavailable()).write(&mut client),
        }
    }

    fn feed(&self, exchange: &mut Exchange, event: Event) -> Step {
        let step = exchange.feed(event, now());
        self.resolve(exchange, step)
    }

    /// Lets the store answer what the exchange asks, and logs the decision.
    fn resolve(&self, exchange: &mut Exchange, step: Step) -> Step {
        let step = exchange.resolve(step, &self.store, &mut self.memory.clone(), now());
        if let Some(audit) = &step.audit {
            println!("{}", audit.line());
        }
        step
    }

    /// Asks the server, with the headers as the policy wants them.
    fn upstream(&self, mut request: Message, edit: &HeaderEdit) -> io::Result<Message> {
        // A server ends an answer to HTTP/1.0 by closing the connection, in no chunks.
        request.start = request.start.replace("HTTP/1.1", "HTTP/1.0");
        request.edit(edit);
        let mut server = TcpStream::connect(&self.upstream)?;
        request.write(&mut server)?;
        Message::read(&server)
    }

    /// Reports the response as long as the exchange needs it, and takes what it gives instead.
    fn judge_response(&self, exchange: &mut Exchange, mut response: Message) -> Message {
        if !exchange.needs_response() {
            return response;
        }
        let status = response
            .start
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok());
        let head = Response::Head {
            status: status.unwrap_or(502),
            headers: Headers::from_iter(response.fields.iter().map(|(name, value)| (name, value))),
            end_of_stream: false,
        };
        let step = self.feed(exchange, Event::Response(head));
        response.edit(&step.edit);
        let body = Response::Body {
            bytes: response.body.clone(),
            end_of_stream: true,
        };
        match (step.next, self.feed(exchange, Event::Response(body)).next) {
            (Next::Forward, Next::Forward) => response,
            (Next::Forward, Next::ReplaceBody(body)) => Message { body, ..response },
            (Next::Reply(reply), _) | (_, Next::Reply(reply)) => reply.into(),
            _ => Reply::unavailable().into(),
        }
    }
}

impl Message {
    fn read(stream: &TcpStream) -> io::Result<Self> {
        let mut lines = BufReader::new(stream.take(LONGEST_MESSAGE));
        let mut message = Self::default();
        lines.read_line(&mut message.start)?;
        loop {
            let mut line = String::new();
            lines.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            message
                .fields
                .push((name.to_ascii_lowercase(), value.trim().into()));
        }
        let length = message
            .fields
            .iter()
            .find(|(name, _)| name == "content-length");
        let length = length.and_then(|(_, length)| length.parse().ok());
        let is_request = !message.start.starts_with("HTTP/");
        let length = length.unwrap_or(if is_request { 0 } else { u64::MAX });
        lines.take(length).read_to_end(&mut message.body)?;
        Ok(message)
    }

    fn edit(&mut self, edit: &HeaderEdit) {
        let HeaderEdit { remove, set } = edit;
        let named = |name: &str| remove.contains(&name) || set.iter().any(|(own, _)| *own == name);
        self.fields.retain(|(name, _)| !named(name));
        let set = set.iter().map(|&(name, value)| (name.into(), value.into()));
        self.fields.extend(set);
    }

    fn write(&self, stream: &mut TcpStream) -> io::Result<()> {
        let mut head = format!("{}\r\n", self.start.trim_end());
        let own = ["connection", "content-length", "transfer-encoding"];
        let fields = self
            .fields
            .iter()
            .filter(|(name, _)| !own.contains(&&**name));
        fields.for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        head.push_str(&format!(
            "content-length: {}\r\nconnection: close\r\n\r\n",
            self.body.len()
        ));
        stream.write_all(&[head.as_bytes(), &self.body].concat())
    }
}

impl From<Reply> for Message {
    fn from(reply: Reply) -> Self {
        let fields = reply.headers.into_iter();
        Self {
            start: format!("HTTP/1.1 {} -", reply.status),
            fields: fields
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            body: reply.body,
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a gateway has a clock; the engine is told the time"
)]
fn now() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn main() -> Result<(), String> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [policy, listen, upstream] = &arguments[..] else {
        return Err("usage: gateway POLICY LISTEN UPSTREAM".into());
    };
    let text = std::fs::read(policy).map_err(|error| format!("{policy}: {error}"))?;
    let gateway = Arc::new(Gateway::new(&text, upstream)?);
    let listener = TcpListener::bind(listen).map_err(|error| format!("{listen}: {error}"))?;
    for client in listener.incoming().flatten() {
        let gateway = gateway.clone();
        // A request that cannot be read or passed on is answered by closing its connection.
        std::thread::spawn(move || gateway.serve(client));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {
        "limits": [ { "counter": "runs", "window": "month", "max": 1 } ] } } }"#;
    const TOOLS: &str =
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"run"},{"name":"drop"}]}}"#;

    /// A server that answers every request with the same list, and a gateway before it.
    fn gateway() -> std::net::SocketAddr {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let gateway =
            Gateway::new(POLICY.as_bytes(), &server.local_addr().unwrap().to_string()).unwrap();
        std::thread::spawn(move || {
            for mut client in server.incoming().flatten() {
                Message::read(&client).unwrap();
                let start = "HTTP/1.0 200 OK".into();
                let fields = vec![("content-type".into(), "application/json".into())];
                let list = Message {
                    start,
                    fields,
                    body: TOOLS.into(),
                };
                list.write(&mut client).unwrap();
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            listener
                .incoming()
                .flatten()
                .for_each(|client| gateway.serve(client).unwrap());
        });
        address
    }

    fn post(address: std::net::SocketAddr, method: &str, params: &str) -> String {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let request = Message {
            start: "POST /mcp HTTP/1.1".into(),
            fields: vec![("content-type".into(), "application/json".into())],
            body: body.into_bytes(),
        };
        let mut stream = TcpStream::connect(address).unwrap();
        request.write(&mut stream).unwrap();
        String::from_utf8(Message::read(&stream).unwrap().body).unwrap()
    }

    #[test]
    fn gateway_before_a_server_filters_limits_and_denies() {
        let address = gateway();
        let list = post(address, "tools/list", "{}");
        assert_eq!(
            list,
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"run"}]}}"#
        );
        let run = || post(address, "tools/call", r#"{"name":"run"}"#);
        assert!(run().contains("tools"), "the first call reaches the server");
        assert!(run().contains("The limit of 1 call"), "the second does not");
        assert!(post(address, "tools/call", r#"{"name":"drop"}"#).contains("not available"));
    }
}
