//! Plays calls over persistent connections, in a closed loop or at a fixed rate, and measures the time of each.
//!
//! At a fixed rate it never waits for an answer before the next call of another connection is due, so that a slow
//! gateway does not get less load.

use crate::server::BEGIN;
use host_tests::samples::requests::post;
use host_tests::wire::{Connection, Response};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// How long to call, and how fast.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// The calls in a second on all connections together. `None`: each connection calls again once it is answered.
    pub(crate) per_second: Option<u32>,
    pub(crate) length: Duration,
}

/// The result of a load.
pub(crate) struct Played {
    /// The time that each call took, in any order.
    pub(crate) times: Vec<Duration>,
    /// The duration of the whole load.
    pub(crate) length: Duration,
    /// How often the gateway closed a connection.
    pub(crate) closed: usize,
}

/// The connections of a load.
pub(crate) const CONNECTIONS: usize = 4;

/// Open connections to one gateway, each with a session of its own.
pub(crate) struct Client {
    lines: Vec<Line>,
}

struct Line {
    addr: SocketAddr,
    connection: Connection,
    session: String,
    closed: usize,
}

/// A call, and the status that its answer must have.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) path: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) status: u16,
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        Self {
            lines: (0..CONNECTIONS).map(|_| Line::open(addr)).collect(),
        }
    }

    /// Plays one message on a new connection, in the session of the first connection.
    pub(crate) fn once(&self, path: &str, body: &[u8]) -> Response {
        let own = &self.lines[0];
        let mut connection = Connection::open(own.addr).expect("Envoy accepts connections");
        let answer = connection.send(&own.request(path, body));
        answer.expect("an answer")
    }

    /// Plays the load.
    #[allow(clippy::disallowed_methods, reason = "time is what is measured")]
    pub(crate) fn play(&mut self, load: Load, call: Call<'_>) -> Played {
        let start = Instant::now();
        self.lines.iter_mut().for_each(|line| line.closed = 0);
        let lines = self.lines.iter_mut().enumerate();
        let times = thread::scope(|scope| {
            let threads = lines.map(|(number, line)| {
                scope.spawn(move || match load.per_second {
                    None => line.in_a_loop(call, start + load.length),
                    Some(rate) => line.on_time(call, &Timetable::new(load, rate, start, number)),
                })
            });
            let threads: Vec<_> = threads.collect();
            let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
            joined
                .flat_map(|times| times.expect("the load is played"))
                .collect()
        });
        Played {
            times,
            length: start.elapsed(),
            closed: self.lines.iter().map(|line| line.closed).sum(),
        }
    }
}

/// When the calls of one connection are due.
struct Timetable {
    first: Instant,
    period: Duration,
    calls: u32,
}

impl Timetable {
    fn new(load: Load, per_second: u32, start: Instant, number: usize) -> Self {
        let step = Duration::from_secs(1) / per_second;
        let (number, all) = (number as u32, CONNECTIONS as u32);
        let period = step * all;
        Self {
            first: start + step * (number + 1),
            period,
            calls: (load.length.as_micros() / period.as_micros()) as u32,
        }
    }
}

impl Line {
    fn open(addr: SocketAddr) -> Self {
        let mut own = Self {
            addr,
            connection: Connection::open(addr).expect("Envoy accepts connections"),
            session: String::new(),
            closed: 0,
        };
        own.begin();
        own
    }

    /// Begins a session. Its id is `none` if no server is reached.
    fn begin(&mut self) {
        let params = r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}"#;
        let body = format!(r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{params}}}"#);
        let answer = self.send(&post(BEGIN, &[], body.as_bytes()));
        let session = answer.header("mcp-session-id").unwrap_or(b"none");
        self.session = String::from_utf8_lossy(session).into_owned();
    }

    fn request(&self, path: &str, body: &[u8]) -> Vec<u8> {
        post(path, &[("mcp-session-id", &self.session)], body)
    }

    /// If the gateway closes the connection after an answer, a new one is opened.
    fn send(&mut self, request: &[u8]) -> Response {
        let answer = self.connection.send(request).expect("an answer");
        if answer.header("connection") == Some(b"close") {
            self.connection = Connection::open(self.addr).expect("Envoy accepts connections");
            self.closed += 1;
        }
        answer
    }

    fn play(&mut self, request: &[u8], status: u16) {
        let answer = self.send(request);
        let text = || String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{}", text());
    }

    #[allow(clippy::disallowed_methods, reason = "time is what is measured")]
    fn in_a_loop(&mut self, call: Call<'_>, end: Instant) -> Vec<Duration> {
        let request = self.request(call.path, call.body);
        let mut times = Vec::new();
        let mut begin = Instant::now();
        while begin < end {
            self.play(&request, call.status);
            let now = Instant::now();
            times.push(now - begin);
            begin = now;
        }
        times
    }

    /// If an earlier call took long, a late call counts from the time when it was due, so that its wait is included.
    #[allow(clippy::disallowed_methods, reason = "time is what is measured")]
    fn on_time(&mut self, call: Call<'_>, timetable: &Timetable) -> Vec<Duration> {
        let request = self.request(call.path, call.body);
        let mut played = |number| {
            let due = timetable.first + timetable.period * number;
            let early = due.saturating_duration_since(Instant::now());
            thread::sleep(early);
            let begin = if early.is_zero() { due } else { Instant::now() };
            self.play(&request, call.status);
            begin.elapsed()
        };
        (0..timetable.calls).map(&mut played).collect()
    }
}
