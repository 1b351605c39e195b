//! Turns pieces of a body into HTTP/2 frames on a cleartext connection, one
//! DATA frame each, with every way in which a request can end.
//!
//! It never hangs: no answer in time is an [`Outcome`] like any other.

use std::{io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use h2::{
    Reason, SendStream,
    client::{self, ResponseFuture, SendRequest},
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use tokio::{
    net::TcpStream,
    runtime,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::wire::{PIECE_PAUSE, RawHeaders, Response, invalid};

/// How long the last frames, such as a reset, may take to leave.
const FAREWELL: Duration = Duration::from_millis(100);

/// A request, with prior knowledge that the server speaks HTTP/2.
#[derive(Clone, Debug, PartialEq)]
pub struct Http2Request {
    /// `POST`, or anything else.
    pub method: String,
    /// Query included.
    pub path: String,
    /// Without pseudo headers; names are sent in lower case.
    pub headers: RawHeaders,
    /// One DATA frame each.
    pub pieces: Vec<Vec<u8>>,
    /// How the stream ends.
    pub end: End,
}

/// How a request says that it is over.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// END_STREAM on HEADERS; the pieces are not sent.
    Headers,
    /// END_STREAM on the last piece.
    Data,
    /// END_STREAM on an empty DATA frame after the last piece.
    EmptyData,
    /// END_STREAM on a second HEADERS frame, after the last piece.
    Trailers(RawHeaders),
    /// Not at all: the stream stays open until the timeout, then it is reset.
    Never,
}

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Response headers arrived, and then the end of the stream.
    Answered(Response),
    /// The stream or its connection ended before; the text says how.
    Reset(String),
    /// The answer did not arrive, or not all of it. The stream was reset.
    TimedOut,
}

/// Sends one request on its own connection and waits for the outcome.
///
/// It is an error if the request cannot be written in HTTP/2, or if the connection fails.
pub fn http2(addr: SocketAddr, request: &Http2Request, limit: Duration) -> io::Result<Outcome> {
    let head = head(addr, request)?;
    let trailers = match &request.end {
        End::Trailers(trailers) => header_map(trailers)?,
        _ => HeaderMap::new(),
    };
    runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?
        .block_on(async {
            let (client, driver) = timeout(limit, connect(addr)).await??;
            let outcome = exchange(client, head, request, trailers, limit).await;
            // The driver stops by itself: nothing refers to the connection any more.
            let _ = timeout(FAREWELL, driver).await;
            outcome
        })
}

fn head(addr: SocketAddr, request: &Http2Request) -> io::Result<Request<()>> {
    let uri = Uri::builder()
        .scheme("http")
        .authority(addr.to_string())
        .path_and_query(request.path.as_str())
        .build()
        .map_err(invalid)?;
    let mut head = Request::builder()
        .method(request.method.as_str())
        .uri(uri)
        .body(())
        .map_err(invalid)?;
    *head.headers_mut() = header_map(&request.headers)?;
    Ok(head)
}

fn header_map(headers: &RawHeaders) -> io::Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name).map_err(invalid)?;
        map.append(name, HeaderValue::from_bytes(value).map_err(invalid)?);
    }
    Ok(map)
}

async fn connect(
    addr: SocketAddr,
) -> io::Result<(SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>)> {
    let tcp = TcpStream::connect(addr).await?;
    tcp.set_nodelay(true)?;
    let (client, connection) = client::handshake(tcp).await.map_err(io::Error::other)?;
    Ok((client, tokio::spawn(connection)))
}

async fn exchange(
    mut client: SendRequest<Bytes>,
    head: Request<()>,
    request: &Http2Request,
    trailers: HeaderMap,
    limit: Duration,
) -> io::Result<Outcome> {
    let (response, mut stream) = client
        .send_request(head, request.end == End::Headers)
        .map_err(io::Error::other)?;
    let answer = timeout(limit, async {
        // The server may have ended the stream meanwhile. Its answer is then more informative than
        // this error.
        let _ = send(&mut stream, request, trailers).await;
        receive(response).await
    });
    Ok(match answer.await {
        Ok(Ok(response)) => Outcome::Answered(response),
        Ok(Err(error)) => Outcome::Reset(error.to_string()),
        Err(_) => {
            stream.send_reset(Reason::CANCEL);
            Outcome::TimedOut
        }
    })
}

async fn send(
    stream: &mut SendStream<Bytes>,
    request: &Http2Request,
    trailers: HeaderMap,
) -> Result<(), h2::Error> {
    if request.end == End::Headers {
        return Ok(());
    }
    let mut pieces = request
        .pieces
        .iter()
        .map(|piece| Bytes::copy_from_slice(piece));
    let last = match request.end {
        End::Data => pieces.next_back(),
        _ => None,
    };
    for piece in pieces {
        stream.send_data(piece, false)?;
        sleep(PIECE_PAUSE).await;
    }
    match request.end {
        End::Data => stream.send_data(last.unwrap_or_default(), true),
        End::EmptyData => stream.send_data(Bytes::new(), true),
        End::Trailers(_) => stream.send_trailers(trailers),
        End::Headers | End::Never => Ok(()),
    }
}

async fn receive(response: ResponseFuture) -> Result<Response, h2::Error> {
    let (head, mut body) = response.await?.into_parts();
    let mut response = Response {
        status: head.status.as_u16(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
        ..Response::default()
    };
    while let Some(piece) = body.data().await {
        match piece {
            Ok(piece) => {
                response.body.extend(&piece);
                body.flow_control().release_capacity(piece.len())?;
            }
            Err(error) => {
                // A server that has answered all may refuse the rest of the request so.
                response.reset = error.reason() != Some(Reason::NO_ERROR);
                break;
            }
        }
    }
    Ok(response)
}
