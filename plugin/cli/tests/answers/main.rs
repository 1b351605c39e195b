//! The messages of the commands about servers over HTTP that do not list their tools: a real server answers, and each message
//! is compared whole.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may panic: that is how it fails"
)]

mod approvals;
mod gateway;
mod http;
mod server;

use http::{Clients, tls};
use server::respond;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The tool of these tests, or another build of it, `$MCP_POLICY_BIN`.
fn command(arguments: &[&str]) -> Command {
    let other = std::env::var_os("MCP_POLICY_BIN");
    let mut command =
        Command::new(other.unwrap_or_else(|| env!("CARGO_BIN_EXE_mcp-policy").into()));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .env("TEST_TOKEN", "secret")
        .env("NO_PROXY", "*");
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the command starts")
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

fn start_plain() -> String {
    http::start_plain(respond)
}

fn start_tls(name: &str) -> String {
    http::start_tls(name, Clients::All, respond)
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

/// The variables by which OpenSSL finds CAs name an empty folder and an empty file.
#[test]
fn machine_without_cas_asks_servers_without_tls_and_those_of_option_ca() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-cas");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.with_extension("pem");
    std::fs::write(&file, "").expect("a file");
    let run = |arguments: &[&str]| {
        let mut command = command(arguments);
        let command = command
            .env("SSL_CERT_DIR", &folder)
            .env("SSL_CERT_FILE", &file);
        command.output().expect("the command starts")
    };
    let ca = tls("ca.pem").display().to_string();
    let plain = format!("http://{}/mcp", start_plain());
    let url = format!("https://{}/mcp", start_tls("server"));
    for arguments in [&["scan", &plain][..], &["scan", &url, "--ca", &ca]] {
        let output = run(arguments);
        assert!(output.status.success(), "{output:?}");
    }
    let output = run(&["scan", &url]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    let expected = format!(
        "error: {url}: it cannot be reached: this machine trusts no CA; install its CA certificates"
    );
    assert!(told.starts_with(&expected), "{told}");
}

#[test]
fn server_that_wants_a_certificate_lists_its_tools_to_a_client_with_one() {
    let address = http::start_tls("server", Clients::WithCertificate, respond);
    let url = format!("https://{address}/mcp");
    let [ca, cert, key] =
        ["ca.pem", "server.pem", "server.key"].map(|file| tls(file).display().to_string());
    let without = told(&url, &["--ca", &ca]);
    assert!(
        without.starts_with("it cannot be reached: it wants a certificate of the client (mTLS); give one that it knows with `--cert FILE --key FILE` ("),
        "{without}"
    );
    let output = run(&["scan", &url, "--ca", &ca, "--cert", &cert, "--key", &key]);
    assert!(output.status.success(), "{output:?}");
    for (cert, key, file, problem) in [
        (&key, &key, &key, "found no certificate in PEM"),
        (&cert, &cert, &cert, "found no private key in PEM"),
    ] {
        let output = run(&["scan", &url, "--ca", &ca, "--cert", cert, "--key", key]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            text.starts_with(&format!("error: {file}: {problem}")),
            "{text}"
        );
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    let alone = run(&["scan", &url, "--ca", &ca, "--cert", &cert]);
    assert_eq!(alone.status.code(), Some(2), "{alone:?}");
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
        "there is no such file; if it is a server's URL, write its scheme too: `http://127.0.0.1:1/mcp` or `https://127.0.0.1:1/mcp`"
    );
    assert_eq!(
        told("tool.json", &[]),
        "there is no such file; a server's URL begins with `http://` or `https://`, and a command comes after `--`"
    );
    let closed = told("http://127.0.0.1:1/mcp", &[]);
    assert!(closed.starts_with("it cannot be reached: nothing listens there; start the server, or check the port in the URL ("), "{closed}");
}

fn policy() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readme/policy.json");
    file.display().to_string()
}

#[test]
fn check_validates_against_the_tools_of_a_url() {
    let (policy, address) = (policy(), start_plain());
    let url = format!("http://{address}/key");
    let check = |options: &[&str]| run(&[&["check", &policy, "--tools", &url], options].concat());
    let checked = check(&["--header", "X-Key: a b"]);
    let text = String::from_utf8_lossy(&checked.stdout);
    assert!(text.contains("no listed tool is named `run`"), "{text}");
    let refused = check(&[]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert_eq!(
        String::from_utf8_lossy(&refused.stderr),
        format!("error: {url}: the server answered 401 Unauthorized; {CREDENTIALS}\n")
    );
}

#[test]
fn check_validates_against_the_tools_of_a_command() {
    let policy = policy();
    let answer = r#"read -r _; echo '{"jsonrpc":"2.0","id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"x","version":"1"}}}'; read -r _; read -r _; echo '{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"get_x","inputSchema":{"type":"object"}}]}}'; read -r _"#;
    let checked = run(&["check", &policy, "--", "sh", "-c", answer]);
    let text = String::from_utf8_lossy(&checked.stdout);
    assert!(
        text.contains("no listed tool is named `run`"),
        "{checked:?}"
    );
    let failed = run(&["check", &policy, "--", "no-such-program"]);
    assert_eq!(failed.status.code(), Some(2), "{failed:?}");
    let without = run(&["check", &policy]);
    let text = String::from_utf8_lossy(&without.stdout);
    assert!(!text.contains("no listed tool"), "{text}");
    let both = run(&["check", &policy, "--tools", "tools.json", "--", "sh"]);
    assert_eq!(both.status.code(), Some(2), "{both:?}");
}

/// All commands that read a list of tools say the same of a file.
#[test]
fn commands_give_the_same_message_about_a_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let policy = policy();
    let file = |name: &str| {
        folder
            .join("fixtures/tool-files")
            .join(name)
            .display()
            .to_string()
    };
    let unwritten = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unwritten.json");
    let unwritten = unwritten.display().to_string();
    for name in [
        "mcp.json",
        "login.html",
        "curl-i-307.txt",
        "cut.json",
        "missing.json",
    ] {
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
