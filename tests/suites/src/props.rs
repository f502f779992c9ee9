//! What surrounds a run in this process: every secret there is can be read and written, and audit records
//! are kept as the lines that a file would have.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use actions::{Audit, AuditRecord, SecretReader, SecretWriter, Staged};
use rapid7::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::example::INITIAL_PASSWORD;

/// Secrets and audit records.
pub struct Props {
    /// What every secret holds that is read.
    secret: SecretString,
    deliveries: Mutex<Deliveries>,
    audit: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Deliveries {
    /// What was staged, by its token.
    staged: HashMap<String, SecretString>,
    /// The tokens of the requests that were delivered.
    delivered: HashSet<String>,
    /// What was promoted last.
    current: Option<SecretString>,
}

impl Default for Props {
    fn default() -> Self {
        Self::holding(INITIAL_PASSWORD)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Props {
    /// Every secret that is read holds this text.
    #[must_use]
    pub fn holding(secret: &str) -> Self {
        Self {
            secret: secret.into(),
            deliveries: Mutex::default(),
            audit: Mutex::default(),
        }
    }

    /// What the secret holds that was delivered into, or null.
    ///
    /// # Panics
    /// If that is no JSON.
    #[must_use]
    pub fn delivered(&self) -> Value {
        let deliveries = lock(&self.deliveries);
        let current = deliveries.current.as_ref();
        let text = current.map_or("null", |text| text.expose_secret());
        serde_json::from_str(text).expect("JSON")
    }

    /// The texts of everything that was ever staged.
    #[must_use]
    pub fn staged(&self) -> Vec<String> {
        let deliveries = lock(&self.deliveries);
        let staged = deliveries.staged.values();
        staged.map(|text| text.expose_secret().to_owned()).collect()
    }

    /// The audit records so far, each a line.
    #[must_use]
    pub fn audit(&self) -> Vec<String> {
        lock(&self.audit).clone()
    }
}

impl Audit for Props {
    fn write<'a>(&'a self, record: &'a AuditRecord<'a>) -> BoxFuture<'a, Result<(), String>> {
        let line = serde_json::to_string(record).map_err(|error| error.to_string());
        let kept = line.map(|line| lock(&self.audit).push(line));
        Box::pin(async { kept })
    }
}

impl SecretReader for Props {
    fn read<'a>(&'a self, _reference: &'a str) -> BoxFuture<'a, actions::Result<SecretString>> {
        Box::pin(async { Ok(self.secret.clone()) })
    }
}

impl SecretWriter for Props {
    fn stage<'a>(
        &'a self,
        _secret: &'a str,
        token: &'a str,
        text: SecretString,
    ) -> BoxFuture<'a, actions::Result<Staged>> {
        let mut deliveries = lock(&self.deliveries);
        let delivered = deliveries.delivered.contains(token);
        let text = deliveries.staged.entry(token.into()).or_insert(text);
        let text = text.clone();
        Box::pin(async move { Ok(Staged { text, delivered }) })
    }

    fn check(&self, _secret: &str) -> actions::Result<()> {
        Ok(())
    }

    fn promote<'a>(
        &'a self,
        _secret: &'a str,
        token: &'a str,
        request: &'a str,
    ) -> BoxFuture<'a, actions::Result<()>> {
        let mut deliveries = lock(&self.deliveries);
        deliveries.delivered.insert(request.to_owned());
        deliveries.current = deliveries.staged.get(token).cloned();
        Box::pin(async { Ok(()) })
    }
}
