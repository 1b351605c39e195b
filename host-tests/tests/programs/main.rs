//! The command line tool as it is handed out: programs that need no Rust and no library, and packages for pip and npm. `make
//! binaries` builds them, and `make soak` plays these tests.
//!
//! They never judge a policy's meaning: the tool's own tests do.

mod bare_roots;
mod example;
mod linux;
mod mounted;
mod shipped;
mod wheels;
mod windows;
