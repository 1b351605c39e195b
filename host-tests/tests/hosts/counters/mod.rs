//! Tests counting over many callers and a long time, natively: no quota is reset, no caller is locked out, memory does
//! not grow.

mod floods;
mod gateway;
mod sessions;
mod windows;
