//! Turns a request, byte for byte as a test wrote it, into HTTP/1.1 on a socket, and the received bytes into a
//! [`Response`].
//!
//! It never repairs a request: an invalid one is sent unchanged. It never waits without a limit.

use std::{
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

/// Header lines as raw bytes: order and duplicates are kept.
pub use mcp_policy_cases::RawHeaders;

/// Header lines as received: names in lower case; order and duplicates are kept.
pub type Headers = Vec<(String, Vec<u8>)>;

/// The pause between two pieces of a body, so that the proxy reads them one by one.
pub(crate) const PIECE_PAUSE: Duration = Duration::from_millis(1);
/// How long a [`Connection`] waits for a byte.
const IDLE_LIMIT: Duration = Duration::from_secs(30);
/// The longest head, up to the blank line, in bytes.
const HEAD_LIMIT: u64 = 256 * 1024;
/// The longest body, in bytes.
const BODY_LIMIT: u64 = 64 * 1024 * 1024;
/// The most header lines of one message.
const HEADER_LINES: usize = 256;

/// A request for [`http1`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Http1Request {
    /// `POST`, or anything else.
    pub method: String,
    /// The request target, with its query.
    pub path: String,
    /// The header fields. A `host`, `connection`, `content-length` or `transfer-encoding` here replaces the one that
    /// would be added.
    pub headers: RawHeaders,
    /// The body. `None` sends neither a body nor a header that announces one.
    pub body: Option<Vec<u8>>,
    /// Where to cut the body into chunks, as rising offsets. `None` sends it whole, with a `content-length`.
    pub chunks: Option<Vec<usize>>,
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// All header fields, framing included.
    pub headers: Headers,
    /// The body without framing.
    pub body: Vec<u8>,
    /// The peer closed the connection before the end of the body.
    pub reset: bool,
}

impl Response {
    /// The first value of a header; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        value(&self.headers, name)
    }
}

/// A deadline.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start: Instant,
    length: Duration,
}

impl Deadline {
    /// Starts the time now.
    #[allow(
        clippy::disallowed_methods,
        reason = "sockets and processes live in real time"
    )]
    pub fn after(length: Duration) -> Self {
        Self {
            start: Instant::now(),
            length,
        }
    }

    /// The time left, or `TimedOut` after the deadline.
    pub fn left(&self) -> io::Result<Duration> {
        self.length
            .checked_sub(self.start.elapsed())
            .filter(|left| !left.is_zero())
            .ok_or_else(|| ErrorKind::TimedOut.into())
    }
}

/// Sends one request on its own connection and reads the response.
///
/// It is an error if no response begins, or if the deadline passes before its end.
pub fn http1(addr: SocketAddr, request: &Http1Request, timeout: Duration) -> io::Result<Response> {
    let deadline = Deadline::after(timeout);
    let stream = TcpStream::connect_timeout(&addr, timeout)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(timeout))?;
    let mut reader = BufReader::new(Timed {
        stream: &stream,
        deadline,
    });
    thread::scope(|scope| {
        // A proxy may respond before it has read the whole request, and then ignore the rest. So an incomplete write is
        // not an error.
        scope.spawn(|| write_pieces(&stream, &request.pieces(addr)));
        let answer = read_response(&mut reader, request.method == "HEAD");
        // Ends the writer if it still waits. The socket may be closed already.
        let _ = stream.shutdown(Shutdown::Both);
        answer
    })
}

impl Http1Request {
    /// The head, and then each chunk with its framing.
    pub(crate) fn pieces(&self, addr: SocketAddr) -> Vec<Vec<u8>> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        let mut line = |name: &[u8], value: &[u8]| {
            head.extend([name, b": ", value, b"\r\n"].concat());
        };
        if !self.names("host") {
            line(b"host", addr.to_string().as_bytes());
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        if !self.names("connection") {
            line(b"connection", b"close");
        }
        let framed = self.names("content-length") || self.names("transfer-encoding");
        match (&self.body, &self.chunks) {
            (Some(_), Some(_)) if !framed => line(b"transfer-encoding", b"chunked"),
            (Some(body), None) if !framed => {
                line(b"content-length", body.len().to_string().as_bytes());
            }
            _ => {}
        }
        head.extend(b"\r\n");
        let body = self.body.as_deref().unwrap_or_default();
        let Some(cuts) = &self.chunks else {
            head.extend(body);
            return vec![head];
        };
        let mut pieces = vec![head];
        pieces.extend(cut(body, cuts).into_iter().map(chunk));
        pieces.push(b"0\r\n\r\n".to_vec());
        pieces
    }

