//! The plugin, compared with programs and models of programs that are not it: the operators of the policy language with
//! other readers of paths, hosts and addresses, responses with the clients that read them and the servers that send them, and
//! the work of rules with its bound.
//!
//! It never starts an Envoy: the engine is called natively, or a module in wasmtime.

mod answers;
mod cidr;
mod host_in;
mod plugin;
mod same_id;
mod schema;
mod within;
mod work;
