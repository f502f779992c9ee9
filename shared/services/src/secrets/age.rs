//! How old the secrets in use are.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When the version of a secret that is in use was made.
#[derive(Clone, Default)]
pub(crate) struct SecretAge(Arc<AtomicI64>);

impl SecretAge {
    pub(crate) fn set(&self, created: Option<SystemTime>) {
        let since = created.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let seconds = since.and_then(|since| i64::try_from(since.as_secs()).ok());
        self.0.store(seconds.unwrap_or_default(), Ordering::Relaxed);
    }
}

/// How old the secrets of the surfaces are.
pub struct SecretAges(Vec<SecretAge>);

impl SecretAges {
    pub(crate) fn of(ages: Vec<SecretAge>) -> Self {
        Self(ages)
    }

    /// When the oldest version in use was made; none, while none was read or Secrets Manager has none
    /// of them.
    pub fn oldest(&self) -> Option<SystemTime> {
        let known = self.0.iter().map(|age| age.0.load(Ordering::Relaxed));
        let known = known.filter_map(|created| u64::try_from(created).ok());
        let oldest = known.filter(|created| *created > 0).min()?;
        Some(UNIX_EPOCH + Duration::from_secs(oldest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_that_is_known_counts() {
        let ages = [
            SecretAge::default(),
            SecretAge::default(),
            SecretAge::default(),
        ];
        let all = SecretAges::of(ages.to_vec());
        assert_eq!(all.oldest(), None);
        let at = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        ages[0].set(at(20));
        ages[2].set(at(10));
        assert_eq!(all.oldest(), at(10));
        ages[2].set(None);
        assert_eq!(all.oldest(), at(20));
    }
}
