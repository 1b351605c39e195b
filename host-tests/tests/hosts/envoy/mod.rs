//! Tests behaviour that needs a real Envoy: worker threads, HTTP/2, reloads, crashes.

mod approval_service;
mod approvals;
mod audit;
mod bodies;
mod collector;
mod crashes;
mod crowd;
mod filter_state;
mod fleet;
mod gateway;
mod held;
mod identity_sources;
mod ids;
mod limits;
mod metrics;
mod notices;
mod policies;
mod probe;
mod prometheus;
mod route_sources;
mod running;
mod secrets;
mod upgrade;
mod verified;
mod waiting;
mod workers;
