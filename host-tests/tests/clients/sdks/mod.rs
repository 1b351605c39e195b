//! Runs clients and servers on the MCP SDKs, and published servers, directly and through the gateway.

mod deceived;
mod hidden;
mod honest;
mod judge;
mod middleware;
mod naive;
mod pairs;
mod programs;
mod servers;
mod story;
mod table;
