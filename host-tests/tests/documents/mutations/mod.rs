//! Inserts one mistake into valid policies: the engine must refuse each, and name the place in its first message.

mod keys;
mod kind;
mod mutant;
mod node;
mod place;
mod play;
mod spelling;
mod text;
mod values;
