//! Two workers with one id: neither undoes a change that the other makes between a read and its swap.

use super::*;
use crate::model::Policy;
use crate::store::Memory;
use crate::store::cells::Version;

type Rival<'r> = Box<dyn FnOnce(&mut Racing<'_>) + 'r>;

/// Shared data in memory, in which another worker does something before the first swap.
#[derive(Default)]
struct Racing<'r> {
    memory: Memory,
    rival: Option<Rival<'r>>,
}

impl Cells for Racing<'_> {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        self.memory.read(key)
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        if let Some(rival) = self.rival.take() {
            rival(self);
        }
        self.memory.swap(key, bytes, version)
    }
}

const NOW: Millis = Millis(1_767_225_618_000);

fn store() -> Store {
    let policy = Policy::parse(br#"{"version":"1","default":"deny"}"#).expect("a policy");
    Store::prepare(&mut Racing::default(), "test", &policy, [7; 16]).expect("memory")
}

fn key(id: &str) -> RequestKey {
    RequestKey::new("", "anonymous", "one", id, true)
}

/// The opening of an id, and that of a rival which opens the same or another id before the first swap.
fn opened_beside(rival: &str, before: &[&str]) -> (Opening, Opening) {
    let (store, rival) = (store(), key(rival));
    let mut other = Opening::Unclear;
    let mut cells = Racing::default();
    for id in before {
        store.open(&mut cells, &key(id), NOW);
    }
    cells.rival = Some(Box::new(|cells| {
        other = store.open(cells, &rival, NOW);
    }));
    let own = store.open(&mut cells, &key("1"), NOW);
    drop(cells);
    (own, other)
}

#[test]
fn two_workers_opening_one_id_at_once_get_one_open() {
    for before in [&[][..], &["0"]] {
        let (own, other) = opened_beside("1", before);
        assert_eq!(own, Opening::InUse);
        assert!(matches!(other, Opening::Open(_)), "{other:?}");
        let (own, other) = opened_beside("2", before);
        let both = [own, other];
        let open = |opening: &Opening| matches!(opening, Opening::Open(_));
        assert!(both.iter().all(open), "control: two ids, {both:?}");
    }
}

#[test]
fn end_racing_with_another_opening_keeps_that_opening() {
    for is_answered in [true, false] {
        let store = store();
        let mut cells = Racing::default();
        let Opening::Open(opening) = store.open(&mut cells, &key("1"), NOW) else {
            panic!("nobody else has it")
        };
        cells.rival = Some(Box::new(|cells| {
            store.open(cells, &key("2"), NOW);
        }));
        let end = IdEnd {
            key: key("1"),
            opening,
            is_answered,
        };
        store.end(&mut cells, &end, NOW);
        assert_eq!(store.open(&mut cells, &key("2"), NOW), Opening::InUse);
        let again = store.open(&mut cells, &key("1"), NOW);
        assert_eq!(again == Opening::Unclear, !is_answered, "{again:?}");
        assert_ne!(again, Opening::InUse);
    }
}
