//! One thing that happens at a request.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use fake_console::{FaultKind, Gate};

/// What may be answered without being a success.
pub const STATUSES: [u16; 11] = [302, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504];

/// Something that happens at a request, counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Event {
    /// On the platform rather than on the console.
    pub platform: bool,
    /// At which request with credentials.
    pub at: u32,
    /// At every one from there on, too.
    pub lasting: bool,
    /// What happens.
    pub what: What,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// The request gets another answer than it should.
    Answer {
        /// Which.
        answer: Answer,
        /// Whether it was carried out.
        carried_out: bool,
    },
    /// The pack's own account gets another password, or its API key another value.
    Password,
    /// Somebody else begins to run something.
    Second(Second),
}

/// An answer that is no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// This status.
    Status(u16),
    /// 400, with the request's body in it.
    Echo,
    /// A page with the status 200.
    Html,
    /// Half of a body.
    Cut,
    /// A body without an end.
    Endless,
    /// The connection is reset.
    Reset,
    /// Silence.
    Hang,
}

/// What somebody else begins to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Second {
    /// The same.
    Same,
    /// Disables the other administrator.
    DisableOther,
    /// Deletes the other administrator.
    DeleteOther,
}

impl Answer {
    fn name(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::Echo => "echo".into(),
            Self::Html => "html".into(),
            Self::Cut => "cut".into(),
            Self::Endless => "endless".into(),
            Self::Reset => "reset".into(),
            Self::Hang => "hang".into(),
        }
    }

    fn kind<S>(self, carried_out: bool) -> FaultKind<S> {
        match (self, carried_out) {
            (Self::Status(status), false) => FaultKind::status(status),
            (Self::Status(status), true) => FaultKind::StatusAfter { status },
            // Whoever does that has not carried it out.
            (Self::Echo, _) => FaultKind::EchoBody,
            (Self::Html, false) => FaultKind::Html { status: 200 },
            (Self::Html, true) => FaultKind::HtmlAfter,
            (Self::Cut, false) => FaultKind::CutBodyBefore,
            (Self::Cut, true) => FaultKind::CutBody,
            (Self::Endless, false) => FaultKind::EndlessBodyBefore { status: 200 },
            (Self::Endless, true) => FaultKind::EndlessBody { status: 200 },
            (Self::Reset, false) => FaultKind::ResetBefore,
            (Self::Reset, true) => FaultKind::ResetAfter,
            (Self::Hang, false) => FaultKind::Hang,
            (Self::Hang, true) => FaultKind::HangAfter,
        }
    }
}

impl Event {
    /// The fault of a fake. `password` changes the own password; a second run begins when the gate is
    /// reached.
    pub(crate) fn kind<S>(
        &self,
        password: impl Fn(&mut S) + Send + Sync + 'static,
        gate: &Gate,
    ) -> FaultKind<S> {
        match self.what {
            What::Answer {
                answer,
                carried_out,
            } => answer.kind(carried_out),
            What::Password => FaultKind::ChangeBefore(Arc::new(password)),
            What::Second(_) => FaultKind::HoldBefore(gate.clone()),
        }
    }
}

impl What {
    /// Whether it is this answer.
    pub(crate) fn is(&self, this: Answer) -> bool {
        matches!(self, Self::Answer { answer, .. } if *answer == this)
    }
}

impl fmt::Display for Event {
    /// `console#5..=503-after`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let surface = if self.platform { "platform" } else { "console" };
        let from = if self.lasting { ".." } else { "" };
        write!(f, "{surface}#{}{from}={}", self.at, self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer {
                answer,
                carried_out,
            } => {
                let after = if *carried_out { "-after" } else { "" };
                write!(f, "{}{after}", answer.name())
            }
            Self::Password => f.write_str("password"),
            Self::Second(Second::Same) => f.write_str("second"),
            Self::Second(Second::DisableOther) => f.write_str("disable-other"),
            Self::Second(Second::DeleteOther) => f.write_str("delete-other"),
        }
    }
}

impl FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, carried_out) = match text.strip_suffix("-after") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let answer = match name {
            "password" => return Ok(Self::Password),
            "second" => return Ok(Self::Second(Second::Same)),
            "disable-other" => return Ok(Self::Second(Second::DisableOther)),
            "delete-other" => return Ok(Self::Second(Second::DeleteOther)),
            "echo" => Answer::Echo,
            "html" => Answer::Html,
            "cut" => Answer::Cut,
            "endless" => Answer::Endless,
            "reset" => Answer::Reset,
            "hang" => Answer::Hang,
            status => match status.parse() {
                Ok(status) if (100..=599).contains(&status) => Answer::Status(status),
                _ => return Err(format!("{text:?} is nothing that happens")),
            },
        };
        Ok(Self::Answer {
            answer,
            carried_out,
        })
    }
}

impl FromStr for Event {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no event, such as console#5=503-after");
        let (place, what) = text.split_once('=').ok_or_else(wrong)?;
        let (surface, at) = place.split_once('#').ok_or_else(wrong)?;
        let platform = match surface {
            "console" => false,
            "platform" => true,
            _ => return Err(wrong()),
        };
        let (at, lasting) = match at.strip_suffix("..") {
            Some(at) => (at, true),
            None => (at, false),
        };
        let at = at.parse().map_err(|_| wrong())?;
        if at == 0 {
            return Err("requests are counted from 1".into());
        }
        Ok(Self {
            platform,
            at,
            lasting,
            what: what.parse()?,
        })
    }
}
