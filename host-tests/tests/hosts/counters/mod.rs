//! Tests counting over many callers, a long time and many threads, natively: no quota is reset or exceeded, no caller is
//! locked out, memory and work do not grow.

mod days;
mod floods;
mod gateway;
mod sessions;
mod threads;
mod windows;
