//! Compares the plugin with other programs and with models of programs: the operators of the policy language with other
//! readers of paths, hosts, addresses and schemas; responses with clients that read them and servers that send them;
//! events and findings for other programs with their schemas; and the work of rules with its bound.
//!
//! It never starts Envoy: the engine runs natively, or a module in wasmtime.

mod answers;
mod cidr;
mod host_in;
mod ocsf;
mod plugin;
mod same_id;
mod sarif;
mod schema;
mod within;
mod work;
