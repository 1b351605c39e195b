//! Turns a server over Streamable HTTP into its tools.
//!
//! It never follows a redirect: the token would go along, and to wherever the server likes.

use super::connect::{Progress, listed, shown, within};
use super::recorder::{Recorder, has_kind};
use super::unreachable;
use crate::listed_tools::{ListedTools, NotTools};
use crate::program::native::network;
use futures_util::StreamExt as _;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap};
use reqwest::{Certificate, Identity};
use rmcp::ServiceExt as _;
use rmcp::service::ClientInitializeError;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig, StreamableHttpError,
};
use sse_stream::SseStream;
use std::error::Error as _;
use std::time::Duration;

/// A server over HTTP.
#[derive(Debug)]
pub(crate) struct HttpServer {
    pub(crate) url: String,
    /// Sent with every request.
    pub(crate) headers: HeaderMap,
    /// CAs beside those of the machine.
    pub(crate) ca: Vec<Certificate>,
    /// The certificate and the key of this client.
    pub(crate) identity: Option<Identity>,
}

/// The time for the one question whether a server speaks the old transport.
const OLD_TRANSPORT: Duration = Duration::from_secs(3);

/// The server's tools as it sends them.
///
/// # Errors
/// A sentence for the operator.
pub(crate) async fn over_http(
    server: &HttpServer,
    patience: Duration,
    progress: Progress<'_>,
) -> Result<ListedTools, String> {
    let client = server.client()?;
    let recorder = Recorder::new(client.clone());
    let config = StreamableHttpClientTransportConfig::with_uri(server.url.as_str());
    let transport = StreamableHttpClientTransport::with_client(recorder.clone(), config);
    let asked = within(patience, async {
        let server = ().serve(transport).await.map_err(|error| refused(&error))?;
        listed(server, progress).await
    });
    let problem = match asked.await {
        Ok(_) => None,
        Err(error) => Some(explained(server, &client, &recorder).await.unwrap_or(error)),
    };
    match problem {
        Some(problem) => Err(problem),
        None => ListedTools::of_pages(&recorder.lists()).map_err(|error| error.to_string()),
    }
}

impl HttpServer {
    /// A client that sends its headers with every request.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn client(&self) -> Result<reqwest::Client, String> {
        let client = network::client(&self.url, &self.ca, |client| {
            let client = client
                .default_headers(self.headers.clone())
                .pool_max_idle_per_host(0);
            match &self.identity {
                Some(identity) => client.identity(identity.clone()),
                None => client,
            }
        });
        client.map_err(|error| unreachable::says(&shown(&error)))
    }
}

/// The sentence for the answer that ended the session; `None` if the SDK's own error says more.
async fn explained(
    server: &HttpServer,
    client: &reqwest::Client,
    recorder: &Recorder,
) -> Option<String> {
    if recorder.is_old_transport() {
        return Some(NotTools::OldTransport.to_string());
    }
    if let Some(answer) = recorder.unexpected() {
        let answer = answer.to_credentials(server.headers.contains_key(AUTHORIZATION));
        let old = answer.may_be_old_transport() && is_old_transport(server, client).await;
        return Some(match old {
            true => NotTools::OldTransport.to_string(),
            false => answer.says(),
        });
    }
    let list = recorder.lists().pop()?;
    match ListedTools::read(list.as_bytes()) {
        Err(NotTools::RpcError { .. } | NotTools::Page) | Ok(_) => None,
        Err(problem) => Some(problem.to_string()),
    }
}

/// Whether a GET is answered as the transport of revision 2024-11-05 does (its section "Backwards Compatibility").
async fn is_old_transport(server: &HttpServer, client: &reqwest::Client) -> bool {
    let first_event = async {
        let request = client.get(&server.url).header(ACCEPT, "text/event-stream");
        let response = request.send().await.ok()?;
        let is_stream = response.status().is_success() && has_kind(&response, "text/event-stream");
        let mut events =
            is_stream.then(|| SseStream::from_bytes_stream(response.bytes_stream()))?;
        events.next().await?.ok()
    };
    let event = tokio::time::timeout(OLD_TRANSPORT, first_event).await;
    let event = event.ok().flatten();
    event.is_some_and(|event| event.event.as_deref() == Some("endpoint"))
}

/// The SDK wraps a transport's message in the names of its own types.
fn refused(error: &ClientInitializeError) -> String {
    let ClientInitializeError::TransportError { error, .. } = error else {
        return shown(error);
    };
    match error.error.downcast_ref() {
        Some(StreamableHttpError::<reqwest::Error>::Client(error)) => {
            let cause = error.source().map_or_else(String::new, shown);
            unreachable::says(&cause)
        }
        _ => shown(&*error.error),
    }
}
