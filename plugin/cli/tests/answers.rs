//! The messages of the commands about servers over HTTP that do not list their tools: a real server answers, and each message
//! is compared whole.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may panic: that is how it fails"
)]

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
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

fn start_plain() -> String {
    start(|mut stream| serve(&mut stream))
}

fn tls(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/tls")
        .join(file)
}

/// A server over TLS with this certificate and key.
fn start_tls(name: &str) -> String {
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

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-policy"));
    let command = command
        .args(arguments)
        .env("TEST_TOKEN", "secret")
        .env("NO_PROXY", "*");
    command.output().expect("the command starts")
}

/// The message of a scan that fails, without the URL before it.
fn told(url: &str, options: &[&str]) -> String {
    let output = run(&[&["scan", url], options].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    let message = text.strip_prefix(&format!("error: {url}: "));
    message
        .unwrap_or_else(|| panic!("{text}"))
        .trim_end()
        .into()
}

const PATH: &str = "ask the server's documentation for its path of Streamable HTTP, often `/mcp`";
const CREDENTIALS: &str = "send credentials: `--header 'Authorization: Bearer …'`";

#[test]
fn answer_without_tools_is_named_with_next_step() {
    let address = start_plain();
    let that = "give that URL instead, if it is the server that you mean";
    let cases = [
        ("/308", format!("the server answered 308 Permanent Redirect, to http://{address}/mcp/; {that}")),
        ("/307", format!("the server answered 307 Temporary Redirect, to https://mcp.example.com/x; {that}")),
        ("/302", format!("the server answered 302 Found, to http://{address}/login; {that}; if it is a login, {CREDENTIALS}")),
        ("/301", format!("the server answered 301 Moved Permanently, without a URL to go to; {PATH}")),
        ("/401", format!("the server answered 401 Unauthorized: it wants the scheme \"Bearer\", described at https://mcp.example.com/.well-known/oauth-protected-resource; {CREDENTIALS}")),
        ("/403", format!("the server answered 403 Forbidden (\"Not for you\\u{{1b}}[2J\"); {CREDENTIALS}")),
        ("/404", format!("the server answered 404 Not Found (\"404 page not found\"): no MCP server is at this path; {PATH}")),
        ("/405", format!("the server answered 405 Method Not Allowed: this path takes no POST; {PATH}")),
        ("/406", "the server answered 406 Not Acceptable (\"Not Acceptable\")".into()),
        ("/429", "the server answered 429 Too Many Requests; try again in 30 seconds".into()),
        ("/502", "the server answered 502 Bad Gateway (\"502 Bad Gateway\"): the server or a proxy before it failed; look at their logs".into()),
        ("/599", "the server answered 599: the server or a proxy before it failed; look at their logs".into()),
        ("/html", format!("the server answered 200 OK with an HTML page, \"Sign in\", as no MCP server does; {PATH}, or {CREDENTIALS}")),
        ("/text", format!("the server answered 200 OK with the content type \"text/plain\" (\"hello\"), as no MCP server does; {PATH}")),
        ("/202", format!("the server answered 202 Accepted without a message, as no MCP server does; {PATH}")),
        ("/old", format!("it is an event stream of the transport HTTP+SSE of revision 2024-11-05 (`event: endpoint`), which gateways do not read; {PATH}")),
        ("/old-post", format!("it is an event stream of the transport HTTP+SSE of revision 2024-11-05 (`event: endpoint`), which gateways do not read; {PATH}")),
        ("/late401", format!("the server answered 401 Unauthorized; {CREDENTIALS}")),
        ("/number", "tool 1 of the list: found `5` under `name`; write a text".into()),
        ("/error", "Mcp error: -32603: broken".into()),
    ];
    let mut differences = String::new();
    for (path, expected) in cases {
        let told = told(&format!("http://{address}{path}"), &[]);
        if told != expected {
            let _ = writeln!(differences, "{path}:\n  {told}\n  {expected}");
        }
    }
    assert!(differences.is_empty(), "\n{differences}");
}

#[test]
fn tools_are_listed_with_headers_that_server_wants() {
    let address = start_plain();
    for (path, options) in [
        ("/mcp", &[][..]),
        ("/events", &[]),
        ("/key", &["--header", "X-Key:  a b"]),
        ("/token", &["--header", "Authorization: Bearer secret"]),
        ("/token", &["--token-env", "TEST_TOKEN"]),
    ] {
        let url = format!("http://{address}{path}");
        let output = run(&[&["scan", &url], options].concat());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("get_x"),
            "{path}: {output:?}"
        );
    }
    let output = run(&["scan", &format!("http://{address}/pages")]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("get_first") && text.contains("get_x"),
        "{text}"
    );
    let wrong = told(
        &format!("http://{address}/key"),
        &["--header", "X-Key: other"],
    );
    let refused = told(
        &format!("http://{address}/token"),
        &["--header", "Authorization: Bearer hunter2"],
    );
    assert_eq!(
        refused,
        "the server answered 401 Unauthorized; it does not accept the credentials that were sent; check their value and their scope"
    );
    assert_eq!(
        wrong,
        format!("the server answered 401 Unauthorized; {CREDENTIALS}")
    );
}

