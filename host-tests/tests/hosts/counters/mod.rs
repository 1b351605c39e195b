//! Counting over many callers and much time, natively: nobody is reset, nobody is locked out, memory does not grow.

mod floods;
mod gateway;
mod sessions;
mod windows;