    fn names(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(own, _)| own.eq_ignore_ascii_case(name.as_bytes()))
    }
}

/// The pieces between the cuts, without empty ones, because an empty chunk would end the body.
fn cut<'a>(body: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let starts = [0].into_iter().chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([body.len()]);
    starts
        .zip(ends)
        .filter_map(|(start, end)| body.get(start..end.min(body.len())))
        .filter(|piece| !piece.is_empty())
        .collect()
}

fn chunk(piece: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
}

fn write_pieces(mut stream: &TcpStream, pieces: &[Vec<u8>]) -> io::Result<()> {
    for piece in pieces {
        stream.write_all(piece)?;
        if pieces.len() > 1 {
            thread::sleep(PIECE_PAUSE);
        }
    }
    Ok(())
}

/// A kept-alive HTTP/1.1 connection, for load.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    /// Connects without sending anything.
    pub fn open(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&addr, IDLE_LIMIT)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(IDLE_LIMIT))?;
        stream.set_write_timeout(Some(IDLE_LIMIT))?;
        Ok(Self {
            reader: BufReader::new(stream),
        })
    }

    /// Writes the request unchanged, head and body, and reads its response.
    pub fn send(&mut self, raw_request: &[u8]) -> io::Result<Response> {
        self.write(raw_request)?;
        read_response(&mut self.reader, raw_request.starts_with(b"HEAD "))
    }

    /// Writes the request unchanged, and does not wait for its response.
    pub fn write(&mut self, raw_request: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(raw_request)
    }

    /// Reads the response to a request with another method than `HEAD`.
    pub fn read(&mut self) -> io::Result<Response> {
        read_response(&mut self.reader, false)
    }
}

/// Reads from a socket until a deadline. The socket's own timeout would restart with every byte.
struct Timed<'a> {
    stream: &'a TcpStream,
    deadline: Deadline,
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.deadline.left()?))?;
        let mut stream = self.stream;
        stream.read(buffer).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
            _ => error,
        })
    }
}

/// Reads a response, skipping interim (1xx) ones.
pub(crate) fn read_response(reader: &mut impl BufRead, bodiless: bool) -> io::Result<Response> {
    loop {
        let head = read_head(reader)?.ok_or(ErrorKind::UnexpectedEof)?;
        let mut response = parse_response(&head)?;
        let status = response.status;
        if (100..200).contains(&status) {
            continue;
        }
        let framing = if bodiless || status == 204 || status == 304 {
            Framing::Length(0)
        } else {
            framing(&response.headers)?.unwrap_or(Framing::UntilClose)
        };
        match read_body(reader, framing, &mut response.body) {
            Ok(()) => {}
            Err(error) if is_reset(&error) => response.reset = true,
            Err(error) => return Err(error),
        }
        return Ok(response);
    }
}

fn is_reset(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted
    )
}

/// How a message marks the end of its body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Framing {
    /// `content-length`.
    Length(u64),
    /// `transfer-encoding: chunked`.
    Chunked,
    /// The end of the connection.
    UntilClose,
}

/// The framing that the headers announce; `None` where they announce none.
pub(crate) fn framing(headers: &[(String, Vec<u8>)]) -> io::Result<Option<Framing>> {
    if value(headers, "transfer-encoding").is_some() {
        return Ok(Some(Framing::Chunked));
    }
    value(headers, "content-length")
        .map(|text| {
            let text = str::from_utf8(text).map_err(invalid)?;
            text.parse().map(Framing::Length).map_err(invalid)
        })
        .transpose()
}

/// The bytes up to the blank line; `None` if the peer closed before a message.
pub(crate) fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut reader = reader.take(HEAD_LIMIT);
    let mut head = Vec::new();
    loop {
        let read = reader.read_until(b'\n', &mut head)?;
        if read == 0 && head.is_empty() {
            return Ok(None);
        }
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if head.ends_with(b"\r\n\r\n") {
            return Ok(Some(head));
        }
    }
}

