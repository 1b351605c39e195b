//! Lets real clients call a tool that waits for a person, and plays that person.

mod decided;
mod left;
mod programs;
mod undecided;
