//! Turns a server on stdio, or one that answers already, into its tools.
//!
//! It never calls a tool, and gives up on endless lists.

use crate::listed_tools::ListedTools;
use crate::sanitize;
use rmcp::ServiceExt as _;
use rmcp::model::{PaginatedRequestParams, Tool};
use rmcp::service::{Peer, RoleClient, RunningService};
use rmcp::transport::TokioChildProcess;
use std::collections::BTreeSet;
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

/// The tools of a server that `command` starts.
///
/// # Errors
/// A sentence for the operator, with the end of the command's stderr.
pub(crate) async fn over_stdio(
    command: &[String],
    patience: Duration,
    progress: Progress<'_>,
) -> Result<ListedTools, String> {
    let (program, arguments) = command.split_first().ok_or("the command is empty")?;
    let mut process = tokio::process::Command::new(program);
    process.args(arguments).kill_on_drop(true);
    let started = TokioChildProcess::builder(process)
        .stderr(Stdio::piped())
        .spawn();
    let (transport, stderr) =
        started.map_err(|error| format!("the command does not start: {error}"))?;
    let words = Arc::new(Mutex::new(Vec::new()));
    if let Some(stderr) = stderr {
        tokio::spawn(keep_stderr(stderr, Arc::clone(&words)));
    }
    let listed = within(patience, async {
        let server = ().serve(transport).await.map_err(|error| shown(&error))?;
        listed(server, progress).await
    });
    listed.await.map_err(|error| match last_stderr(&words) {
        Some(words) => format!("{error}\nits last output:\n{words}"),
        None => error,
    })
}

pub(super) async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, String>>,
) -> Result<T, String> {
    let late = |_| {
        format!(
            "it sent no list within {} seconds; `--timeout` allows more",
            patience.as_secs()
        )
    };
    tokio::time::timeout(patience, work).await.map_err(late)?
}

/// An error with its causes, sanitized: a server's text may be in it.
pub(in crate::program) fn shown(error: &dyn std::error::Error) -> String {
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

/// The tools of a server that answers.
pub(super) async fn listed(
    mut server: RunningService<RoleClient, ()>,
    progress: Progress<'_>,
) -> Result<ListedTools, String> {
    let tools = pages(server.peer(), progress).await;
    let _ = server.close_with_timeout(SHUTDOWN).await;
    let list = serde_json::to_vec(&tools?).map_err(|error| error.to_string())?;
    ListedTools::read(&list).map_err(|error| error.to_string())
}

async fn pages(server: &Peer<RoleClient>, progress: Progress<'_>) -> Result<Vec<Tool>, String> {
    let mut tools = Vec::new();
    let mut cursors = BTreeSet::new();
    let mut cursor = None;
    loop {
        let page = PaginatedRequestParams::default().with_cursor(cursor);
        let page = server.list_tools(Some(page)).await;
        let page = page.map_err(|error| shown(&error))?;
        tools.extend(page.tools);
        progress(tools.len());
        if tools.len() > ListedTools::MAX_LEN {
            return Err(format!("it lists more than {} tools", ListedTools::MAX_LEN));
        }
        match page.next_cursor {
            None => return Ok(tools),
            Some(next) if cursors.len() < ListedTools::MAX_LEN && cursors.insert(next.clone()) => {
                cursor = Some(next)
            }
            Some(_) => return Err("its list of tools repeats a page".into()),
        }
    }
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
