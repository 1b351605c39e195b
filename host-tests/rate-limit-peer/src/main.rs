//! A test peer: a small rate limit service on a real Redis, in the place of envoyproxy/ratelimit or Limitador, which cannot be
//! built from the package registries. It speaks Envoy's protocol over gRPC and Limitador's HTTP API on one port.
//!
//! It never stands for those services in production: it has no TLS, no metrics and no reload.

mod counts;
mod grpc;
mod http;
mod limits;
mod peer;

use axum::serve::ListenerExt;
use counts::Counts;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_service_server::RateLimitServiceServer;
use limits::Limits;
use peer::Peer;
use std::error::Error;
use std::sync::Arc;
use tokio::net::TcpListener;

const USAGE: &str = "usage: rate-limit-peer ADDRESS REDIS_URL LIMITS.yaml [--without-statuses]";

/// Ends the process when its input ends, with the test that started it.
fn end_with_input() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, redis, file, options @ ..] = arguments.as_slice() else {
        return Err(USAGE.into());
    };
    let peer = Arc::new(Peer::new(
        Limits::read(&std::fs::read_to_string(file)?)?,
        Counts::connect(redis).await?,
        options.iter().all(|option| option != "--without-statuses"),
    ));
    let service = RateLimitServiceServer::from_arc(peer.clone());
    let app = tonic::service::Routes::new(service).into_axum_router();
    let app = app.merge(http::routes(peer));
    let listener = TcpListener::bind(address).await?;
    println!(r#"{{"port":{}}}"#, listener.local_addr()?.port());
    // As in both services: the second part of an answer does not wait until the first one is acknowledged.
    let listener = listener.tap_io(|connection| {
        let _ = connection.set_nodelay(true);
    });
    end_with_input();
    Ok(axum::serve(listener, app).await?)
}
