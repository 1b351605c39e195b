//! Keeps the answers to `tools/list` as a server sends them: the SDK's own types hold only the members that they know.
//!
//! It never changes a request or an answer.

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Sse, SseStream};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

type Failure = StreamableHttpError<reqwest::Error>;
type Fields = HashMap<HeaderName, HeaderValue>;

/// A client that keeps answers to requests for lists of tools.
#[derive(Clone)]
pub(super) struct Recorder {
    client: reqwest::Client,
    answers: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    pub(super) fn new(client: reqwest::Client) -> Self {
        let answers = Arc::default();
        Self { client, answers }
    }

    /// The kept answers in their order.
    pub(super) fn answers(&self) -> Vec<String> {
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, answer: &str) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push(answer.into());
    }

    async fn list(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        let response = request.send().await?.error_for_status()?;
        let kind = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let events = kind.is_some_and(|kind| kind.starts_with("text/event-stream"));
        if !events {
            let text = response.text().await?;
            return self.answer(&text);
        }
        let mut events = SseStream::from_bytes_stream(response.bytes_stream());
        while let Some(event) = events.next().await {
            let data = event?.data.unwrap_or_default();
            if is_answer(&data) {
                return self.answer(&data);
            }
        }
        let ended = "the stream ended before the answer";
        Err(StreamableHttpError::UnexpectedServerResponse(ended.into()))
    }

    fn answer(&self, text: &str) -> Result<StreamableHttpPostResponse, Failure> {
        self.keep(text);
        Ok(StreamableHttpPostResponse::Json(
            serde_json::from_str(text)?,
            None,
        ))
    }
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
        let lists = |request: &ClientRequest| matches!(request, ClientRequest::ListToolsRequest(_));
        let lists = matches!(&message, JsonRpcMessage::Request(own) if lists(&own.request));
        if !lists {
            let client = &self.client;
            return client
                .post_message(uri, message, session, token, fields)
                .await;
        }
        let mut request = self.client.post(&*uri).json(&message);
        request = request.header(ACCEPT, "application/json, text/event-stream");
        if let Some(session) = session {
            request = request.header("mcp-session-id", &*session);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        self.list(request.headers(fields.into_iter().collect()))
            .await
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
