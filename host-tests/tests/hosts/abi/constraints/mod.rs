//! Tests the plugin on hosts that lack something: nothing passes there unjudged, nothing waits for ever, and a policy that
//! such a host cannot keep is refused while it is configured.

mod expected;
mod failing;
mod messages;
mod trailers;
mod wishes;
