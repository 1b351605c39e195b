//! Speaks Streamable HTTP for the official SDK, and keeps what the server sends: lists as they are, since the SDK's own types
//! hold only the members that they know, and the answer that ended the session.
//!
//! It never changes a request or an answer, and never reads an answer without a bound.

use crate::listed_tools::HttpAnswer;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _};
use reqwest::header::{ACCEPT, HeaderName, HeaderValue};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Sse, SseStream};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

type Failure = StreamableHttpError<reqwest::Error>;
type Fields = HashMap<HeaderName, HeaderValue>;

/// The longest answer, in bytes. A list of as many tools as are read has no more.
const LONGEST: usize = 64 * 1024 * 1024;
/// The part of an unexpected answer that is kept, in bytes.
const KEPT: usize = 64 * 1024;

/// A client that keeps answers.
#[derive(Clone)]
pub(super) struct Recorder {
    client: reqwest::Client,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    lists: Vec<String>,
    unexpected: Option<HttpAnswer>,
    is_old_transport: bool,
}

impl Recorder {
    pub(super) fn new(client: reqwest::Client) -> Self {
        let seen = Arc::default();
        Self { client, seen }
    }

    /// The answers to requests for lists of tools, in their order.
    pub(super) fn lists(&self) -> Vec<String> {
        self.seen(|seen| std::mem::take(&mut seen.lists))
    }

    /// The answer that is not one of MCP.
    pub(super) fn unexpected(&self) -> Option<HttpAnswer> {
        self.seen(|seen| seen.unexpected.take())
    }

    /// Whether the server answered a POST with the first event of the transport of revision 2024-11-05.
    pub(super) fn is_old_transport(&self) -> bool {
        self.seen(|seen| seen.is_old_transport)
    }

    fn seen<T>(&self, work: impl FnOnce(&mut Seen) -> T) -> T {
        work(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn answer(&self, response: reqwest::Response, lists: bool) -> Result<String, Failure> {
        let is_stream = has_kind(&response, "text/event-stream");
        let body = bounded(response);
        let text = match is_stream {
            true => self.first_answer(body).await?,
            false => whole(body).await?,
        };
        if lists {
            self.seen(|seen| seen.lists.push(text.clone()));
        }
        Ok(text)
    }

    /// The first response of an event stream.
    async fn first_answer(
        &self,
        body: impl Stream<Item = io::Result<Vec<u8>>>,
    ) -> Result<String, Failure> {
        let body = body.map(|chunk| chunk.map(io::Cursor::new));
        let mut events = std::pin::pin!(SseStream::from_bytes_stream(body));
        while let Some(event) = events.next().await {
            let event = event?;
            if event.event.as_deref() == Some("endpoint") {
                self.seen(|seen| seen.is_old_transport = true);
                break;
            }
            let data = event.data.unwrap_or_default();
            if is_answer(&data) {
                return Ok(data);
            }
        }
        let ended = "the stream ended before the answer";
        Err(StreamableHttpError::UnexpectedServerResponse(ended.into()))
    }

    /// Keeps an answer that is not one of MCP.
    async fn refuse(&self, response: reqwest::Response) -> Failure {
        let status = response.status();
        let mut answer = HttpAnswer::new(status.as_u16());
        for (name, value) in response.headers() {
            answer.add(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
        let url = response.url().to_string();
        let body = beginning(response).await;
        self.seen(|seen| seen.unexpected = Some(answer.to_request(&url, &body)));
        StreamableHttpError::UnexpectedServerResponse(format!("status {status}").into())
    }
}

/// Whether the content type is this one, with any parameters.
pub(super) fn has_kind(response: &reqwest::Response, kind: &str) -> bool {
    let found = response.headers().get("content-type");
    let found = found.and_then(|found| found.to_str().ok());
    let found = found.and_then(|found| found.split(';').next());
    found.is_some_and(|found| found.trim().eq_ignore_ascii_case(kind))
}

/// The body, which ends with an error where it is longer than [`LONGEST`].
fn bounded(response: reqwest::Response) -> impl Stream<Item = io::Result<Vec<u8>>> {
    let mut left = LONGEST;
    response.bytes_stream().map(move |chunk| {
        let chunk = chunk.map_err(io::Error::other)?;
        let longer = || io::Error::other(format!("its answer is longer than {LONGEST} bytes"));
        left = left.checked_sub(chunk.len()).ok_or_else(longer)?;
        Ok(chunk.to_vec())
    })
}

async fn whole(body: impl Stream<Item = io::Result<Vec<u8>>>) -> Result<String, Failure> {
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        bytes.extend(chunk?);
    }
    String::from_utf8(bytes).map_err(|error| io::Error::other(error).into())
}

/// The first bytes of a body; fewer where it breaks off.
async fn beginning(response: reqwest::Response) -> Vec<u8> {
    let mut body = std::pin::pin!(bounded(response));
    let mut bytes = Vec::new();
    while let Some(Ok(chunk)) = body.next().await {
        bytes.extend(chunk);
        if bytes.len() >= KEPT {
            break;
        }
    }
    bytes.truncate(KEPT);
    bytes
}

/// Whether a message is a response, not a request or a notification.
fn is_answer(message: &str) -> bool {
    let message: Option<serde_json::Value> = serde_json::from_str(message).ok();
    let has = |name| {
        message
            .as_ref()
            .and_then(|message| message.get(name))
            .is_some()
    };
    has("result") || has("error")
}

/// Whether a response to a request may hold its answer.
fn may_hold_answer(response: &reqwest::Response) -> bool {
    let kinds = ["application/json", "text/event-stream"];
    let is_empty = matches!(response.status().as_u16(), 202 | 204);
    response.status().is_success() && !is_empty && kinds.iter().any(|kind| has_kind(response, kind))
}

impl StreamableHttpClient for Recorder {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        fields: Fields,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let mut request = self.client.post(&*uri).json(&message);
        request = request.header(ACCEPT, "application/json, text/event-stream");
        if let Some(session) = session {
            request = request.header("mcp-session-id", &*session);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let request = request.headers(fields.into_iter().collect());
        let response = request.send().await?;
        let JsonRpcMessage::Request(asked) = &message else {
            return match response.status().is_success() {
                true => Ok(StreamableHttpPostResponse::Accepted),
                false => Err(self.refuse(response).await),
            };
        };
        if !may_hold_answer(&response) {
            return Err(self.refuse(response).await);
        }
        let session = response.headers().get("mcp-session-id");
        let session = session.and_then(|session| session.to_str().ok());
        let session = session.map(str::to_owned);
        let lists = matches!(asked.request, ClientRequest::ListToolsRequest(_));
        let answer = serde_json::from_str(&self.answer(response, lists).await?)?;
        Ok(StreamableHttpPostResponse::Json(answer, session))
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        token: Option<String>,
        fields: Fields,
    ) -> Result<(), Failure> {
        self.client
            .delete_session(uri, session, token, fields)
            .await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        token: Option<String>,
        fields: Fields,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failure> {
        let client = &self.client;
        client
            .get_stream(uri, session, last_event, token, fields)
            .await
    }
}
