//! Answers of servers in every dress, and models of the clients that read them: what a policy hides or takes out reaches no
//! reader, and an honest answer passes as it is.

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
