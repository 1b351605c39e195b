//! Turns the bytes between HTTP/1.1 clients and one server into [`Exchange`]s.
//!
//! It never changes a byte, and never delays one until another arrives.

use crate::{
    upstream::Recorded,
    wire::{self, Framing, Response},
};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

/// A request and its response.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The request as the client sent it.
    pub request: Recorded,
    /// The response without interim (1xx) ones; `None` before its whole head has arrived.
    pub response: Option<Response>,
    /// The state of the exchange when it was read.
    pub state: State,
}

/// Whether more of an exchange can follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The response is complete.
    Whole,
    /// More may follow.
    Open,
    /// The client closed the connection before the response was complete.
    Left,
    /// The server closed the connection before the response was complete.
    Broken,
}

/// A proxy on a free port of 127.0.0.1 for one server. Dropping it closes every connection.
#[derive(Debug)]
pub struct Recorder {
    addr: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    connections: Mutex<Vec<Arc<Connection>>>,
    stopped: AtomicBool,
}

#[derive(Debug)]
struct Connection {
    client: TcpStream,
    server: TcpStream,
    recorded: Mutex<Bytes>,
}

/// The bytes of each side.
#[derive(Clone, Debug, Default)]
struct Bytes {
    client: Vec<u8>,
    server: Vec<u8>,
    /// The side that closed the connection first.
    closed: Option<Side>,
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Client,
    Server,
}

impl Recorder {
    /// Forwards every connection to a server.
    pub fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            server,
            connections: Mutex::default(),
            stopped: AtomicBool::new(false),
        });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Ok(Self {
            addr,
            shared,
            acceptor: Some(acceptor),
        })
    }

    /// The address at which it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// All exchanges since the start, in order on each connection.
    ///
    /// It is an error if something passed that is not HTTP/1.1.
    pub fn exchanges(&self) -> io::Result<Vec<Exchange>> {
        let connections = lock(&self.shared.connections).clone();
        let each = connections.iter().map(|own| {
            let recorded = lock(&own.recorded).clone();
            recorded.exchanges()
        });
        each.collect::<io::Result<Vec<_>>>()
            .map(|each| each.concat())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the acceptor, which closes the open connections.
        let _ = TcpStream::connect(self.addr);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for client in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            break;
        }
        // A client whose server is gone sees its connection closed.
        let _ = client.and_then(|client| shared.join(client));
    }
    for connection in lock(&shared.connections).iter() {
        connection.close();
    }
}

impl Shared {
    fn join(&self, client: TcpStream) -> io::Result<()> {
        let server = TcpStream::connect(self.server)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let connection = Arc::new(Connection {
            client,
            server,
            recorded: Mutex::default(),
        });
        lock(&self.connections).push(Arc::clone(&connection));
        for side in [Side::Client, Side::Server] {
            let connection = Arc::clone(&connection);
            thread::spawn(move || connection.pass(side));
        }
        Ok(())
    }
}

