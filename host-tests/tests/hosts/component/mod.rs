//! The component alone: its interface, hosts that count by themselves or fail, responses, its document.

mod counting;
mod failing;
mod gateway;
mod interface;
mod responses;
