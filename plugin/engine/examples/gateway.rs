//! A complete gateway: an HTTP/1.1 proxy that applies a policy between callers and an MCP server.
//!
//! ```sh
//! cargo run --example gateway -- policy.json 127.0.0.1:8080 127.0.0.1:3000
//! ```
//!
//! It shows which calls a gateway makes, and when. It collects each body before it judges it, and never streams.

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::{Request, Response, client, server, service::service_fn};
use hyper_util::rt::TokioIo;
use mcp_policy::host::{
    Cells, Event, Exchange, HeaderEdit, Headers, HostContext, Millis, Next, Policy, Reply,
    Response as ServerEvent, Step, Store, Unavailable, Verified, Version,
};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::net::{TcpListener, TcpStream};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The most bytes of a request's or a response's body: a longer one closes the connection.
const LONGEST_BODY: usize = 8 << 20;

/// The state that all connections share: the policy, the store that counts, and the memory that it counts in.
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
        Ok(cells
            .get(key)
            .map(|(bytes, version)| (bytes.clone(), Version(*version))))
    }

    fn swap(&mut self, key: &str, bytes: &[u8], was: Option<Version>) -> Result<bool, Unavailable> {
        let mut cells = self.0.lock().map_err(|_| Unavailable)?;
        let version = cells.get(key).map(|(_, version)| *version);
        let unchanged = version.map(Version) == was;
        if unchanged {
            let next = version.unwrap_or_default().wrapping_add(1);
            cells.insert(key.into(), (bytes.into(), next));
        }
        Ok(unchanged)
    }
}

impl Gateway {
    fn new(policy: &[u8], upstream: String) -> Result<Self, Error> {
        let policy = Policy::parse(policy).map_err(|errors| format!("{errors:#?}"))?;
        let mut entropy = [0; 16];
        getrandom::fill(&mut entropy)?;
        let mut memory = Memory::default();
        let store = Store::prepare(&mut memory, "gateway", &policy, entropy)
            .map_err(|Unavailable| "the memory failed")?;
        Ok(Self {
            policy: Arc::new(policy),
            store,
            memory,
            upstream,
        })
    }

    /// Serves one request: judges it, forwards or answers it, and judges the response.
    async fn serve(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Full<Bytes>>, Error> {
        let (mut head, body) = request.into_parts();
        let body = Limited::new(body, LONGEST_BODY).collect().await?.to_bytes();
        let context = HostContext {
            peer: Some(peer.to_string()),
            // This gateway verifies no tokens and no client certificates.
            verified: Verified::default(),
            // It has one server.
            cluster: None,
            seed: self.store.seed(),
            explain: false,
        };
        let headers = headers(Some(head.method.as_str()), &head.headers);
        let (mut exchange, step) =
            Exchange::new(self.policy.clone(), &headers, false, context, &now());
        let mut step = self.resolve(&mut exchange, step);
        edit(&mut head.headers, &step.edit);
        if let Next::NeedMore = step.next {
            step = self.feed(
                &mut exchange,
                Event::Body {
                    bytes: body.to_vec(),
                    end_of_stream: true,
                },
            );
        }
        let body = match &step.next {
            Next::ForwardBody(body) => body.clone().into(),
            _ => body,
        };
        match step.next {
            Next::Forward | Next::ForwardBody(_) => {
                let gateway = self;
                let under_way = UnderWay { gateway, exchange };
                self.forward(under_way, Request::from_parts(head, Full::new(body)))
                    .await
            }
            Next::Reply(reply) => answer(reply),
            _ => answer(Reply::unavailable()),
        }
    }

    async fn forward(
        &self,
        mut under_way: UnderWay<'_>,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Full<Bytes>>, Error> {
        let exchange = &mut under_way.exchange;
        let stream = TokioIo::new(TcpStream::connect(&self.upstream).await?);
        let (mut sender, connection) = client::conn::http1::handshake(stream).await?;
        tokio::spawn(connection);
        let (mut head, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, LONGEST_BODY).collect().await?.to_bytes();
        let event = ServerEvent::Head {
            status: head.status.as_u16(),
            headers: headers(None, &head.headers),
            end_of_stream: false,
        };
        let mut step = self.feed(exchange, Event::Response(event));
        edit(&mut head.headers, &step.edit);
        if let (Next::Forward, true) = (&step.next, exchange.needs_response()) {
            let event = ServerEvent::Body {
                bytes: body.to_vec(),
                end_of_stream: true,
            };
            step = self.feed(exchange, Event::Response(event));
        }
        match step.next {
            Next::Forward => Ok(Response::from_parts(head, Full::new(body))),
            Next::ReplaceBody(body) => Ok(Response::from_parts(head, body.into())),
            Next::Reply(reply) => answer(reply),
            _ => answer(Reply::unavailable()),
        }
    }

    fn feed(&self, exchange: &mut Exchange, event: Event) -> Step {
        let step = exchange.feed(event, &now());
        self.resolve(exchange, step)
    }

    /// Lets the store answer the questions of the exchange, and logs the decision.
    fn resolve(&self, exchange: &mut Exchange, step: Step) -> Step {
        let step = exchange.resolve(step, &self.store, &mut self.memory.clone(), &now());
        step.audit
            .iter()
            .for_each(|audit| println!("{}", audit.line()));
        step
    }
}

/// A forwarded request, until it is complete or a side is gone: its id is in use meanwhile.
struct UnderWay<'g> {
    gateway: &'g Gateway,
    exchange: Exchange,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let closed = Event::Response(ServerEvent::Closed);
        self.gateway.feed(&mut self.exchange, closed);
    }
}

