//! Counting over many callers and much time, natively: no caller is reset or locked out, memory does not grow.

mod floods;
mod gateway;
mod sessions;
mod windows;
