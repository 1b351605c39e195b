//! Turns header fields into one request in HTTP/2, byte for byte, on a connection of its own.
//!
//! It never repairs a field, and reads no more of the answer than its status.

use super::super::probe::LIMIT;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("a short frame");
    let [high, low] = length.to_be_bytes();
    [&[0, high, low, kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A field that is not compressed (RFC 7541, 6.2.2).
fn literal((name, value): &(&str, &str)) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).expect("a short text");
        assert!(length < 127, "a short text");
        [&[length], text.as_bytes()].concat()
    };
    [vec![0], text(name), text(value)].concat()
}

/// Sends a GET with exactly these fields. Returns the status of the answer, or nothing where the stream or its connection
/// ends without one.
pub(super) fn get(addr: SocketAddr, fields: &[(&str, &str)]) -> Option<u16> {
    let block: Vec<_> = fields.iter().flat_map(literal).collect();
    let mut stream = TcpStream::connect(addr).expect("a connection");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    let request = frame(HEADERS, END_STREAM | END_HEADERS, 1, &block);
    let sent = [PREFACE, &frame(SETTINGS, 0, 0, &[]), &request].concat();
    stream.write_all(&sent).expect("it is sent");
    answer(&mut stream).ok().flatten()
}

/// The status, once the stream has ended.
fn answer(stream: &mut TcpStream) -> io::Result<Option<u16>> {
    let mut status = None;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let [_, high, low, kind, flags, ..] = head;
        let mut payload = vec![0; usize::from(u16::from_be_bytes([high, low]))];
        stream.read_exact(&mut payload)?;
        match kind {
            HEADERS => status = self::status(&payload),
            DATA | SETTINGS | 6 | 8 => {}
            // RST_STREAM, GOAWAY.
            _ => return Ok(None),
        }
        if kind <= HEADERS && flags & END_STREAM != 0 {
            return Ok(status);
        }
    }
}

/// The status by its index in the static table (RFC 7541, appendix A), the first field after changes of the table's size.
fn status(block: &[u8]) -> Option<u16> {
    let field = block.iter().find(|byte| **byte & 0xe0 != 0x20)?;
    Some(match field {
        0x88 => 200,
        0x8c => 400,
        0x8d => 404,
        other => panic!("a status by another index: {other}"),
    })
}
