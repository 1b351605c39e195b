//! Turns the options of a connection into a server to ask: its headers, its token, its CAs and a certificate for it.
//!
//! It never shows the value of a header or a key.

use super::server::HttpServer;
use crate::program::connection::Connection;
use crate::program::console::Console;
use crate::sanitize::line;
use crate::{CommandError, CommandResult, Input};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Identity};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

/// The server at a URL.
///
/// # Errors
/// When an option cannot be used: a header, the variable of the token, or a file with certificates or a key.
pub(super) fn server(
    connection: &Connection,
    url: &str,
    console: Console<'_>,
) -> CommandResult<HttpServer> {
    let mut headers = HeaderMap::new();
    for header in &connection.header {
        let (name, value) = field(header)?;
        headers.append(name, value);
    }
    if let Some(variable) = &connection.token_env {
        let value = token(variable, console)?;
        if headers.insert(AUTHORIZATION, value).is_some() {
            let twice = "--header holds `Authorization` too; give one of the two";
            return Err(CommandError::about("--token-env", twice));
        }
    }
    let ca = connection.ca.as_deref();
    Ok(HttpServer {
        url: url.into(),
        headers,
        ca: ca.map_or_else(|| Ok(Vec::new()), |file| certificates(&console.read(file)?))?,
        identity: identity(connection, console)?,
    })
}

/// The certificate for this client.
fn identity(connection: &Connection, console: Console<'_>) -> CommandResult<Option<Identity>> {
    let (Some(cert), Some(key)) = (&connection.cert, &connection.key) else {
        return Ok(None);
    };
    let (cert, key) = (console.read(cert)?, console.read(key)?);
    certificates(&cert)?;
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

fn token(variable: &str, console: Console<'_>) -> CommandResult<HeaderValue> {
    let error = |problem: &str| CommandError::about(variable, problem);
    let token = console.machine.variable(variable);
    let token = token.ok_or_else(|| error("the environment has no such variable"))?;
    let value = HeaderValue::from_str(&format!("Bearer {}", token.trim()));
    let mut value = value.map_err(|_| error("the token has a character that no header has"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn certificates(input: &Input) -> CommandResult<Vec<Certificate>> {
    let found = Certificate::from_pem_bundle(&input.bytes).unwrap_or_default();
    let write = "found no certificate in PEM; write `-----BEGIN CERTIFICATE-----` and so on";
    match found.is_empty() {
        true => Err(CommandError::about(&input.name, write)),
        false => Ok(found),
    }
}