/// Appends the received bytes to `body`, even if it ends too early.
pub(crate) fn read_body(
    reader: &mut impl BufRead,
    framing: Framing,
    body: &mut Vec<u8>,
) -> io::Result<()> {
    match framing {
        Framing::Length(length) => read_exactly(reader, length, body),
        Framing::UntilClose => reader.take(BODY_LIMIT).read_to_end(body).map(drop),
        Framing::Chunked => {
            loop {
                let line = read_line(reader)?;
                let size = line.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(size, 16).map_err(invalid)?;
                if size == 0 {
                    break;
                }
                read_exactly(reader, size, body)?;
                read_line(reader)?;
            }
            // Trailers, up to a blank line.
            while !read_line(reader)?.is_empty() {}
            Ok(())
        }
    }
}

/// Allocates for the received bytes, not for the announced number.
fn read_exactly(reader: &mut impl BufRead, size: u64, body: &mut Vec<u8>) -> io::Result<()> {
    let before = body.len() as u64;
    if size.saturating_add(before) > BODY_LIMIT {
        return Err(invalid("a body above the limit"));
    }
    let read = reader.take(size).read_to_end(body)? as u64;
    if read == size {
        Ok(())
    } else {
        Err(ErrorKind::UnexpectedEof.into())
    }
}

fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(HEAD_LIMIT).read_line(&mut line)?;
    line.strip_suffix("\r\n")
        .map(str::to_owned)
        .ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

/// Method, path and headers.
pub(crate) fn parse_request(head: &[u8]) -> io::Result<(String, String, Headers)> {
    let mut lines = [httparse::EMPTY_HEADER; HEADER_LINES];
    let mut parsed = httparse::Request::new(&mut lines);
    parsed.parse(head).map_err(invalid)?;
    let method = parsed.method.unwrap_or_default().to_owned();
    let path = parsed.path.unwrap_or_default().to_owned();
    Ok((method, path, owned(parsed.headers)))
}

/// A response without its body; bytes after the head are ignored.
pub(crate) fn parse_response(head: &[u8]) -> io::Result<Response> {
    let mut lines = [httparse::EMPTY_HEADER; HEADER_LINES];
    let mut parsed = httparse::Response::new(&mut lines);
    parsed.parse(head).map_err(invalid)?;
    Ok(Response {
        status: parsed.code.unwrap_or_default(),
        headers: owned(parsed.headers),
        ..Response::default()
    })
}

fn owned(headers: &[httparse::Header<'_>]) -> Headers {
    headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), header.value.to_vec()))
        .collect()
}

pub(crate) fn value<'a>(headers: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    let mut same = headers.iter().filter(|(own, _)| own == name);
    same.next().map(|(_, value)| value.as_slice())
}

pub(crate) fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut bytes: &[u8]) -> io::Result<Response> {
        read_response(&mut bytes, false)
    }

    #[test]
    fn body_ends_by_its_framing() {
        for bytes in [
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcrest",
            "HTTP/1.1 200 OK\r\n\r\nabc",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
             1\r\na\r\n2;x=y\r\nbc\r\n0\r\nt: v\r\n\r\n",
        ] {
            let response = read(bytes.as_bytes()).unwrap();
            assert_eq!((response.status, response.body), (200, b"abc".to_vec()));
            assert!(!response.reset);
        }
    }

    #[test]
    fn body_that_ends_early_is_a_reset() {
        for bytes in [
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
        ] {
            let response = read(bytes.as_bytes()).unwrap();
            assert!(response.reset && response.body == b"abc");
        }
        assert!(read(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n").is_err());
        assert!(read(b"HTTP/1.1 200").is_err());
    }

    #[test]
    fn own_headers_replace_the_added_ones() {
        let request = Http1Request {
            method: "POST".into(),
            path: "/".into(),
            headers: vec![
                (b"Host".to_vec(), b"h".to_vec()),
                (b"Content-Length".to_vec(), b"9".to_vec()),
            ],
            body: Some(b"abc".to_vec()),
            chunks: None,
        };
        let bytes = request.pieces(([127, 0, 0, 1], 1).into()).concat();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nconnection: close\r\n\r\nabc"
        );
    }

    #[test]
    fn cuts_make_no_empty_piece() {
        assert_eq!(cut(b"abcd", &[0, 1, 1, 3, 9]), [&b"a"[..], b"bc", b"d"]);
        assert_eq!(cut(b"abcd", &[]), [b"abcd"]);
    }
}
