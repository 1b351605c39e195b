//! What is to be changed in headers that pass.
//!
//! It names no more than whole fields: no value is ever looked into.

/// Changes to the headers of a request or a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// The fields to leave out, by their names in lower case.
    pub remove: Vec<&'static str>,
    /// The fields to set after that, each in the place of all of its name.
    pub set: Vec<(&'static str, &'static str)>,
}

impl Edit {
    /// Nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.set.is_empty()
    }
}
