//! Sorted short lists, each element once.
//!
//! For short lists only: each list that the standard library sorts adds three kilobytes to the module.

/// Puts `element` in its place, unless it is there.
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
    fn each_once_and_in_order() {
        assert_eq!(dedup_sorted([3, 1, 2, 3, 1]), [1, 2, 3]);
    }
}
