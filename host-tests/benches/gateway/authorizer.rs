//! A server with the same engine that Envoy asks by `ext_authz`: the usual design for a gateway that loads no plugin.
//!
//! It is one process with one thread, keeps its connections and buffers its log. It never sees the MCP server's answers.

use host_tests::gateway::Gateway;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use mcp_policy::host::{Event, Headers, Millis, Next, Reply, Step};
use std::convert::Infallible;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::net::{TcpListener, TcpStream};

/// The engine with one policy, and the file that its log lines go to.
struct Authorizer {
    gateway: Gateway,
    log: BufWriter<File>,
}

type Shared = Arc<Mutex<Authorizer>>;
type Answer = Response<Full<Bytes>>;

/// Serves on a free port, which it prints, for as long as its standard input is open.
pub(crate) fn serve(policy: &Path) {
    let text = fs::read(policy).expect("the policy can be read");
    let authorizer = Authorizer {
        gateway: Gateway::new(&text).expect("a valid policy"),
        log: BufWriter::new(File::create(policy.with_extension("log")).expect("a log")),
    };
    std::thread::spawn(end_with_the_input);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(listen(Arc::new(Mutex::new(authorizer))));
}

fn end_with_the_input() {
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    std::process::exit(0);
}

async fn listen(authorizer: Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    println!(r#"{{"port":{port}}}"#);
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        tokio::spawn(connection(stream, authorizer.clone()));
    }
}

async fn connection(stream: TcpStream, authorizer: Shared) {
    let service = service_fn(|request| answer(request, &authorizer));
    // Envoy may close a connection at any time.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(request: Request<Incoming>, shared: &Shared) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Ok(refusal(Reply::unavailable()));
    };
    let mut authorizer = shared.lock().expect("no thread has panicked");
    Ok(authorizer.judge(&head, body.to_bytes()))
}

impl Authorizer {
    fn judge(&mut self, head: &Parts, body: Bytes) -> Answer {
        let (context, now) = (self.gateway.context(None, false), now());
        let (mut exchange, mut step) = self.gateway.begin(&headers(head), false, context, now);
        if let Next::NeedMore = step.next {
            let body = Event::Body {
                bytes: body.into(),
                end_of_stream: true,
            };
            step = self.gateway.feed(&mut exchange, body, now);
        }
        self.log(&step);
        match step.next {
            Next::Forward => Response::default(),
            Next::Reply(reply) => refusal(reply),
            _ => refusal(Reply::unavailable()),
        }
    }

    fn log(&mut self, step: &Step) {
        if let Some(audit) = &step.audit {
            writeln!(self.log, "{}", audit.line()).expect("the log can be written");
        }
    }
}

fn headers(head: &Parts) -> Headers {
    let method = (&b":method"[..], head.method.as_str().as_bytes());
    let fields = head.headers.iter();
    let fields = fields.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    [method].into_iter().chain(fields).collect()
}

/// Envoy treats the status 200 as consent and ignores the body, so a refusal is a 403.
fn refusal(reply: Reply) -> Answer {
    let mut answer = Response::new(Full::from(reply.body));
    *answer.status_mut() = StatusCode::FORBIDDEN;
    answer
}

#[allow(clippy::disallowed_methods, reason = "an authorizer has a clock")]
fn now() -> Millis {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
