//! Valid policies with one inserted mistake: each is refused, and the first message names the place.

mod keys;
mod kind;
mod mutant;
mod node;
mod place;
mod play;
mod spelling;
mod text;
mod values;
