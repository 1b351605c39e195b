//! Turns environment variables of the VM into the keys that a policy names.
//!
//! It never shows a key.

use super::error::{PolicyError, Problem};
use crate::model::{ApprovalPlace, Approvals, Policy, SharedCounters};
use crate::words::mac::{Keys, SHORTEST_KEY};

impl Policy {
    /// The policy with the keys of its approvals and of its shared counters. `variable` gives the value of an environment
    /// variable of the VM. Without keys, a call that needs one is refused.
    ///
    /// # Errors
    /// A key is absent or too short.
    pub fn with_environment(
        mut self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<PolicyError>> {
        let mut environment = Environment {
            variable: &variable,
            errors: Vec::new(),
        };
        if let Some(approvals) = &mut self.approvals {
            environment.of_approvals(approvals);
        }
        if let Some(shared) = &mut self.shared_counters {
            environment.of_counters(shared);
        }
        match environment.errors.is_empty() {
            true => Ok(self),
            false => Err(environment.errors),
        }
    }
}

struct Environment<'v> {
    variable: &'v dyn Fn(&str) -> Option<String>,
    errors: Vec<PolicyError>,
}

impl Environment<'_> {
    fn of_approvals(&mut self, approvals: &mut Approvals) {
        let mut keys = Vec::new();
        for (index, name) in approvals.key_names.iter().enumerate() {
            keys.extend(self.key(name, format!("/approvals/keys/{index}")));
        }
        approvals.keys = Keys::new(keys.iter().map(|key| key.as_bytes()));
        let (signed, at) = match &mut approvals.place {
            ApprovalPlace::Page(page) => (page.notify.as_mut(), "/approvals/notify/key"),
            ApprovalPlace::Service(service) => (Some(service), "/approvals/service/key"),
        };
        if let Some(signed) = signed {
            let key = self.key(&signed.key_name, at.into());
            signed.key = key.and_then(|key| Keys::new([key.as_bytes()]));
        }
    }

    fn of_counters(&mut self, shared: &mut SharedCounters) {
        let name = shared.key_name.as_ref();
        let key = name.and_then(|name| self.key(name, "/counters/key".into()));
        shared.key = key.and_then(|key| Keys::new([key.as_bytes()]));
    }

    fn key(&mut self, name: &str, at: String) -> Option<String> {
        match key((self.variable)(name)) {
            Ok(key) => Some(key),
            Err(found) => {
                self.errors.push(no_key(name, at, found));
                None
            }
        }
    }
}

fn no_key(name: &str, at: String, found: &str) -> PolicyError {
    PolicyError {
        at,
        problem: Problem::InvalidValue {
            found: format!("`{name}`, {found}"),
            write: "`openssl rand -hex 32` into that variable, and its name into `host_env_keys` of the VM".into(),
        },
    }
}

fn key(value: Option<String>) -> Result<String, &'static str> {
    let value = value.ok_or("which the environment of the VM does not have")?;
    let key = value.trim();
    match key.len() >= SHORTEST_KEY {
        true => Ok(key.into()),
        false => Err("whose value has less than 32 characters"),
    }
}
