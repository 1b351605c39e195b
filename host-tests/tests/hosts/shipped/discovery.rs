//! A server of xDS that turns a policy into the plugin's configuration, as one message of gRPC on a stream.
//!
//! It reads no request: it sends the only resource that it has, to each stream that opens.

use bytes::{BufMut as _, Bytes, BytesMut};
use h2::server::{self, SendResponse};
use h2::{RecvStream, SendStream};
use host_tests::wasm_path;
use http::{Request, Response};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::runtime;
use tokio::task::LocalSet;
use tokio::time::sleep;

const METHOD: &str =
    "/envoy.service.extension.v3.ExtensionConfigDiscoveryService/StreamExtensionConfigs";
const PAUSE: Duration = Duration::from_millis(20);

/// The policy to send, with its number; `None` when the server ends.
type Published = Arc<Mutex<Option<(u32, String)>>>;

/// A running server. Dropping it closes its connections.
pub(super) struct Discovery {
    addr: SocketAddr,
    published: Published,
    thread: Option<JoinHandle<()>>,
}

impl Discovery {
    pub(super) fn start(policy: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let addr = listener.local_addr().expect("an address");
        let published: Published = Arc::new(Mutex::new(Some((1, policy.into()))));
        let shared = Arc::clone(&published);
        let thread = thread::spawn(move || serve(listener, &shared));
        Self {
            addr,
            published,
            thread: Some(thread),
        }
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Sends another policy.
    pub(super) fn publish(&self, policy: &str) {
        let mut published = self.published.lock().expect("no panic");
        let number = published.as_ref().map_or(1, |(number, _)| number + 1);
        *published = Some((number, policy.into()));
    }
}

impl Drop for Discovery {
    fn drop(&mut self) {
        *self.published.lock().expect("no panic") = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Serves until nothing is published any more.
fn serve(listener: TcpListener, published: &Published) {
    let runtime = runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let accepting = tokio::task::spawn_local(accept(listener, Arc::clone(published)));
        while published.lock().expect("no panic").is_some() {
            sleep(PAUSE).await;
        }
        accepting.abort();
    });
}

async fn accept(listener: tokio::net::TcpListener, published: Published) {
    while let Ok((connection, _)) = listener.accept().await {
        let published = Arc::clone(&published);
        tokio::task::spawn_local(async move {
            let mut connection = server::handshake(connection).await.expect("HTTP/2");
            while let Some(Ok((request, respond))) = connection.accept().await {
                tokio::task::spawn_local(stream(request, respond, Arc::clone(&published)));
            }
        });
    }
}

/// Sends each policy once, until the stream or the server ends.
async fn stream(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    published: Published,
) {
    assert_eq!(request.uri().path(), METHOD);
    tokio::task::spawn_local(drained(request.into_body()));
    let head = Response::builder().header("content-type", "application/grpc");
    let head = head.body(()).expect("a response");
    let mut stream: SendStream<Bytes> = respond.send_response(head, false).expect("a stream");
    let mut sent = 0;
    while let Some((number, policy)) = { published.lock().expect("no panic").clone() } {
        if number != sent && stream.send_data(message(number, &policy), false).is_err() {
            return;
        }
        sent = number;
        sleep(PAUSE).await;
    }
}

async fn drained(mut body: RecvStream) {
    while let Some(Ok(piece)) = body.data().await {
        let _ = body.flow_control().release_capacity(piece.len());
    }
}

/// A message of gRPC: not compressed, its length, and a `DiscoveryResponse`.
fn message(number: u32, policy: &str) -> Bytes {
    let response = discovery_response(&number.to_string(), policy);
    let mut message = BytesMut::new();
    message.put_u8(0);
    message.put_u32(response.len() as u32);
    message.put_slice(&response);
    message.freeze()
}

fn discovery_response(version: &str, policy: &str) -> Vec<u8> {
    let wasm = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
    let extension = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
    let plugin = field(1, &plugin(policy));
    let typed = [field(1, b"mcp_policy"), field(2, &any(wasm, &plugin))].concat();
    [
        field(1, version.as_bytes()),
        field(2, &any(extension, &typed)),
        field(4, extension.as_bytes()),
        field(5, version.as_bytes()),
    ]
    .concat()
}

/// A `PluginConfig`, with the members of the shipped configuration.
fn plugin(policy: &str) -> Vec<u8> {
    let module = path::absolute(wasm_path()).expect("a path");
    let module = field(1, module.to_string_lossy().as_bytes());
    let vm = [
        field(1, b"mcp_policy"),
        field(2, b"envoy.wasm.runtime.v8"),
        field(3, &field(1, &module)),
    ];
    let text = "type.googleapis.com/google.protobuf.StringValue";
    let reload = [7 << 3, 1];
    let hold = field(9, &[1 << 3, 1]);
    [
        field(1, b"mcp_policy"),
        field(2, b"mcp_policy"),
        field(3, &vm.concat()),
        field(4, &any(text, &field(1, policy.as_bytes()))),
        reload.into(),
        hold,
    ]
    .concat()
}

fn any(kind: &str, value: &[u8]) -> Vec<u8> {
    [field(1, kind.as_bytes()), field(2, value)].concat()
}

/// A field of Protocol Buffers with bytes: its number and kind, the length, and the bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut written = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 0x7f {
        written.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    written.push(length as u8);
    written.extend(bytes);
    written
}
