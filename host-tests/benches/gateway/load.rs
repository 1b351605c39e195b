//! Plays calls at a fixed rate over kept-alive connections, and tells how long each took.
//!
//! It never waits for an answer before the next call of another connection is due, so a slow gateway gets no easier load.

use host_tests::samples;
use host_tests::wire::Connection;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

/// How many calls, and how fast.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) per_second: u32,
    pub(crate) length: Duration,
}

/// Open connections to one gateway.
pub(crate) struct Client {
    connections: Vec<Connection>,
}

/// The size of a call without large arguments.
const BODY: usize = 150;

/// A call as MCP clients send it.
pub(crate) fn request(tool: &str) -> Vec<u8> {
    let body = samples::call(tool, BODY);
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\naccept: application/json, text/event-stream\r\n\
         accept-encoding: gzip, deflate\r\nuser-agent: python-httpx/0.28.1\r\ncontent-type: application/json\r\n\
         mcp-protocol-version: 2025-11-25\r\nmcp-session-id: 6f1c0f6d6a5c4a8c9b1d2e3f4a5b6c7d\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr, connections: usize) -> Self {
        let open = |_| Connection::open(addr).expect("Envoy accepts connections");
        Self {
            connections: (0..connections).map(open).collect(),
        }
    }

    /// Plays the load and gives the time that each call took.
    #[allow(clippy::disallowed_methods, reason = "time is what is measured")]
    pub(crate) fn play(&mut self, load: Load, request: &[u8]) -> Vec<Duration> {
        let number = u32::try_from(self.connections.len()).expect("a few connections");
        let step = Duration::from_secs(1) / load.per_second;
        let calls = (load.length.as_micros() / (step * number).as_micros()) as usize;
        let start = Instant::now() + step;
        thread::scope(|scope| {
            let play = |(connection, first)| {
                scope.spawn(move || on_time(connection, request, first, step * number, calls))
            };
            let firsts = (0..number).map(|index| start + step * index);
            let threads: Vec<_> = self.connections.iter_mut().zip(firsts).map(play).collect();
            let join = |thread: thread::ScopedJoinHandle<'_, Vec<Duration>>| {
                thread.join().expect("the load is played")
            };
            threads.into_iter().flat_map(join).collect()
        })
    }
}

/// A call that is late because the one before it took long began when it was due; its waiting counts.
#[allow(clippy::disallowed_methods, reason = "time is what is measured")]
fn on_time(
    connection: &mut Connection,
    request: &[u8],
    first: Instant,
    period: Duration,
    calls: usize,
) -> Vec<Duration> {
    let mut due = first;
    let mut call = || {
        let early = due.saturating_duration_since(Instant::now());
        let begin = if early.is_zero() {
            due
        } else {
            thread::sleep(early);
            Instant::now()
        };
        let response = connection.send(request).expect("an answer");
        assert_eq!(
            response.status,
            200,
            "{}",
            String::from_utf8_lossy(&response.body)
        );
        due += period;
        begin.elapsed()
    };
    (0..calls).map(|_| call()).collect()
}