fn headers(method: Option<&str>, fields: &HeaderMap) -> Headers {
    let method = method.map(|method| (&b":method"[..], method.as_bytes()));
    let fields = fields
        .iter()
        .map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    method.into_iter().chain(fields).collect()
}

/// A collected body is sent in one piece, with its own length.
fn edit(fields: &mut HeaderMap, edit: &HeaderEdit) {
    for name in [CONTENT_LENGTH, TRANSFER_ENCODING] {
        fields.remove(name);
    }
    for &name in &edit.remove {
        fields.remove(name);
    }
    for &(name, value) in &edit.set {
        fields.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
}

fn answer(reply: Reply) -> Result<Response<Full<Bytes>>, Error> {
    let answer = Response::builder().status(reply.status);
    let headers = reply.headers.into_iter();
    let answer = headers.fold(answer, |answer, (name, value)| answer.header(name, &*value));
    Ok(answer.body(reply.body.into())?)
}

#[allow(
    clippy::disallowed_methods,
    reason = "a gateway has a clock; the engine is told the time"
)]
fn now() -> Millis {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

async fn listen(listener: TcpListener, gateway: Gateway) -> Result<(), Error> {
    let gateway = Arc::new(gateway);
    loop {
        let (stream, peer) = listener.accept().await?;
        let gateway = gateway.clone();
        let service = service_fn(move |request| {
            let gateway = gateway.clone();
            async move { gateway.serve(request, peer).await }
        });
        // A request that cannot be read or forwarded closes its connection.
        tokio::spawn(
            server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
        );
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [policy, address, upstream] = &arguments[..] else {
        return Err("usage: gateway POLICY LISTEN UPSTREAM".into());
    };
    let gateway = Gateway::new(&std::fs::read(policy)?, upstream.clone())?;
    listen(TcpListener::bind(address).await?, gateway).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    const POLICY: &str = r#"{ "version": "1", "default": "deny", "tools": { "run": {
        "limits": [ { "counter": "runs", "window": "month", "max": 1 } ] } } }"#;
    const TOOLS: &str =
        r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"run"},{"name":"drop"}]}}"#;

    /// A server that answers every request with the same list.
    async fn upstream(listener: TcpListener) {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let list = service_fn(async |_| {
                let list = Response::builder().header("content-type", "application/json");
                Ok::<_, Infallible>(list.body(Full::<Bytes>::from(TOOLS)).unwrap())
            });
            let connection = server::conn::http1::Builder::new();
            let _ = connection
                .serve_connection(TokioIo::new(stream), list)
                .await;
        }
    }

    async fn post(address: SocketAddr, method: &str, params: &str) -> String {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let request = Request::post("/mcp").header("host", "test");
        let request = request.header("content-type", "application/json");
        let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
        let (mut sender, connection) = client::conn::http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let request = request.body(Full::<Bytes>::from(body)).unwrap();
        let response = sender.send_request(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.into()).unwrap()
    }

    #[tokio::test]
    async fn gateway_before_a_server_filters_limits_and_denies() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let behind = server.local_addr().unwrap().to_string();
        tokio::spawn(upstream(server));
        tokio::spawn(listen(
            listener,
            Gateway::new(POLICY.as_bytes(), behind).unwrap(),
        ));
        let list = post(address, "tools/list", "{}").await;
        assert_eq!(
            list,
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"run"}]}}"#
        );
        let run = || post(address, "tools/call", r#"{"name":"run"}"#);
        assert!(
            run().await.contains("tools"),
            "the first call reaches the server"
        );
        assert!(
            run().await.contains("The limit of 1 call"),
            "the second does not"
        );
        let drop = post(address, "tools/call", r#"{"name":"drop"}"#).await;
        assert!(drop.contains("not available"));
    }
}
