//! Turns the headers of a request into whether they are all of it, on hosts whose callback does not say so.
//!
//! nginx passes "more follows" with all headers, and makes no further call for a request without a body: what waited for
//! its end would pass unjudged there. A body that follows all the same is refused by the exchange, which has its verdict.

use crate::host;
use mcp_policy::host::Headers;

/// Whether neither body nor trailers follow these headers, of which the host says `told`.
pub(crate) fn ends(headers: &Headers, told: bool) -> bool {
    let mut lengths = headers.all("content-length");
    told || match lengths.next() {
        Some(b"0") => lengths.all(|length| length == b"0") && !is_chunked(headers),
        Some(_) => false,
        None => !is_chunked(headers) && !may_bring_body(headers),
    }
}

fn is_chunked(headers: &Headers) -> bool {
    headers.all("transfer-encoding").next().is_some()
}

/// Whether a body may follow that no header announces. Envoy removes `transfer-encoding` and tells the end itself; of all
/// hosts it alone has the cluster of the route. Elsewhere a POST is left to the host: without a body it is no message.
fn may_bring_body(headers: &Headers) -> bool {
    headers.all(":method").next() == Some(b"POST")
        || host::property(&["xds", "cluster_name"]).is_some()
}
