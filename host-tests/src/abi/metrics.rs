//! Turns metric calls into one number per name. It keeps no samples and no
//! labels, and unlike Envoy's its numbers are those of one VM.

use std::collections::BTreeMap;

use super::refusal::Refusal;
use super::status::{BAD_ARGUMENT, NOT_FOUND};

const COUNTER: u32 = 0;
const GAUGE: u32 = 1;
const HISTOGRAM: u32 = 2;
/// As in Envoy the kind is in the low bits of an id.
const KINDS: u32 = 4;

#[derive(Default)]
pub(super) struct Metrics {
    values: BTreeMap<String, u64>,
    /// A name may be defined twice; it then has two ids and one value.
    names: BTreeMap<u32, String>,
    last_id: u32,
}

impl Metrics {
    pub(super) fn values(&self) -> BTreeMap<String, u64> {
        self.values.clone()
    }

    pub(super) fn define(&mut self, kind: u32, name: String) -> Result<u32, Refusal> {
        if kind > HISTOGRAM {
            return Err(Refusal::Status(BAD_ARGUMENT));
        }
        self.last_id = self.last_id.saturating_add(KINDS);
        let id = self.last_id | kind;
        self.values.entry(name.clone()).or_default();
        self.names.insert(id, name);
        Ok(id)
    }

    pub(super) fn increment(&mut self, id: u32, by: i64) -> Result<(), Refusal> {
        let allowed = match id % KINDS {
            COUNTER => by > 0,
            GAUGE => true,
            _ => false,
        };
        let value = self.value(id)?;
        if !allowed {
            return Err(Refusal::Status(BAD_ARGUMENT));
        }
        *value = value.wrapping_add_signed(by);
        Ok(())
    }

    pub(super) fn record(&mut self, id: u32, sample: u64) -> Result<(), Refusal> {
        let value = self.value(id)?;
        *value = match id % KINDS {
            GAUGE => sample,
            _ => value.wrapping_add(sample),
        };
        Ok(())
    }

    pub(super) fn get(&mut self, id: u32) -> Result<u64, Refusal> {
        match id % KINDS {
            COUNTER | GAUGE => self.value(id).copied(),
            _ => Err(Refusal::Status(BAD_ARGUMENT)),
        }
    }

    fn value(&mut self, id: u32) -> Result<&mut u64, Refusal> {
        let name = self.names.get(&id);
        let value = name.and_then(|name| self.values.get_mut(name));
        value.ok_or(Refusal::Status(NOT_FOUND))
    }
}
