//! Stateful fakes for tests, the demo and the bench, over HTTP or HTTPS on the loopback address: an
//! InsightVM console, and the Insight Platform beside it.
//!
//! The console serves the users part of its REST API version 3. It follows the vendor's API file
//! and, where [`WireForm::Guide`] is chosen, the user management guide; what clients saw in the
//! field overrules both. The platform serves the account API, of which no API file exists: see
//! [`PlatformState`] for how sure its shapes are. Neither shares a type with the client under
//! test, so that the two cannot agree on the same mistake.
//!
//! ```no_run
//! use fake_console::{FakeConsole, Fault, FaultKind, State};
//!
//! let console = FakeConsole::start_http(State::realistic());
//! console.push_fault(Fault::new(FaultKind::status(503)).on("PUT", "/users/4"));
//! // … drive a client against console.url() …
//! assert!(!console.state().user_mut("jdoe").enabled);
//! assert_eq!(console.requests().iter().filter(|request| request.is_write()).count(), 2);
//! ```
//!
//! ```no_run
//! use fake_console::{FakePlatform, Fault, FaultKind, PlatformState};
//!
//! let platform = FakePlatform::start_http(PlatformState::realistic());
//! platform.push_fault(Fault::new(FaultKind::platform_change_before(|platform| {
//!     platform.user_mut("jdoe@example.com").platform_admin = true;
//! })));
//! // … drive a client against platform.url() with ORGANIZATION_KEY …
//! assert!(platform.state().user_by_email("jdoe@example.com").is_none());
//! ```

mod answer;
mod console;
mod exchange;
mod extract;
mod faults;
mod log;
mod members;
mod platform;
mod server;
mod socket;
mod surface;
mod tls;

pub use console::{
    Authentication, AuthenticationSource, EmptyLists, Front, LocalType, Locale, Maintenance, Role,
    State, UserRecord, WireForm,
};
pub use faults::{Change, Fault, FaultKind, Gate};
pub use log::LoggedRequest;
pub use platform::{
    ApiKey, IndexCounts, KeyType, Lists, ORGANIZATION_KEY, PlatformRole, PlatformState,
    PlatformUser, Product, RateLimit, USER_KEY, UserGroup, UserStatus, VmUser,
};
pub use server::{Fake, FakeConsole, FakePlatform};
pub use tls::CertificateForm;

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
