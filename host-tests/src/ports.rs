//! Turns the wish for a port into one that no other test is given: for a program that is told its port, and for an
//! address at which nothing listens.
//!
//! It never takes a port of the range from which Linux answers a bind to port 0 (32768 to 60999). A port of that
//! range that a test has closed may be another test's a moment later.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

const FIRST: u16 = 12_000;
const PORTS: u16 = 20_000;

/// A port of 127.0.0.1 on which nothing listens, for a program that is told its port.
///
/// # Panics
/// When every port of the range is in use.
pub fn free() -> u16 {
    refusing().port()
}

/// An address that refuses connections for as long as the tests run.
///
/// # Panics
/// When every port of the range is in use.
pub fn refusing() -> SocketAddr {
    let mut ports = (0..PORTS).map(|_| next());
    let free = ports.find(|&addr| TcpListener::bind(addr).is_ok());
    free.expect("a free port below the range of Linux")
}

/// Each process begins elsewhere, so that two at once are given different ports.
fn next() -> SocketAddr {
    static NEXT: OnceLock<AtomicU16> = OnceLock::new();
    let start = || AtomicU16::new((process::id().wrapping_mul(97) % u32::from(PORTS)) as u16);
    let number = NEXT.get_or_init(start).fetch_add(1, Ordering::Relaxed);
    SocketAddr::from((Ipv4Addr::LOCALHOST, FIRST + number % PORTS))
}

#[cfg(test)]
mod tests {
    use super::{FIRST, PORTS, free};
    use std::collections::HashSet;

    #[test]
    fn ports_of_one_process_differ_and_lie_below_the_range_of_linux() {
        let ports: HashSet<_> = (0..100).map(|_| free()).collect();
        assert_eq!(ports.len(), 100);
        assert!(
            ports
                .iter()
                .all(|port| (FIRST..FIRST + PORTS).contains(port))
        );
    }
}
