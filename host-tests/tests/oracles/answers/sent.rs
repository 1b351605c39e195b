//! Turns a scene into the request that a client sends in it.

use super::scene::{Request, Scene};
use crate::plugin::Sent;
use host_tests::rpc::headers;

/// The request.
pub(super) fn sent(scene: &Scene) -> Sent {
    match scene.request {
        Request::Post(body) => Sent {
            method: "POST",
            headers: headers(),
            body: body.into(),
        },
        Request::Get => Sent {
            method: "GET",
            headers: vec![(b"accept".to_vec(), b"text/event-stream".to_vec())],
            body: Vec::new(),
        },
    }
}
