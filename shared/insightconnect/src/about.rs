//! What the plugin is called, and by whom.

/// The plugin's name, as workflows know it.
pub const NAME: &str = "rapid7_user_actions";
/// Who makes the plugin.
pub const VENDOR: &str = "user_actions_pack";
/// The plugin's own version, which says what workflows may rely on.
pub const VERSION: &str = "1.0.0";
/// The plugin's name for people.
pub const TITLE: &str = "Rapid7 User Actions";
/// What the plugin is, in a sentence.
pub const DESCRIPTION: &str = "Create, grant, change, unlock, disable and delete Rapid7 user accounts \
                               on InsightVM consoles and the Insight Platform, with proof by reading \
                               back";
