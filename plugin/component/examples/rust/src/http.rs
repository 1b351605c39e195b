//! Turns requests and responses of HTTP into events of the component, and its steps into HTTP.
//!
//! It holds each request until the verdict, and never a piece of a response: an event stream flows event by event.

use crate::engine::{
    Delivery, Engine, Event, Exchange, Header, HeaderEdit, Instance, Next, Piece, Reply,
    ResponseHead,
};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::net::TcpStream;
use tokio::task::spawn_local;

pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// A reply of the policy, or the response of the server.
type Answer = Response<Either<Full<Bytes>, Filtered>>;

/// Fields of one connection, which a gateway does not pass on. The length is that of the body that it sends.
const OF_A_CONNECTION: [HeaderName; 7] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The gateway of one thread.
pub struct Gateway {
    engine: Arc<Engine>,
    upstream: String,
    instance: RefCell<Rc<Instance>>,
}

impl Gateway {
    pub fn new(engine: Arc<Engine>, upstream: String) -> Result<Self, Error> {
        let instance = RefCell::new(Rc::new(engine.start()?));
        Ok(Self {
            engine,
            upstream,
            instance,
        })
    }

    /// The instance, or another one after a trap. The counts go on: they are in the cells.
    fn instance(&self) -> Result<Rc<Instance>, Error> {
        let mut instance = self.instance.borrow_mut();
        if instance.trapped.get() {
            *instance = Rc::new(self.engine.start()?);
        }
        Ok(instance.clone())
    }

    /// Answers a request. An error of the engine is a 503: a request without a verdict does not pass.
    pub async fn serve(
        self: Rc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Answer, Error> {
        let answer = match self.judge(request, peer).await {
            Ok((exchange, head, body, Next::Forward(edit))) => {
                self.forward(exchange, head, body, &edit).await
            }
            Ok((exchange, head, _, Next::ForwardBody(other))) => {
                self.forward(exchange, head, other.body.into(), &other.edit)
                    .await
            }
            Ok((_, _, _, Next::Reply(reply))) => answer(reply),
            // A question to a service of the policy, which this program does not ask, or no verdict.
            Ok(_) => status(StatusCode::SERVICE_UNAVAILABLE),
            Err(error) => Err(error),
        };
        answer.or_else(|error| {
            eprintln!("{error}");
            status(StatusCode::SERVICE_UNAVAILABLE)
        })
    }

    /// Feeds the request until there is a verdict. The engine refuses a body beyond the policy's `max_request_bytes`, so no
    /// more is collected.
    async fn judge(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<(Exchange, Parts, Bytes, Next), Error> {
        let (head, mut body) = request.into_parts();
        let (engine, instance, end) = (self.engine.clone(), self.instance()?, body.is_end_stream());
        let (fields, peer) = (request_fields(&head), peer.to_string());
        let (exchange, mut next) = Exchange::begin(engine, instance, &fields, end, peer)?;
        let mut collected = Vec::new();
        while let Next::NeedMore = next {
            let frame = body.frame().await.transpose()?;
            // Trailers are not passed on, so the body ends with its bytes.
            let end_of_stream = !frame.as_ref().is_some_and(Frame::is_data);
            let bytes = frame.and_then(|frame| frame.into_data().ok());
            let bytes = bytes.unwrap_or_default().to_vec();
            collected.extend_from_slice(&bytes);
            let piece = Piece {
                bytes,
                end_of_stream,
            };
            next = exchange.feed(&Event::Body(piece))?;
            if end_of_stream {
                break;
            }
        }
        Ok((exchange, head, collected.into(), next))
    }

    /// Sends the request to the server. Its response is judged as it arrives.
    async fn forward(
        &self,
        mut exchange: Exchange,
        mut head: Parts,
        body: Bytes,
        edits: &HeaderEdit,
    ) -> Result<Answer, Error> {
        edit(&mut head.headers, edits)?;
        let Ok(stream) = TcpStream::connect(&self.upstream).await else {
            // A call that reached no server is refunded.
            exchange.feed_response(&Event::Delivery(Delivery::Unsent))?;
            return status(StatusCode::BAD_GATEWAY);
        };
        let (mut server, connection) = http1::handshake(TokioIo::new(stream)).await?;
        spawn_local(connection);
        let request = Request::from_parts(head, Full::new(body));
        let Ok(response) = server.send_request(request).await else {
            return status(StatusCode::BAD_GATEWAY);
        };
        respond(exchange, response)
    }
}

/// The response as far as the client may read it: its head now, and its body as it arrives.
fn respond(mut exchange: Exchange, response: Response<Incoming>) -> Result<Answer, Error> {
    let (mut head, body) = response.into_parts();
    let (status, headers) = (head.status.as_u16(), fields(&head.headers).collect());
    let event = ResponseHead {
        status,
        headers,
        end_of_stream: body.is_end_stream(),
    };
    match exchange.feed_response(&Event::ResponseHead(event))? {
        Next::Forward(edits) => edit(&mut head.headers, &edits)?,
        Next::Reply(reply) => return answer(reply),
        _ => return Err("the head of the response does not pass".into()),
    }
    let ended = body.is_end_stream();
    let body = Filtered {
        body,
        exchange,
        ended,
    };
    Ok(Response::from_parts(head, Either::Right(body)))
}

/// The body of a response, as far as the client may read it.
pub struct Filtered {
    body: Incoming,
    exchange: Exchange,
    ended: bool,
}

impl Filtered {
    /// The bytes in the place of those that the server sent.
    fn passed(&mut self, bytes: Bytes) -> Result<Bytes, Error> {
        let piece = Piece {
            bytes: bytes.to_vec(),
            end_of_stream: self.ended,
        };
        match self.exchange.feed_response(&Event::ResponseBody(piece))? {
            Next::Forward(_) => Ok(bytes),
            Next::ReplaceBody(bytes) => Ok(bytes.into()),
            _ => Err("the rest of a response was withheld".into()),
        }
    }
}

impl Body for Filtered {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        while !self.ended {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context)).transpose()?;
            let bytes = frame.and_then(|frame| frame.into_data().ok());
            self.ended = bytes.is_none();
            // The client has part of the response: an error ends its connection.
            let passed = self.passed(bytes.unwrap_or_default())?;
            if !passed.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(passed))));
            }
        }
        Poll::Ready(None)
    }
}

