//! The types and functions of `wit/`, as the macro makes them.
//!
//! Nothing here is written by hand.
#![expect(
    unsafe_code,
    reason = "the macro's code hands memory over to the host and back"
)]

use crate::guest::Component;

wit_bindgen::generate!({ path: "wit" });

export!(Component);
