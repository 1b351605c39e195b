//! Puts a listener of the gateway between two recorders.
//!
//! It does not judge the recorded traffic.

use super::compared::Compared;
use host_tests::bootstrap::Listener;
use host_tests::envoy::Envoy;
use host_tests::recorder::{Exchange, Recorder, State};
use host_tests::wasm_path;
use host_tests::wire::Deadline;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

/// The time for a request to pass the gateway, and for the gateway to end the streams of disconnected clients.
const LIMIT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(10);

/// A recorder in front of a server, before its gateway starts.
pub(in crate::sdks) struct Watch {
    listener: String,
    behind: Recorder,
}

/// A listener between two recorders.
pub(in crate::sdks) struct Watched {
    before: Recorder,
    behind: Recorder,
}

impl Watch {
    pub(in crate::sdks) fn start(listener: String, server: SocketAddr) -> Self {
        let behind = Recorder::start(server).expect("a recorder");
        Self { listener, behind }
    }

    pub(in crate::sdks) fn listener(&self, policy: &str) -> Listener {
        Listener::new(&self.listener, policy, self.behind.addr(), &wasm_path())
    }

    pub(in crate::sdks) fn open(self, envoy: &Envoy) -> Watched {
        let before = Recorder::start(envoy.addr(&self.listener)).expect("a recorder");
        Watched {
            before,
            behind: self.behind,
        }
    }
}

impl Watched {
    /// The address for clients.
    pub(in crate::sdks) fn addr(&self) -> SocketAddr {
        self.before.addr()
    }

    /// True if the server gets a request with this text.
    pub(in crate::sdks) fn reaches(&self, text: &str) -> bool {
        let has = |own: &Exchange| String::from_utf8_lossy(&own.request.body).contains(text);
        in_time(|| exchanges(&self.behind).iter().any(has).then_some(())).is_some()
    }

    /// Compares all exchanges since the start. The clients must have ended.
    pub(in crate::sdks) fn compared<'a>(all: impl IntoIterator<Item = &'a Self>) -> Compared {
        let mut compared = Compared::default();
        for own in all {
            compared.add(&settled(&own.before), &settled(&own.behind));
        }
        compared
    }
}

/// The exchanges, after all have ended. The comparison detects a gateway that leaves streams open.
fn settled(recorder: &Recorder) -> Vec<Exchange> {
    let all_ended = || {
        let exchanges = exchanges(recorder);
        let open = exchanges.iter().any(|own| own.state == State::Open);
        (!open).then_some(exchanges)
    };
    in_time(all_ended).unwrap_or_else(|| exchanges(recorder))
}

fn exchanges(recorder: &Recorder) -> Vec<Exchange> {
    recorder.exchanges().expect("HTTP/1.1")
}

/// The first answer, if one arrives in time.
fn in_time<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Deadline::after(LIMIT);
    loop {
        let answer = ask();
        if answer.is_some() || deadline.left().is_err() {
            return answer;
        }
        thread::sleep(PAUSE);
    }
}
