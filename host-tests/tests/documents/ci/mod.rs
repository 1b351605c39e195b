//! Plays `action.yml` as a runner of GitHub does, and the hooks as pre-commit does; checks the workflows by their schemas and by
//! zizmor.
//!
//! It reaches no registry and no code host.

mod action;
mod hooks;
mod page;
mod runner;
mod workflows;
