//! **count**: turns the limits of a call into charges, and a charge and the present count into the next count.
//!
//! Charges are logical: a name, a subject, a cost, limits and a window. The store keeps the counts, or a host that
//! answers [`Ask::Reserve`](crate::host::Ask::Reserve) itself. It never decides anything but "fits" or "full".

mod charge;
mod explain;
mod price;
mod rate_limit_service;
mod refund;
mod window;

pub use charge::{Charge, Count, LimitRef, Reservation};
pub(crate) use charge::{Chooser, Full, Subject};
pub(crate) use explain::{traces_counted, traces_full};
pub use rate_limit_service::RateLimitQuestion;
pub(crate) use refund::CallOutcome;
pub use refund::Refund;
