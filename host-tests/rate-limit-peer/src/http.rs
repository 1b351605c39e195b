//! Limitador's `POST /check_and_report`, and the paths by which a test controls the peer.

use crate::peer::{Faults, Peer};
use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

#[derive(Deserialize)]
struct Question {
    namespace: String,
    values: HashMap<String, String>,
    delta: u32,
}

pub fn routes(peer: Arc<Peer>) -> Router {
    Router::new()
        .route("/check_and_report", post(check_and_report))
        .route("/faults", put(faults))
        .route("/clock", put(clock))
        .route("/asked", get(asked))
        .with_state(peer)
}

async fn check_and_report(
    State(peer): State<Arc<Peer>>,
    Json(question): Json<Question>,
) -> StatusCode {
    if peer.fault().await != 0 {
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let values = question.values.iter();
    let pairs: Vec<_> = values
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    match peer.add(&question.namespace, &pairs, question.delta).await {
        Ok(outcome) if outcome.fits => StatusCode::OK,
        Ok(_) => StatusCode::TOO_MANY_REQUESTS,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

async fn faults(State(peer): State<Arc<Peer>>, Json(faults): Json<Faults>) {
    peer.set_faults(faults);
}

/// Sets the time, in seconds since the epoch.
async fn clock(State(peer): State<Arc<Peer>>, Json(seconds): Json<u64>) {
    peer.set_clock(seconds);
}

/// The number of questions so far.
async fn asked(State(peer): State<Arc<Peer>>) -> String {
    peer.asked.load(Ordering::Relaxed).to_string()
}
