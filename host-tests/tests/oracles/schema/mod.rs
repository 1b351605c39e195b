//! Compares the operator `schema` with the official tests of JSON Schema and with another validator.

mod made;
mod official;
mod oracle;
mod refused;
mod sentences;
