//! What this plugin does otherwise than one on the vendor's runtime, and why.

/// What this plugin does otherwise: the case, or all cases with that outcome; what it does instead;
/// and why.
pub(super) const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "run: body empty",
        "1 action_event error: error log meta={}",
        NO_META,
    ),
    (
        "test: body empty",
        "1 action_event error: error exception{assistance cause data} log meta={}",
        NO_META,
    ),
    (
        "run: meta a text",
        r#"0 action_event ok: log meta="x" output{}"#,
        OPAQUE_META,
    ),
    (
        "http: meta a text",
        r#"200 action_event ok: log meta="x" output{}"#,
        OPAQUE_META,
    ),
    ("run: no connection", "1 {FAILED}", NO_REQUIRED),
    ("http: no connection", "400 {FAILED}", NO_REQUIRED),
    (
        "run: a test of no connection",
        "1 connection_test error: error exception{assistance cause data} log meta={}",
        NO_REQUIRED,
    ),
    (
        "v1: a test of no connection",
        "400 connection_test error: error exception{assistance cause data} log meta={}",
        NO_REQUIRED,
    ),
    ("run: more in the connection", "1 {FAILED}", MISSPELT),
    ("http: more in the connection", "400 {FAILED}", MISSPELT),
    (
        "http: a byte order mark",
        "400 {PROBLEM}",
        "JSON has none, and on standard input neither takes it",
    ),
    ("http: a list", "400 {PROBLEM}", CALLERS_FAULT),
    ("http: a text", "400 {PROBLEM}", CALLERS_FAULT),
    ("http: a number", "400 {PROBLEM}", CALLERS_FAULT),
    ("http: body null", "400 {PROBLEM}", CALLERS_FAULT),
    ("http: body a list", "400 {PROBLEM}", CALLERS_FAULT),
    ("http: type a list", "400 {UNTYPED}", CALLERS_FAULT),
    ("v1: a test without body", "400 {PROBLEM}", CALLERS_FAULT),
    (
        "405 {PAGE}",
        "405 {PROBLEM}",
        "a program gets JSON for any other error, so for this one too",
    ),
];

const NO_META: &str = "a missing `meta` counts as an empty one whatever else is wrong";
const OPAQUE_META: &str = "`meta` is the orchestrator's: it is handed back as it came, not read";
const NO_REQUIRED: &str = "the connection may be to a console or to the platform, so no member of it is \
                           required, and what is missing is told as an error of the connection";
const CALLERS_FAULT: &str = "the caller's mistake, where the runtime crashes";

const MISSPELT: &str =
    "a member that is misspelt, such as protected_login, would be a guard that is none";