/// All fields as they came, after those of HTTP/2, by which a policy knows its servers.
fn request_fields(head: &Parts) -> Vec<Header> {
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let host = head
        .headers
        .get(header::HOST)
        .map_or(&b""[..], HeaderValue::as_bytes);
    let pseudo = [
        (":method", head.method.as_str().as_bytes()),
        (":path", path.as_bytes()),
        (":authority", host),
    ];
    let pseudo = pseudo.map(|(name, value)| Header {
        name: name.into(),
        value: value.into(),
    });
    pseudo.into_iter().chain(fields(&head.headers)).collect()
}

fn fields(headers: &HeaderMap) -> impl Iterator<Item = Header> {
    let field = |(name, value): (&HeaderName, &HeaderValue)| Header {
        name: name.as_str().into(),
        value: value.as_bytes().into(),
    };
    headers.iter().map(field)
}

fn edit(headers: &mut HeaderMap, edit: &HeaderEdit) -> Result<(), Error> {
    for name in OF_A_CONNECTION
        .iter()
        .map(HeaderName::as_str)
        .chain(edit.remove_headers.iter().map(String::as_str))
    {
        headers.remove(name);
    }
    for field in &edit.set_headers {
        headers.insert(
            HeaderName::from_bytes(&field.name)?,
            HeaderValue::from_bytes(&field.value)?,
        );
    }
    Ok(())
}

fn answer(reply: Reply) -> Result<Answer, Error> {
    let answer = Response::builder().status(reply.status);
    let fields = reply.headers.into_iter();
    let answer = fields.fold(answer, |answer, field| {
        answer.header(field.name, field.value)
    });
    Ok(answer.body(Either::Left(reply.body.into()))?)
}

fn status(status: StatusCode) -> Result<Answer, Error> {
    Ok(Response::builder()
        .status(status)
        .body(Either::Left(Full::default()))?)
}
