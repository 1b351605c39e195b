//! The type that the component exports.
//!
//! It holds nothing: policies, exchanges and stores are resources.

/// The type that the bindings export; `resources` implements its interface.
pub(crate) struct Component;
