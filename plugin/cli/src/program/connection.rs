//! Turns the options of a connection into a server to ask: its headers, its token, its CAs and a certificate for it.
//!
//! It never shows the value of a header or a key.

use super::input;
use super::server::HttpServer;
use mcp_policy_cli::sanitize::line;
use mcp_policy_cli::{CommandError, CommandResult, Input};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Identity};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How to ask a server.
#[derive(clap::Args)]
pub(crate) struct Connection {
    /// The time that the server has for its whole answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// A header field for each request to the URL, such as `Authorization: Bearer …`. May be given several times.
    #[arg(long, value_name = "NAME:VALUE", requires = "source")]
    header: Vec<String>,
    /// The environment variable that holds a bearer token for the URL.
    #[arg(long, value_name = "VARIABLE", requires = "source")]
    token_env: Option<String>,
    /// A file with the certificates of private CAs, in PEM, which are trusted beside those of this machine.
    #[arg(long, value_name = "FILE", requires = "source")]
    ca: Option<PathBuf>,
    /// A file with a certificate for this client (mTLS) and those between it and its CA, in PEM.
    #[arg(long, value_name = "FILE", requires_all = ["source", "key"])]
    cert: Option<PathBuf>,
    /// The file with the private key of `--cert`, in PEM.
    #[arg(long, value_name = "FILE", requires_all = ["source", "cert"])]
    key: Option<PathBuf>,
}

impl Connection {
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// The server at a URL.
    ///
    /// # Errors
    /// When an option cannot be used: a header, the variable of the token, or a file with certificates or a key.
    pub(crate) fn server(&self, url: &str) -> CommandResult<HttpServer> {
        let mut headers = HeaderMap::new();
        for header in &self.header {
            let (name, value) = field(header)?;
            headers.append(name, value);
        }
        if let Some(variable) = &self.token_env {
            let value = token(variable)?;
            if headers.insert(AUTHORIZATION, value).is_some() {
                let twice = "--header holds `Authorization` too; give one of the two";
                return Err(CommandError::about("--token-env", twice));
            }
        }
        Ok(HttpServer {
            url: url.into(),
            headers,
            ca: self
                .ca
                .as_deref()
                .map_or_else(|| Ok(Vec::new()), certificates)?,
            identity: self.identity()?,
        })
    }

    /// The certificate for this client.
    fn identity(&self) -> CommandResult<Option<Identity>> {
        let (Some(cert), Some(key)) = (&self.cert, &self.key) else {
            return Ok(None);
        };
        let (cert, key) = (input::read(cert)?, input::read(key)?);
        certificates_in(&cert)?;
        if PrivateKeyDer::from_pem_slice(&key.bytes).is_err() {
            let write = "found no private key in PEM; write `-----BEGIN PRIVATE KEY-----` and so on, without a password";
            return Err(CommandError::about(&key.name, write));
        }
        let pem = [cert.bytes, b"\n".into(), key.bytes].concat();
        let identity = Identity::from_pem(&pem);
        identity.map(Some).map_err(|_| {
            let both = "found other parts in PEM than certificates and one key";
            CommandError::about(format_args!("{}, {}", cert.name, key.name), both)
        })
    }
}

/// A header of the command line. Its value may be secret.
fn field(header: &str) -> CommandResult<(HeaderName, HeaderValue)> {
    let error = |problem: &str| CommandError::about("--header", problem);
    let write = "write NAME:VALUE, such as 'Authorization: Bearer …'";
    let (name, value) = header
        .split_once(':')
        .ok_or_else(|| error(&format!("found no colon; {write}")))?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| {
        let name = line(name, 40);
        error(&format!("`{name}` is not the name of a header; {write}"))
    })?;
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| {
        let name = name.as_str();
        error(&format!(
            "the value of `{name}` has a character that no header has"
        ))
    })?;
    value.set_sensitive(true);
    Ok((name, value))
}

fn token(variable: &str) -> CommandResult<HeaderValue> {
    let error = |problem: &str| CommandError::about(variable, problem);
    let token = std::env::var(variable);
    let token = token.map_err(|_| error("the environment has no such variable"))?;
    let value = HeaderValue::from_str(&format!("Bearer {}", token.trim()));
    let mut value = value.map_err(|_| error("the token has a character that no header has"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn certificates(file: &Path) -> CommandResult<Vec<Certificate>> {
    certificates_in(&input::read(file)?)
}

fn certificates_in(input: &Input) -> CommandResult<Vec<Certificate>> {
    let found = Certificate::from_pem_bundle(&input.bytes).unwrap_or_default();
    let write = "found no certificate in PEM; write `-----BEGIN CERTIFICATE-----` and so on";
    match found.is_empty() {
        true => Err(CommandError::about(&input.name, write)),
        false => Ok(found),
    }
}
