//! Valid policies with one mistake put in: none is taken for something else than it says, and the first message names the
//! place.

mod keys;
mod kind;
mod mutant;
mod node;
mod place;
mod play;
mod spelling;
mod text;
mod values;
