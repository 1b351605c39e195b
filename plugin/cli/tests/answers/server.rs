//! A server whose answers depend on the path of the URL, with and without TLS.
//!
//! It never keeps a connection open.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A request, as far as the server needs it.
struct Request {
    method: String,
    path: String,
    head: String,
    body: String,
}

impl Request {
    fn read(stream: &mut impl Read) -> Option<Self> {
        let mut head = Vec::new();
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte.iter().filter(|first| first.is_ascii_uppercase()));
        head.first()?;
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).ok()?;
            head.extend(byte);
        }
        let head = String::from_utf8(head).ok()?;
        let mut words = head.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut lengths = head.lines().filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.parse().ok())?
        });
        let mut body = vec![0; lengths.next().unwrap_or(0)];
        stream.read_exact(&mut body).ok()?;
        Some(Self {
            method,
            path,
            body: String::from_utf8(body).ok()?,
            head,
        })
    }

    fn has_field(&self, field: &str) -> bool {
        let mut lines = self.head.lines();
        lines.any(|line| line.eq_ignore_ascii_case(field))
    }
}

/// The status, the header fields and the body of the answer.
type Answer = (&'static str, String, String);

fn answer(status: &'static str, fields: &str, body: &str) -> Answer {
    (status, fields.into(), body.into())
}

fn respond(request: &Request) -> Answer {
    let endpoint = "event: endpoint\ndata: /messages\n\n";
    let stream = || answer("200 x", "Content-Type: text/event-stream\r\n", endpoint);
    match (&*request.path, &*request.method) {
        ("/old", "GET") | ("/old-post", _) => stream(),
        ("/old", _) => answer("405 x", "", ""),
        ("/key", _) if !request.has_field("x-key: a b") => answer("401 x", "", ""),
        ("/token", _) if !request.has_field("authorization: Bearer secret") => {
            answer("401 x", "", "")
        }
        (path, method) => match fixed(path) {
            Some(answer) => answer,
            None if method == "POST" => message(path, &request.body),
            None => answer("405 x", "", ""),
        },
    }
}

/// The answers that do not depend on the message.
fn fixed(path: &str) -> Option<Answer> {
    const JSON: &str = "Content-Type: application/json\r\n";
    const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";
    const TEXT: &str = "Content-Type: text/plain\r\n";
    let (status, fields, body) = match path {
        "/308" => ("308 x", "Location: /mcp/?key=hunter2\r\n", ""),
        "/307" => (
            "307 x",
            "Location: https://a:hunter2@mcp.example.com/x\r\n",
            "",
        ),
        "/302" => ("302 x", "Location: /login?state=hunter2\r\n", ""),
        "/301" => ("301 x", "Location: javascript:alert(1)\r\n", ""),
        "/401" => (
            "401 x",
            "WWW-Authenticate: Bearer realm=\"a\", resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource\"\r\n",
            "",
        ),
        "/403" => (
            "403 x",
            JSON,
            r#"{"error":{"message":"Not for you\u001b[2J"}}"#,
        ),
        "/404" => ("404 x", TEXT, "404 page not found\n"),
        "/405" => ("405 x", "", ""),
        "/406" => (
            "406 x",
            JSON,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Not Acceptable"}}"#,
        ),
        "/429" => ("429 x", "Retry-After: 30\r\n", ""),
        "/502" => (
            "502 x",
            HTML,
            "<html><head><title>502 Bad Gateway</title></head></html>",
        ),
        "/599" => ("599 x", "", ""),
        "/html" => ("200 x", HTML, "<!doctype html><title>Sign in</title>"),
        "/text" => ("200 x", TEXT, "hello"),
        "/202" => ("202 x", "", ""),
        _ => return None,
    };
    Some(answer(status, fields, body))
}

/// The answer of an MCP server to one message.
fn message(path: &str, body: &str) -> Answer {
    let message: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let Some(id) = message.get("id") else {
        return answer("202 x", "", "");
    };
    let result = match (
        path,
        message.get("method").and_then(|method| method.as_str()),
    ) {
        (_, Some("initialize")) => {
            r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"x","version":"1"}}"#
        }
        ("/late401", _) => return answer("401 x", "", ""),
        ("/pages", _) if !body.contains("\"cursor\":\"next\"") => {
            r#"{"tools":[{"name":"get_first","inputSchema":{"type":"object"}}],"nextCursor":"next"}"#
        }
        ("/number", _) => r#"{"tools":[{"name":5,"inputSchema":{}}]}"#,
        ("/error", _) => {
            let body = format!(
                r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":-32603,"message":"broken"}}}}"#
            );
            return answer("200 x", "Content-Type: application/json\r\n", &body);
        }
        _ => r#"{"tools":[{"name":"get_x","inputSchema":{"type":"object"}}]}"#,
    };
    let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#);
    match path {
        "/events" => answer(
            "200 x",
            "Content-Type: text/event-stream\r\n",
            &format!("data: {body}\n\n"),
        ),
        _ => answer("200 x", "Content-Type: application/json\r\n", &body),
    }
}

fn serve(stream: &mut (impl Read + Write)) {
    let Some(request) = Request::read(stream) else {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        return;
    };
    let (status, fields, body) = respond(&request);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{fields}\r\n"
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
    let _ = stream.flush();
}

/// Starts a server, which ends with the process of the test, and returns its address.
fn start(serve: impl Fn(TcpStream) + Send + Clone + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

/// A server without TLS.
pub(super) fn start_plain() -> String {
    start(|mut stream| serve(&mut stream))
}

/// A file of the test's CA.
pub(super) fn tls(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/tls")
        .join(file)
}

/// A server over TLS with this certificate and key.
pub(super) fn start_tls(name: &str) -> String {
    let certificate = CertificateDer::from_pem_file(tls(&format!("{name}.pem"))).expect("PEM");
    let key = PrivateKeyDer::from_pem_file(tls(&format!("{name}.key"))).expect("PEM");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate");
    let config = Arc::new(config);
    start(move |stream| {
        let connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("TLS");
        serve(&mut rustls::StreamOwned::new(connection, stream));
    })
}
