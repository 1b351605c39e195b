//! Turns an unknown name into the known one that was probably meant.
//!
//! It never suggests a name that differs in more than a third of its letters.

/// The known name with the fewest typing errors, if there are few.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let known = known.map(|known| (strsim::damerau_levenshtein(name, known), known));
    let (distance, nearest) = known.min()?;
    let is_near = distance.saturating_mul(3) <= nearest.len().max(3);
    is_near.then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_typing_errors_are_corrected() {
        let known = ["command", "args", "id"];
        let nearest = |name| nearest(name, known.into_iter());
        assert_eq!(nearest("comand"), Some("command"));
        assert_eq!(nearest("ags"), Some("args"));
        assert_eq!(nearest("ix"), Some("id"));
        assert_eq!(nearest("cmd"), None);
    }
}