#[test]
fn option_that_cannot_be_used_is_named_without_its_value() {
    let url = "http://127.0.0.1:1/mcp";
    let write = "write NAME:VALUE, such as 'Authorization: Bearer …'";
    let ca = tls("server.key").display().to_string();
    for (options, expected) in [
        (
            &["--header", "hunter2"][..],
            format!("--header: found no colon; {write}"),
        ),
        (
            &["--header", "a b: hunter2"],
            format!("--header: `a b` is not the name of a header; {write}"),
        ),
        (&["--header", "a: hunter2\n"], String::new()),
        (
            &["--header", "a: hun\nter2"],
            "--header: the value of `a` has a character that no header has".into(),
        ),
        (
            &[
                "--token-env",
                "TEST_TOKEN",
                "--header",
                "authorization: hunter2",
            ],
            "--token-env: --header holds `Authorization` too; give one of the two".into(),
        ),
        (
            &["--token-env", "NO_SUCH_TOKEN"],
            "NO_SUCH_TOKEN: the environment has no such variable".into(),
        ),
        (
            &["--ca", &ca],
            format!(
                "{ca}: found no certificate in PEM; write `-----BEGIN CERTIFICATE-----` and so on"
            ),
        ),
    ] {
        let output = run(&[&["scan", url], options].concat());
        let text = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2));
        assert!(!text.contains("hunter2"), "{text}");
        assert!(
            expected.is_empty() || text == format!("error: {expected}\n"),
            "{text}"
        );
    }
}

#[test]
fn certificate_of_private_ca_needs_option_ca() {
    let ca = tls("ca.pem").display().to_string();
    let url = format!("https://{}/mcp", start_tls("server"));
    assert_eq!(
        told(&url, &[]),
        "it cannot be reached: no CA that this machine trusts signed its certificate; if a private CA did, give that CA with `--ca FILE` (client error (Connect): invalid peer certificate: UnknownIssuer)"
    );
    let output = run(&["scan", &url, "--ca", &ca]);
    assert!(output.status.success(), "{output:?}");
    let of_ca = format!("https://{}/mcp", start_tls("ca"));
    assert_eq!(
        told(&of_ca, &["--ca", &ca]),
        "it cannot be reached: its certificate is a CA's own, which TLS does not accept from a server; let the server use a certificate that the CA signed, and give the CA with `--ca FILE` (client error (Connect): invalid peer certificate: Other(OtherError(CaUsedAsEndEntity)))"
    );
    let other_name = url.replace("127.0.0.1", "localhost");
    let told_name = told(&other_name, &["--ca", &ca]);
    assert!(
        told_name.contains("its certificate is for another name; write that name into the URL"),
        "{told_name}"
    );
}

#[test]
fn port_of_another_protocol_is_named() {
    let plain = format!("https://{}/mcp", start_plain());
    let told_plain = told(&plain, &[]);
    assert!(
        told_plain.contains("it does not speak TLS on this port; write `http://`"),
        "{told_plain}"
    );
    let no_scheme = told("127.0.0.1:1/mcp", &[]);
    assert_eq!(
        no_scheme,
        "there is no such file; a server's URL begins with `http://` or `https://`, and a command comes after `--`"
    );
    let closed = told("http://127.0.0.1:1/mcp", &[]);
    assert!(closed.starts_with("it cannot be reached: nothing listens there; start the server, or check the port in the URL ("), "{closed}");
}

/// All commands that read a list of tools say the same of a file.
#[test]
fn commands_give_the_same_message_about_a_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let policy = folder.join("readme/policy.json").display().to_string();
    let file = |name: &str| {
        folder
            .join("fixtures/tool-files")
            .join(name)
            .display()
            .to_string()
    };
    let unwritten = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unwritten.json");
    let unwritten = unwritten.display().to_string();
    for name in ["mcp.json", "login.html", "curl-i-307.txt", "cut.json"] {
        let file = file(name);
        let said = |arguments: &[&str]| {
            let output = run(arguments);
            assert_eq!(output.status.code(), Some(2), "{output:?}");
            String::from_utf8(output.stderr).expect("UTF-8")
        };
        let scan = said(&["scan", &file]);
        assert!(scan.starts_with(&format!("error: {file}: ")), "{scan}");
        assert_eq!(scan, said(&["init", &file, "-o", &unwritten]));
        assert_eq!(scan, said(&["pin", &file, "--policy", &policy, "--check"]));
        assert_eq!(scan, said(&["check", &policy, "--tools", &file]));
    }
    let stream = file("curl-i-stream.txt");
    assert!(run(&["scan", &stream]).status.success());
    let checked = run(&["check", &policy, "--tools", &stream]);
    let text = String::from_utf8_lossy(&checked.stdout);
    assert!(text.contains("no listed tool is named `run`"), "{text}");
}
