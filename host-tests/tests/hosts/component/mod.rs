//! Tests the component alone: its interface, programs that count or fail, responses, its documentation, and its examples.

mod counting;
mod examples;
mod failing;
mod gateway;
mod interface;
mod responses;
mod trap;
