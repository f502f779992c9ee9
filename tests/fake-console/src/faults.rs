//! Things that go wrong between a client and a fake, queued by a test and each consumed by the
//! requests it matches.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::console::State;
use crate::platform::PlatformState;

/// A change of the state that a fault makes.
pub type Change<S = State> = Arc<dyn Fn(&mut S) + Send + Sync>;

/// Where answers are held until a test opens it. Clones share it.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Held>);

#[derive(Debug)]
struct Held {
    waiting: AtomicUsize,
    open: Semaphore,
}

impl Default for Gate {
    fn default() -> Gate {
        Gate(Arc::new(Held {
            waiting: AtomicUsize::new(0),
            open: Semaphore::new(0),
        }))
    }
}

impl Gate {
    /// How many requests have come to it.
    pub fn reached(&self) -> usize {
        self.0.waiting.load(Ordering::SeqCst)
    }

    /// Lets all through, now and from now on.
    pub fn open(&self) {
        self.0.open.close();
    }

    pub(crate) async fn pass(&self) {
        self.0.waiting.fetch_add(1, Ordering::SeqCst);
        // It has no permits: it is closed, which opens the gate.
        let _ = self.0.open.acquire().await;
    }
}

/// What goes wrong. "Carried out" means that the fake did what the request asks for, whatever
/// the client gets to see.
#[derive(Clone)]
pub enum FaultKind<S = State> {
    /// A JSON error; not carried out.
    Status {
        /// The status code.
        status: u16,
        /// The value of a `Retry-After` header.
        retry_after: Option<String>,
        /// The message in the body.
        message: String,
    },
    /// Carried out, then that status is answered: by a proxy that lost patience (502, 504), or that sent the
    /// request twice and passes on what the second one was answered (401, 404, 409).
    StatusAfter {
        /// The status code.
        status: u16,
    },
    /// An HTML maintenance page with that status (200, 401, 503); not carried out.
    Html {
        /// The status code.
        status: u16,
    },
    /// Carried out, then an HTML page with status 200.
    HtmlAfter,
    /// Carried out, then 200 with a JSON content type and a body that is none.
    BadJson,
    /// Carried out, then 200 with only the first half of the JSON text, as valid HTTP. Half of an
    /// empty answer is an empty answer.
    CutJson,
    /// Carried out, then the connection ends in the middle of the body; without an answer if that
    /// has no body.
    CutBody,
    /// The same of an answer that says nothing; not carried out.
    CutBodyBefore,
    /// Carried out, then that status with a body that never ends.
    EndlessBody {
        /// The status code.
        status: u16,
    },
    /// That status with a body that never ends; not carried out.
    EndlessBodyBefore {
        /// The status code.
        status: u16,
    },
    /// Carried out, then 200 with a `Content-Length` of that many bytes, of which none comes.
    PromisedBody(u64),
    /// The connection is reset without an answer; not carried out.
    ResetBefore,
    /// Carried out, then the connection is reset without an answer.
    ResetAfter,
    /// Carried out after a delay, even when the client has hung up by then.
    Slow(Duration),
    /// Never answered and not carried out.
    Hang,
    /// Carried out, and never answered.
    HangAfter,
    /// Answered only once the gate is opened; not carried out before that.
    HoldBefore(Gate),
    /// Carried out, and answered only once the gate is opened.
    HoldAfter(Gate),
    /// A 400 whose message repeats the request body; not carried out.
    EchoBody,
    /// The state changes right before a request of any kind is carried out, and before its login: such as
    /// the caller's own password.
    ChangeBefore(Change<S>),
    /// Another administrator is faster: the state changes right before the request is carried
    /// out. Nothing comes between the two. Without a method in the [`Fault`] it waits for a write.
    ChangeBeforeWrite(Change<S>),
    /// Another administrator follows: the state changes right after the request was carried out.
    /// Without a method in the [`Fault`] it waits for a write.
    ChangeAfterWrite(Change<S>),
}

impl<S> FaultKind<S> {
    /// A [`FaultKind::Status`] without `Retry-After`.
    pub fn status(status: u16) -> FaultKind<S> {
        FaultKind::Status {
            status,
            retry_after: None,
            message: "An error has occurred.".to_owned(),
        }
    }
}

/// Not generic, so that the closure's argument needs no type.
impl FaultKind {
    /// A [`FaultKind::ChangeBeforeWrite`] of a console.
    pub fn change_before(change: impl Fn(&mut State) + Send + Sync + 'static) -> FaultKind {
        FaultKind::ChangeBeforeWrite(Arc::new(change))
    }

    /// A [`FaultKind::ChangeBefore`] of a console: from that request on, the user has another password.
    pub fn password_change(login: &'static str, password: &'static str) -> FaultKind {
        FaultKind::ChangeBefore(Arc::new(move |state: &mut State| {
            state.user_mut(login).password = password.to_owned();
        }))
    }

    /// A [`FaultKind::ChangeAfterWrite`] of a console.
    pub fn change_after(change: impl Fn(&mut State) + Send + Sync + 'static) -> FaultKind {
        FaultKind::ChangeAfterWrite(Arc::new(change))
    }
}

