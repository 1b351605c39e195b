//! Servers for tests of the program: each turns a request into an answer, with and without TLS.
//!
//! They never keep a connection open.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A request, as far as the server needs it.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// All lines before the body.
    pub(crate) head: String,
    pub(crate) body: String,
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

    pub(crate) fn has_field(&self, field: &str) -> bool {
        let mut lines = self.head.lines();
        lines.any(|line| line.eq_ignore_ascii_case(field))
    }
}

/// The status, the header fields and the body of the answer.
pub(crate) type Answer = (&'static str, String, String);

pub(crate) fn answer(status: &'static str, fields: &str, body: &str) -> Answer {
    (status, fields.into(), body.into())
}

fn serve(stream: &mut (impl Read + Write), respond: &impl Fn(&Request) -> Answer) {
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
pub(crate) fn start_plain(respond: impl Fn(&Request) -> Answer + Send + Clone + 'static) -> String {
    start(move |mut stream| serve(&mut stream, &respond))
}

/// A file of the test's CA.
pub(crate) fn tls(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/tls")
        .join(file)
}

/// The clients that a server admits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clients {
    All,
    /// Those with a certificate of the test's CA.
    WithCertificate,
}

/// A server over TLS with this certificate and key.
pub(crate) fn start_tls(
    name: &str,
    clients: Clients,
    respond: impl Fn(&Request) -> Answer + Send + Clone + 'static,
) -> String {
    let certificate = CertificateDer::from_pem_file(tls(&format!("{name}.pem"))).expect("PEM");
    let key = PrivateKeyDer::from_pem_file(tls(&format!("{name}.key"))).expect("PEM");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let config = match clients {
        Clients::All => config.with_no_client_auth(),
        Clients::WithCertificate => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(ca()), provider);
            config.with_client_cert_verifier(verifier.build().expect("a CA"))
        }
    };
    let config = config.with_single_cert(vec![certificate], key);
    let config = Arc::new(config.expect("a certificate"));
    start(move |stream| {
        let connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("TLS");
        serve(&mut rustls::StreamOwned::new(connection, stream), &respond);
    })
}

fn ca() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(tls("ca.pem")).expect("PEM");
    roots.add(certificate).expect("a CA");
    roots
}
