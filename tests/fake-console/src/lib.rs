//! A stateful InsightVM console for tests, the demo and the bench: the users part of its REST API
//! version 3, over HTTP or HTTPS on the loopback address.
//!
//! It follows the vendor's API file and, where [`WireForm::Guide`] is chosen, the user management
//! guide; what clients saw in the field overrules both. It shares no type with the client under
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

mod answer;
mod console;
mod exchange;
mod extract;
mod faults;
mod log;
mod members;
mod server;
mod socket;
mod surface;
mod tls;

pub use console::{
    Authentication, AuthenticationSource, Locale, Maintenance, Role, State, UserRecord, WireForm,
};
pub use faults::{Change, Fault, FaultKind};
pub use log::LoggedRequest;
pub use server::{Fake, FakeConsole};

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
