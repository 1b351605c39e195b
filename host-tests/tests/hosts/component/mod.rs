//! Tests the component alone: its interface, programs that count or fail, responses, and its documentation.

mod counting;
mod failing;
mod gateway;
mod interface;
mod responses;
