//! Sorted short lists, each element once.
//!
//! Use it for short lists only. It is slower than the standard library's sorting, each use of which adds three
//! kilobytes to the module.

/// Inserts `element` in order, unless the list has it.
pub(crate) fn insert<T: Ord>(list: &mut Vec<T>, element: T) {
    let at = list.partition_point(|other| *other < element);
    if list.get(at) != Some(&element) {
        list.insert(at, element);
    }
}

/// The elements in order, each once.
pub(crate) fn dedup_sorted<T: Ord>(elements: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut list = Vec::new();
    elements
        .into_iter()
        .for_each(|element| insert(&mut list, element));
    list
}

#[cfg(test)]
mod tests {
    use super::dedup_sorted;

    #[test]
    fn elements_are_sorted_and_deduplicated() {
        assert_eq!(dedup_sorted([3, 1, 2, 3, 1]), [1, 2, 3]);
    }
}
