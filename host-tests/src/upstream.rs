//! Turns requests that reach a server behind the proxy into [`Recorded`] values, even those whose body is incomplete.
//!
//! It never judges a request: it answers every complete one.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, BufReader, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};

use bytes::Bytes;

use crate::wire::{self, Framing, Headers};

/// A request as it reached the server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// `POST`, or anything else.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// All header fields, framing included.
    pub headers: Headers,
    /// The body without framing; its received part, if it is incomplete.
    pub body: Vec<u8>,
    /// The body is complete.
    pub complete: bool,
}

impl Recorded {
    /// The first value of a header; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        wire::value(&self.headers, name)
    }
}

/// An HTTP/1.1 server on a free port of 127.0.0.1. Dropping it closes every connection.
#[derive(Debug)]
pub struct Upstream {
    addr: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

type Answer = dyn Fn(&Recorded) -> Bytes + Send + Sync;

struct Shared {
    answer: Box<Answer>,
    remembers: bool,
    /// In the order in which their heads arrived.
    requests: Mutex<BTreeMap<u64, Recorded>>,
    /// The open connections, so that they can be closed from other threads.
    connections: Mutex<BTreeMap<u64, TcpStream>>,
    tickets: AtomicU64,
    complete: AtomicU64,
    stopped: AtomicBool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

impl Upstream {
    /// Answers every request with an empty JSON-RPC result.
    pub fn start() -> io::Result<Self> {
        Self::listen(true, empty_result())
    }

    /// Answers with the raw bytes that `answer` makes for the request; see [`reply`].
    pub fn answering(
        answer: impl Fn(&Recorded) -> Vec<u8> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::listen(true, Box::new(move |request| answer(request).into()))
    }

    /// Answers as [`Upstream::start`] does and records nothing, for load.
    pub fn counting() -> io::Result<Self> {
        Self::listen(false, empty_result())
    }

    /// Answers like [`Upstream::answering`], but records nothing and need not copy its answers, for load.
    pub fn serving(
        answer: impl Fn(&Recorded) -> Bytes + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::listen(false, Box::new(answer))
    }

    fn listen(remembers: bool, answer: Box<Answer>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            answer,
            remembers,
            requests: Mutex::default(),
            connections: Mutex::default(),
            tickets: AtomicU64::new(0),
            complete: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
        });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Ok(Self {
            addr,
            shared,
            acceptor: Some(acceptor),
        })
    }

    /// The address at which it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The number of complete requests since the start.
    pub fn count(&self) -> u64 {
        self.shared.complete.load(Ordering::SeqCst)
    }

