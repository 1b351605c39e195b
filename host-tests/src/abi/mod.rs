//! Plays HTTP requests into a proxy-wasm module (ABI 0.2.1) and turns the module's reaction to each
//! into a [`StreamResult`]: its own answer, or the forwarded headers and bytes. It behaves as Envoy
//! does where hosts differ. It never expects a call: a test gives the input and checks the output.

pub mod constraints;
pub mod exchange;
mod host;
mod hostcalls;
mod http_calls;
mod level;
mod machine;
mod memory;
pub mod metadata;
mod metrics;
mod refusal;
mod shared;
mod state;
pub mod status;
mod stream;
mod vm;
mod wasi;

pub use http_calls::{CallAnswer, HttpCall};
pub use level::Level;
pub use machine::Trap;
pub use shared::{Clock, Counts, Faults, SharedData};
pub use state::{Action, LocalResponse, Pair, Request, StreamResult, pairs};
pub use stream::Stream;
pub use vm::{Module, Vm};
