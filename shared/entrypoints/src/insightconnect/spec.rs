//! What plugin.spec.yaml says, made from the registry.

use serde_json::{Value, json};

use super::{DESCRIPTION, NAME, TITLE, VENDOR, VERSION};

/// The specification as it is checked in, for those who ask for YAML.
pub(super) const YAML: &str = include_str!("../../../../infra/insightconnect/plugin.spec.yaml");

/// The specification.
#[must_use]
pub fn document() -> Value {
    json!({
        "plugin_spec_version": "v2",
        "extension": "plugin",
        "products": ["insightconnect"],
        "name": NAME,
        "title": TITLE,
        "description": DESCRIPTION,
        "version": VERSION,
        "vendor": VENDOR,
    })
}