impl FaultKind<PlatformState> {
    /// A [`FaultKind::ChangeBeforeWrite`] of a platform.
    pub fn platform_change_before(
        change: impl Fn(&mut PlatformState) + Send + Sync + 'static,
    ) -> FaultKind<PlatformState> {
        FaultKind::ChangeBeforeWrite(Arc::new(change))
    }

    /// A [`FaultKind::ChangeAfterWrite`] of a platform.
    pub fn platform_change_after(
        change: impl Fn(&mut PlatformState) + Send + Sync + 'static,
    ) -> FaultKind<PlatformState> {
        FaultKind::ChangeAfterWrite(Arc::new(change))
    }
}

impl<S> fmt::Debug for FaultKind<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::Status {
                status,
                retry_after,
                message,
            } => f
                .debug_struct("Status")
                .field("status", status)
                .field("retry_after", retry_after)
                .field("message", message)
                .finish(),
            FaultKind::StatusAfter { status } => write!(f, "StatusAfter({status})"),
            FaultKind::Html { status } => write!(f, "Html({status})"),
            FaultKind::HtmlAfter => f.write_str("HtmlAfter"),
            FaultKind::BadJson => f.write_str("BadJson"),
            FaultKind::CutJson => f.write_str("CutJson"),
            FaultKind::CutBody => f.write_str("CutBody"),
            FaultKind::CutBodyBefore => f.write_str("CutBodyBefore"),
            FaultKind::EndlessBodyBefore { status } => write!(f, "EndlessBodyBefore({status})"),
            FaultKind::EndlessBody { status } => write!(f, "EndlessBody({status})"),
            FaultKind::PromisedBody(bytes) => write!(f, "PromisedBody({bytes})"),
            FaultKind::ResetBefore => f.write_str("ResetBefore"),
            FaultKind::ResetAfter => f.write_str("ResetAfter"),
            FaultKind::Slow(delay) => write!(f, "Slow({delay:?})"),
            FaultKind::Hang => f.write_str("Hang"),
            FaultKind::HangAfter => f.write_str("HangAfter"),
            FaultKind::HoldBefore(_) => f.write_str("HoldBefore"),
            FaultKind::HoldAfter(_) => f.write_str("HoldAfter"),
            FaultKind::EchoBody => f.write_str("EchoBody"),
            FaultKind::ChangeBefore(_) => f.write_str("ChangeBefore"),
            FaultKind::ChangeBeforeWrite(_) => f.write_str("ChangeBeforeWrite"),
            FaultKind::ChangeAfterWrite(_) => f.write_str("ChangeAfterWrite"),
        }
    }
}

/// A [`FaultKind`] and the requests it is for. Only requests with credentials count, good or bad:
/// an `Authorization` header on the console, `X-Api-Key` on the platform. Opening a connection
/// with a look at the login page never uses one up.
#[derive(Clone, Debug)]
pub struct Fault<S = State> {
    /// Only requests with this method.
    pub method: Option<String>,
    /// Only requests whose path contains this.
    pub path_contains: Option<String>,
    /// What goes wrong.
    pub kind: FaultKind<S>,
    /// For how many matching requests.
    pub times: u32,
    /// How many matching requests are let through first.
    pub skip: u32,
}

impl<S> Fault<S> {
    /// A fault for the next request, whatever it is.
    pub fn new(kind: FaultKind<S>) -> Fault<S> {
        Fault {
            method: None,
            path_contains: None,
            kind,
            times: 1,
            skip: 0,
        }
    }

    /// Only for requests with that method and a path that contains the text.
    pub fn on(mut self, method: &str, path_contains: &str) -> Fault<S> {
        self.method = Some(method.to_owned());
        self.path_contains = Some(path_contains.to_owned());
        self
    }

    /// For so many requests instead of one.
    pub fn times(mut self, times: u32) -> Fault<S> {
        self.times = times;
        self
    }

    /// Lets so many matching requests through first.
    pub fn skip(mut self, skip: u32) -> Fault<S> {
        self.skip = skip;
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        let waits_for_write = matches!(
            self.kind,
            FaultKind::ChangeBeforeWrite(_) | FaultKind::ChangeAfterWrite(_)
        );
        let method_fits = match &self.method {
            Some(wanted) => wanted.eq_ignore_ascii_case(method),
            None => !waits_for_write || crate::log::is_write(method),
        };
        method_fits
            && self
                .path_contains
                .as_ref()
                .is_none_or(|part| path.contains(part))
    }
}

/// Takes the first fault that fits, if any. One that still lets requests through counts this
/// request and leaves it to those behind it in the queue.
pub(crate) fn take<S: Clone>(
    queue: &mut Vec<Fault<S>>,
    method: &str,
    path: &str,
) -> Option<FaultKind<S>> {
    let mut taken = None;
    for fault in queue.iter_mut().filter(|fault| fault.times > 0) {
        if !fault.matches(method, path) {
            continue;
        }
        if fault.skip > 0 {
            fault.skip -= 1;
            continue;
        }
        fault.times -= 1;
        taken = Some(fault.kind.clone());
        break;
    }
    queue.retain(|fault| fault.times > 0);
    taken
}
