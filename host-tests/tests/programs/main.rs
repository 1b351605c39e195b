//! The command line tool as it is handed out: programs that need no Rust and no library, and packages for pip and npm; and the
//! files of a release. `make dist` builds them, and `make soak` plays these tests.
//!
//! They never judge a policy's meaning: the tool's own tests do.

mod bare_roots;
mod bill;
mod example;
mod image;
mod linux;
mod mounted;
mod release;
mod repeated;
mod shipped;
mod wheels;
mod windows;
