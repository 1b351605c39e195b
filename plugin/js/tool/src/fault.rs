//! Turns a panic into an exception with its place.
//!
//! It never returns to the code that panicked.

use std::panic::set_hook;

/// From now on, a panic throws.
pub(crate) fn throw() {
    set_hook(Box::new(|panic| {
        wasm_bindgen::throw_str(&panic.to_string());
    }));
}
