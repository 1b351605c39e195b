//! Turns a request into HTTP/1.1 over TLS, with or without a client certificate, and the received bytes into a
//! [`Response`].
//!
//! It never accepts a server that the authority did not sign, and never waits without a limit.

use std::{
    io::{self, BufReader, ErrorKind, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, RootCertStore, StreamOwned, crypto::ring,
    pki_types::PrivatePkcs8KeyDer,
};

use crate::certificates::{Authority, Certificate, SERVER};
use crate::wire::{Http1Request, Response, invalid, read_response};

/// A client that trusts one authority.
#[derive(Clone, Debug)]
pub struct Client(Arc<ClientConfig>);

impl Client {
    /// A client with a certificate, or without one.
    ///
    /// # Panics
    /// When the certificate does not fit its key.
    pub fn new(authority: &Authority, certificate: Option<&Certificate>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().into()).expect("an authority");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_root_certificates(roots);
        let config = match certificate {
            None => config.with_no_client_auth(),
            Some(own) => config
                .with_client_auth_cert(
                    vec![own.der.clone().into()],
                    PrivatePkcs8KeyDer::from(own.key_der.clone()).into(),
                )
                .expect("the key is the certificate's"),
        };
        Self(Arc::new(config))
    }

    /// Sends one request on its own connection and reads the response. `limit` is the time for each read and write.
    ///
    /// # Errors
    /// When the handshake fails, of which a client with TLS 1.3 may learn only after its request, when no response
    /// begins, or when the time is up.
    pub fn send(
        &self,
        addr: SocketAddr,
        request: &Http1Request,
        limit: Duration,
    ) -> io::Result<Response> {
        self.exchange(addr, request, limit)
            .map(|(response, _)| response)
    }

    /// The same, and whether the connection resumed the TLS session of an earlier one of this client.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn exchange(
        &self,
        addr: SocketAddr,
        request: &Http1Request,
        limit: Duration,
    ) -> io::Result<(Response, bool)> {
        let stream = TcpStream::connect_timeout(&addr, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        let server = SERVER.try_into().map_err(invalid)?;
        let connection = ClientConnection::new(Arc::clone(&self.0), server).map_err(invalid)?;
        let mut stream = StreamOwned::new(connection, stream);
        for piece in request.pieces(addr) {
            stream.write_all(&piece)?;
        }
        let mut reader = BufReader::new(stream);
        let answer = read_response(&mut reader, request.method == "HEAD");
        let answer = answer.map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => ErrorKind::TimedOut.into(),
            _ => error,
        })?;
        let kind = reader.get_ref().conn.handshake_kind();
        Ok((answer, kind == Some(HandshakeKind::Resumed)))
    }
}
