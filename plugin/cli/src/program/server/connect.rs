//! Turns a running server, over Streamable HTTP or stdio, into the list of its tools.
//!
//! It never calls a tool, follows no redirect, and gives up on endless lists.

use super::recorder::Recorder;
use mcp_policy_cli::sanitize;
use mcp_policy_cli::scan::{Tool, ToolList};
use rmcp::ServiceExt as _;
use rmcp::model::PaginatedRequestParams;
use rmcp::service::{ClientInitializeError, Peer, RoleClient, RunningService};
use rmcp::transport::TokioChildProcess;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
    StreamableHttpError,
};
use std::collections::BTreeSet;
use std::error::Error as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;

/// Called with the number of tools listed so far.
pub(crate) type Progress<'a> = &'a dyn Fn(usize);

/// The part of a command's stderr that an error shows, in bytes from the end.
const STDERR_KEPT: usize = 2_000;
/// The time that a server has to end by itself.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// The tools of the server at `url`.
///
/// # Errors
/// A sentence for the operator.
pub(crate) async fn over_http(
    url: &str,
    token: Option<String>,
    patience: Duration,
    progress: Progress<'_>,
) -> Result<ToolList, String> {
    let client = client().map_err(|error| shown(&error))?;
    with_client(client, url, token, patience, progress).await
}

/// The answers of the server at `url` to `tools/list`, as it sends them.
///
/// # Errors
/// A sentence for the operator.
pub(crate) async fn answers_over_http(
    url: &str,
    token: Option<String>,
    patience: Duration,
    progress: Progress<'_>,
) -> Result<Vec<String>, String> {
    let recorder = Recorder::new(client().map_err(|error| shown(&error))?);
    with_client(recorder.clone(), url, token, patience, progress).await?;
    Ok(recorder.answers())
}

async fn with_client(
    client: impl StreamableHttpClient<Error = reqwest::Error> + Sync,
    url: &str,
    token: Option<String>,
    patience: Duration,
    progress: Progress<'_>,
) -> Result<ToolList, String> {
    let mut config = StreamableHttpClientTransportConfig::with_uri(url);
    if let Some(token) = token {
        config = config.auth_header(token);
    }
    let transport = StreamableHttpClientTransport::with_client(client, config);
    within(patience, async {
        let server = ().serve(transport).await.map_err(|error| refused(&error))?;
        list(server, progress).await
    })
    .await
}

/// The tools of a server that `command` starts.
///
/// # Errors
/// A sentence for the operator, with the end of the command's stderr.
pub(crate) async fn over_stdio(
    command: &[String],
    patience: Duration,
    progress: Progress<'_>,
) -> Result<ToolList, String> {
    let (program, arguments) = command.split_first().ok_or("the command is empty")?;
    let mut process = tokio::process::Command::new(program);
    process.args(arguments).kill_on_drop(true);
    let started = TokioChildProcess::builder(process)
        .stderr(Stdio::piped())
        .spawn();
    let (transport, stderr) = started.map_err(|error| format!("it does not start: {error}"))?;
    let words = Arc::new(Mutex::new(Vec::new()));
    if let Some(stderr) = stderr {
        tokio::spawn(keep_stderr(stderr, Arc::clone(&words)));
    }
    let listed = within(patience, async {
        let server = ().serve(transport).await.map_err(|error| refused(&error))?;
        list(server, progress).await
    });
    listed.await.map_err(|error| match last_stderr(&words) {
        Some(words) => format!("{error}\nits last output:\n{words}"),
        None => error,
    })
}

async fn within(
    patience: Duration,
    work: impl Future<Output = Result<ToolList, String>>,
) -> Result<ToolList, String> {
    let late = |_| {
        format!(
            "it sent no list within {} seconds; --timeout gives it longer",
            patience.as_secs()
        )
    };
    tokio::time::timeout(patience, work).await.map_err(late)?
}

/// A redirect would be followed with the token, and to wherever the server likes.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    // Another provider may be there already; then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .build()
}

/// The SDK wraps a transport's message in the names of its own types.
fn refused(error: &ClientInitializeError) -> String {
    let ClientInitializeError::TransportError { error, .. } = error else {
        return shown(error);
    };
    match error.error.downcast_ref() {
        Some(StreamableHttpError::<reqwest::Error>::Client(error)) => {
            let cause = error.source().map_or_else(String::new, shown);
            format!("it cannot be reached: {cause}")
        }
        _ => shown(&*error.error),
    }
}

/// A server's own words may be in an error.
fn shown(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        source = inner.source();
    }
    sanitize::line(&text, 500)
}

async fn list(
    mut server: RunningService<RoleClient, ()>,
    progress: Progress<'_>,
) -> Result<ToolList, String> {
    let tools = pages(server.peer(), progress).await;
    let _ = server.close_with_timeout(SHUTDOWN).await;
    Ok(ToolList::new(tools?))
}

async fn pages(server: &Peer<RoleClient>, progress: Progress<'_>) -> Result<Vec<Tool>, String> {
    let mut tools = Vec::new();
    let mut cursors = BTreeSet::new();
    let mut cursor = None;
    loop {
        let page = PaginatedRequestParams::default().with_cursor(cursor);
        let page = server
            .list_tools(Some(page))
            .await
            .map_err(|error| shown(&error))?;
        for tool in &page.tools {
            tools.push(read(tool)?);
        }
        progress(tools.len());
        if tools.len() > ToolList::MAX_LEN {
            return Err(format!("it lists more than {} tools", ToolList::MAX_LEN));
        }
        match page.next_cursor {
            None => return Ok(tools),
            Some(next) if cursors.len() < ToolList::MAX_LEN && cursors.insert(next.clone()) => {
                cursor = Some(next)
            }
            Some(_) => return Err("its list repeats a page".into()),
        }
    }
}

fn read(tool: &rmcp::model::Tool) -> Result<Tool, String> {
    let value = serde_json::to_value(tool).map_err(|error| error.to_string())?;
    serde_json::from_value(value).map_err(|error| error.to_string())
}

async fn keep_stderr(mut stderr: tokio::process::ChildStderr, words: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
        if let Ok(mut words) = words.lock() {
            words.extend(buffer.get(..read).unwrap_or_default());
            let surplus = words.len().saturating_sub(STDERR_KEPT);
            words.drain(..surplus);
        }
    }
}

fn last_stderr(words: &Mutex<Vec<u8>>) -> Option<String> {
    let words = words.lock().ok()?;
    let text = String::from_utf8_lossy(&words);
    let lines: Vec<String> = text
        .trim()
        .lines()
        .map(|line| sanitize::line(line, 200))
        .collect();
    (!text.trim().is_empty()).then(|| lines.join("\n"))
}
