//! Compares answers of servers, plain and disguised, with models of the clients that read them. What a policy hides or
//! redacts must not reach any reader, and an honest answer must pass unchanged.

mod charset;
mod eyes;
mod findings;
mod honest;
mod kind;
mod made;
mod one_eyed;
mod place;
mod plan;
mod readers;
mod scene;
mod search;
mod sent;
mod strict;
mod trick;
mod tricks;
mod withholding;
mod written;
