//! What the plugin is called, and by whom.

/// The plugin's name, as workflows know it.
pub const NAME: &str = "rapid7_user_actions";
/// Who makes the plugin.
pub const VENDOR: &str = "user_actions_pack";
/// The plugin's version: that of the whole pack. Its first part says what workflows may rely on.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The plugin's name for people.
pub const TITLE: &str = "Rapid7 User Actions";
/// What the plugin is, in a sentence.
pub const DESCRIPTION: &str = "Create, grant, change, unlock, disable and delete Rapid7 user accounts \
                               on InsightVM consoles and the Insight Platform, with proof by reading \
                               back";
