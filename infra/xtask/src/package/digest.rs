//! SHA-256, as images write it.

use sha2::{Digest as _, Sha256};

/// The SHA-256 of `data`, in hexadecimal.
pub(super) fn sha256(data: &[u8]) -> String {
    let digest = Sha256::digest(data);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
