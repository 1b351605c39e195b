//! Turns work with servers into its result, and makes the clients for it.
//!
//! It never follows a redirect: a token would go along, and to wherever the server likes.

use reqwest::ClientBuilder;

/// A client that follows no redirect.
pub(super) fn client() -> ClientBuilder {
    // Another provider may be there already; then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none())
}

/// Runs the work to its end, on this thread.
///
/// # Errors
/// When the system gives no means to wait.
pub(super) fn run<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    Ok(runtime.block_on(work))
}