impl Connection {
    /// Forwards the bytes of one side until it closes, or the other side is gone.
    fn pass(&self, side: Side) {
        let (mut from, mut to) = match side {
            Side::Client => (&self.client, &self.server),
            Side::Server => (&self.server, &self.client),
        };
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length) = from.read(&mut buffer) {
            let piece = buffer.get(..length).unwrap_or_default();
            // Recorded first, so that everything that a peer has seen is recorded.
            lock(&self.recorded).of(side).extend(piece);
            if piece.is_empty() || to.write_all(piece).is_err() {
                break;
            }
        }
        lock(&self.recorded).closed.get_or_insert(side);
        self.close();
    }

    fn close(&self) {
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

impl Bytes {
    fn of(&mut self, side: Side) -> &mut Vec<u8> {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    fn exchanges(&self) -> io::Result<Vec<Exchange>> {
        let (mut client, mut server) = (&*self.client, &*self.server);
        let mut exchanges = Vec::new();
        while let Some(request) = request(&mut client)? {
            let response = wire::read_response(&mut server, request.method == "HEAD");
            let response = begun(response)?;
            exchanges.push(Exchange {
                state: self.state(response.as_ref()),
                request,
                response,
            });
        }
        Ok(exchanges)
    }

    fn state(&self, response: Option<&Response>) -> State {
        match self.closed {
            _ if response.is_some_and(|response| !response.reset) => State::Whole,
            None => State::Open,
            Some(Side::Client) => State::Left,
            Some(Side::Server) => State::Broken,
        }
    }
}

/// The next request, with the part of its body that has arrived.
fn request(asked: &mut &[u8]) -> io::Result<Option<Recorded>> {
    let Some(head) = begun(wire::read_head(asked))?.flatten() else {
        return Ok(None);
    };
    let (method, path, headers) = wire::parse_request(&head)?;
    let framing = wire::framing(&headers)?.unwrap_or(Framing::Length(0));
    let mut request = Recorded {
        method,
        path,
        headers,
        ..Recorded::default()
    };
    request.complete = begun(wire::read_body(asked, framing, &mut request.body))?.is_some();
    Ok(Some(request))
}

/// `None` for an incomplete message.
fn begun<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Locks even after a panic: each change is one call, so the data is consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        upstream::{Upstream, reply},
        wire::{Connection as Client, Deadline},
    };
    use std::time::Duration;

    const PATIENCE: Duration = Duration::from_secs(5);

    fn settled(recorder: &Recorder) -> Vec<Exchange> {
        let deadline = Deadline::after(PATIENCE);
        loop {
            let exchanges = recorder.exchanges().unwrap();
            let open = |own: &Exchange| own.state == State::Open;
            if !exchanges.is_empty() && !exchanges.iter().any(open) {
                return exchanges;
            }
            deadline.left().unwrap();
            thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn requests_of_one_connection_are_recorded_with_their_responses() {
        let server = Upstream::answering(|request| match request.path.as_str() {
            "/a" => reply(200, "text/plain", &request.body),
            _ => {
                b"HTTP/1.1 404 -\r\ntransfer-encoding: chunked\r\n\r\n1\r\nn\r\n1\r\no\r\n0\r\n\r\n"
                    .to_vec()
            }
        });
        let server = server.unwrap();
        let recorder = Recorder::start(server.addr()).unwrap();
        let mut client = Client::open(recorder.addr()).unwrap();
        let sent = [
            &b"POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nyes"[..],
            b"POST /b HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n2\r\nxy\r\n0\r\n\r\n",
        ];
        let got = sent.map(|sent| client.send(sent).unwrap());
        let exchanges = settled(&recorder);
        assert_eq!(exchanges.len(), 2);
        for (exchange, got) in exchanges.iter().zip(got) {
            assert_eq!(exchange.response, Some(got));
            assert_eq!(exchange.state, State::Whole);
            assert!(exchange.request.complete);
        }
        let recorded: Vec<_> = exchanges.into_iter().map(|own| own.request).collect();
        assert_eq!(recorded, server.take());
    }

    #[test]
    fn response_cut_short_is_recorded_in_part() {
        const BEGUN: &[u8] = b"HTTP/1.1 200 -\r\ncontent-length: 9\r\n\r\nbegun";
        let server = Upstream::answering(|_| BEGUN.to_vec()).unwrap();
        let recorder = Recorder::start(server.addr()).unwrap();
        let mut client = TcpStream::connect(recorder.addr()).unwrap();
        client
            .write_all(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
            .unwrap();
        client.read_exact(&mut vec![0; BEGUN.len()]).unwrap();
        assert_eq!(recorder.exchanges().unwrap()[0].state, State::Open);
        drop(client);
        let [left] = &settled(&recorder)[..] else {
            panic!("not one exchange")
        };
        assert_eq!(left.state, State::Left);
        assert_eq!(left.response.as_ref().unwrap().body, b"begun");
        let server = Upstream::answering(|_| {
            let close = b"HTTP/1.1 200 -\r\nconnection: close\r\ncontent-length: 9\r\n\r\n";
            close.to_vec()
        });
        let server = server.unwrap();
        let recorder = Recorder::start(server.addr()).unwrap();
        let mut client = Client::open(recorder.addr()).unwrap();
        let cut = client.send(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
        assert!(cut.reset);
        assert_eq!(settled(&recorder)[0].state, State::Broken);
    }
}