    /// The requests since the last call, in the order of their heads.
    ///
    /// An incomplete request is among them without the rest of its body, and again in a later call once it is complete.
    pub fn take(&self) -> Vec<Recorded> {
        let requests = std::mem::take(&mut *lock(&self.shared.requests));
        requests.into_values().collect()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which closes the open connections.
        let _ = TcpStream::connect(self.addr);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

/// A raw response with a `content-length`.
pub fn reply(status: u16, content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} -\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn empty_result() -> Box<Answer> {
    let body = br#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    let bytes = Bytes::from(reply(200, "application/json", body));
    Box::new(move |_| bytes.clone())
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            break;
        }
        let Ok(stream) = stream else { continue };
        let Ok(handle) = stream.try_clone() else {
            continue;
        };
        let id = shared.ticket();
        lock(&shared.connections).insert(id, handle);
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A broken connection is not an error here; the received bytes are recorded.
            let _ = serve(&stream, &shared);
            let _ = stream.shutdown(Shutdown::Both);
            lock(&shared.connections).remove(&id);
        });
    }
    for stream in lock(&shared.connections).values() {
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// Answers one request after another until a side closes.
fn serve(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(head) = wire::read_head(&mut reader)? {
        let ticket = shared.ticket();
        let (method, path, headers) = wire::parse_request(&head)?;
        let mut request = Recorded {
            method,
            path,
            headers,
            ..Recorded::default()
        };
        let framing = wire::framing(&request.headers)?.unwrap_or(Framing::Length(0));
        if framing != Framing::Length(0) {
            shared.record(ticket, &request);
        }
        let read = wire::read_body(&mut reader, framing, &mut request.body);
        request.complete = read.is_ok();
        shared.record(ticket, &request);
        read?;
        shared.complete.fetch_add(1, Ordering::SeqCst);
        let answer = (shared.answer)(&request);
        writer.write_all(&answer)?;
        if says_close(&request.headers) || ends_with_connection(&answer) {
            break;
        }
    }
    Ok(())
}

fn says_close(headers: &[(String, Vec<u8>)]) -> bool {
    wire::value(headers, "connection").is_some_and(|value| value.eq_ignore_ascii_case(b"close"))
}

/// Whether the client detects the end of this answer only when the connection closes.
fn ends_with_connection(answer: &[u8]) -> bool {
    match wire::parse_response(answer) {
        Ok(response) => {
            says_close(&response.headers)
                || matches!(wire::framing(&response.headers), Ok(None) | Err(_))
        }
        Err(_) => true,
    }
}

impl Shared {
    fn ticket(&self) -> u64 {
        self.tickets.fetch_add(1, Ordering::SeqCst)
    }

    fn record(&self, ticket: u64, request: &Recorded) {
        if self.remembers {
            lock(&self.requests).insert(ticket, request.clone());
        }
    }
}

/// Locks even after a panic: each change is one call, so the map is consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::wire::{Connection, Http1Request, http1};

    const PATIENCE: Duration = Duration::from_secs(5);

    fn post(chunks: Option<Vec<usize>>) -> Http1Request {
        Http1Request {
            method: "POST".into(),
            path: "/mcp?x=1".into(),
            headers: vec![(b"X-Raw".to_vec(), b"\xff\xfe".to_vec())],
            body: Some(b"hello".to_vec()),
            chunks,
        }
    }

    #[test]
    fn whole_and_chunked_bodies_arrive_the_same() {
        let upstream = Upstream::start().unwrap();
        for chunks in [None, Some(vec![]), Some(vec![1, 2, 3, 4])] {
            let response = http1(upstream.addr(), &post(chunks), PATIENCE).unwrap();
            assert_eq!(response.status, 200);
            assert_eq!(
                response.header("content-type"),
                Some(&b"application/json"[..])
            );
            let [request] = &upstream.take()[..] else {
                panic!("not one request")
            };
            assert_eq!(
                (request.path.as_str(), &request.body[..]),
                ("/mcp?x=1", &b"hello"[..])
            );
            assert_eq!(request.header("x-raw"), Some(&b"\xff\xfe"[..]));
            assert!(request.complete);
        }
        assert_eq!(upstream.count(), 3);
    }

    #[test]
    fn unfinished_body_is_recorded_as_such() {
        let upstream = Upstream::start().unwrap();
        let mut request = post(None);
        request
            .headers
            .push((b"content-length".to_vec(), b"9".to_vec()));
        let answer = http1(upstream.addr(), &request, Duration::from_millis(200));
        assert_eq!(answer.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(upstream.count(), 0);
        assert!(upstream.take().iter().all(|request| !request.complete));
    }

    #[test]
    fn connection_is_kept_until_the_answer_has_no_framing() {
        let upstream = Upstream::answering(|request| match request.path.as_str() {
            "/last" => b"HTTP/1.1 200 OK\r\n\r\nbye".to_vec(),
            _ => reply(200, "text/plain", b"more"),
        })
        .unwrap();
        let mut connection = Connection::open(upstream.addr()).unwrap();
        for (path, body) in [("/", "more"), ("/", "more"), ("/last", "bye")] {
            let raw = format!("GET {path} HTTP/1.1\r\nhost: h\r\n\r\n");
            let response = connection.send(raw.as_bytes()).unwrap();
            assert_eq!(response.body, body.as_bytes());
        }
        assert!(connection.send(b"GET / HTTP/1.1\r\n\r\n").is_err());
    }
}
