//! The request around an explained message, and who makes it.
//!
//! It is data; `player` turns it into a request.

use mcp_policy_cases::CallerFacts;

/// The request around the message.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Who makes the call: the request has everything that the grant's `match` asks for.
    pub caller: CallerFacts,
    /// The server that the call is for: the request has the path, the host and the cluster of the server's `match`.
    pub server: Option<String>,
    /// The path of the request.
    pub path: Option<String>,
    /// The host of the request.
    pub host: Option<String>,
    /// The cluster that the gateway's route chose.
    pub cluster: Option<String>,
    /// Header fields, names in lower case. Each replaces the default field of its name.
    pub headers: Vec<(String, String)>,
    /// The address of the client.
    pub peer: String,
    /// When the call is made, in seconds since 1970.
    pub at: u64,
    /// How many times the call is made. The last one is explained.
    pub times: u32,
}
