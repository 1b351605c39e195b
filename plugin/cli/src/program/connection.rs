//! The options of a connection to a server: its headers, its token, its CAs and a certificate for it.
//!
//! It connects to no server.

use std::path::PathBuf;

/// How to ask a server.
#[derive(clap::Args)]
pub(crate) struct Connection {
    /// The time that the server has for its whole answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) timeout: u64,
    /// A header field for each request to the URL, such as `Authorization: Bearer …`. May be given several times.
    #[arg(long, value_name = "NAME:VALUE", requires = "source")]
    pub(super) header: Vec<String>,
    /// The environment variable that holds a bearer token for the URL.
    #[arg(long, value_name = "VARIABLE", requires = "source")]
    pub(super) token_env: Option<String>,
    /// A file with the certificates of private CAs, in PEM, which are trusted beside those of this machine.
    #[arg(long, value_name = "FILE", requires = "source")]
    pub(super) ca: Option<PathBuf>,
    /// A file with a certificate for this client (mTLS) and those between it and its CA, in PEM.
    #[arg(long, value_name = "FILE", requires_all = ["source", "key"])]
    pub(super) cert: Option<PathBuf>,
    /// The file with the private key of `--cert`, in PEM.
    #[arg(long, value_name = "FILE", requires_all = ["source", "cert"])]
    pub(super) key: Option<PathBuf>,
}

impl Connection {
    #[cfg(feature = "program")]
    pub(crate) fn patience(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.timeout)
    }
}
