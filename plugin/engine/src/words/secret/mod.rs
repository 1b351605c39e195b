//! Secrets in texts, by the forms that their makers gave them: `kinds` is the table, `find` the scanner.
//!
//! It never keeps or shows a secret, only where it stands.

mod find;
mod kinds;

pub(crate) use find::find_value;
pub(crate) use kinds::SECRETS;

#[cfg(test)]
mod tests;
