//! The request around an explained message, and who makes it.
//!
//! It is data; `pretend` turns it into a request.

/// The request around the message.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The grant whose caller makes the call: the request has everything that the grant's `match` asks for.
    pub grant: Option<String>,
    /// The server that the call is for: the request has the path, the host and the cluster of the server's `match`.
    pub server: Option<String>,
    /// Claims of the verified token by their paths, such as `realm_access.roles`, each with its value: JSON, or else a text.
    pub claims: Vec<(String, String)>,
    /// Names in the verified client certificate: `uri_san`, `dns_san` or `subject`, each with its text.
    pub certificate: Vec<(String, String)>,
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
