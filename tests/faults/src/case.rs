//! A case in one line, and back.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use fake_console::WireForm;

use crate::event::{Event, What};

/// An operation, where it starts from, and what happens to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Case {
    /// What is run, and where.
    pub setting: Setting,
    /// When a run must have ended, in seconds.
    pub seconds: u64,
    /// Whether runs leave in a journal what they have to give back.
    pub journal: bool,
    /// What happens, at most three things.
    pub events: Vec<Event>,
}

/// What is run, and where.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The operation.
    pub operation: &'static str,
    /// How the console speaks.
    pub form: WireForm,
    /// What is there before.
    pub start: Start,
}

/// What is there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Start {
    /// The realistic accounts.
    Usual,
    /// The account has two sites and an asset group of its own.
    Few,
    /// The account has more sites and asset groups of its own than are sent one by one.
    Many,
    /// The account is an administrator beside one other.
    Administrator,
    /// All is done already.
    Done,
}

/// The time of a run that need not hurry.
pub const SECONDS: u64 = 8;

/// The time of a run that has little.
pub const FEW_SECONDS: u64 = 5;

impl Setting {
    fn key(&self) -> (&'static str, bool, Start) {
        (self.operation, self.form == WireForm::Guide, self.start)
    }
}

impl PartialEq for Setting {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Setting {}

impl std::hash::Hash for Setting {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Case {
    /// A case in which nothing happens.
    #[must_use]
    pub fn undisturbed(setting: Setting) -> Self {
        Self {
            setting,
            seconds: SECONDS,
            journal: true,
            events: Vec::new(),
        }
    }

    /// How long a run may take.
    #[must_use]
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Whether anything of this kind happens.
    pub(crate) fn has(&self, is: impl Fn(&What) -> bool) -> bool {
        self.events.iter().any(|event| is(&event.what))
    }
}

impl Start {
    const ALL: [Self; 5] = [
        Self::Usual,
        Self::Few,
        Self::Many,
        Self::Administrator,
        Self::Done,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Few => "few",
            Self::Many => "many",
            Self::Administrator => "administrator",
            Self::Done => "done",
        }
    }
}

fn form_name(form: WireForm) -> &'static str {
    match form {
        WireForm::Vendor => "vendor",
        WireForm::Guide => "guide",
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (form, start) = (form_name(self.form), self.start.name());
        write!(f, "{} {form} {start}", self.operation)
    }
}

impl fmt::Display for Case {
    /// `disable-user vendor few 8s journal console#5=503-after console#6..=403`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let journal = if self.journal { "journal" } else { "none" };
        write!(f, "{} {}s {journal}", self.setting, self.seconds)?;
        self.events
            .iter()
            .try_for_each(|event| write!(f, " {event}"))
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut words = line.split_whitespace();
        let mut next = |what: &str| words.next().ok_or_else(|| format!("the line lacks {what}"));
        let name = next("an operation")?;
        let mut specs = actions::SPECS.iter();
        let spec = specs.find(|spec| spec.name == name);
        let operation = spec
            .ok_or_else(|| format!("there is no operation {name:?}"))?
            .name;
        let form = match next("a form")? {
            "vendor" => WireForm::Vendor,
            "guide" => WireForm::Guide,
            other => return Err(format!("{other:?} is neither vendor nor guide")),
        };
        let start = next("a start")?;
        let start = Start::ALL.into_iter().find(|known| known.name() == start);
        let start = start.ok_or("the start is usual, few, many, administrator or done")?;
        let seconds = next("a time")?;
        let seconds = seconds.strip_suffix('s').and_then(|text| text.parse().ok());
        let seconds = seconds.ok_or("the time is seconds, such as 8s")?;
        let journal = match next("a journal")? {
            "journal" => true,
            "none" => false,
            other => return Err(format!("{other:?} is neither journal nor none")),
        };
        let events: Result<Vec<Event>, String> = words.map(str::parse).collect();
        Ok(Self {
            setting: Setting {
                operation,
                form,
                start,
            },
            seconds,
            journal,
            events: events?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_all_of_a_case() {
        for line in [
            "disable-user vendor few 8s journal",
            "disable-user guide many 3s journal console#5=503-after console#6..=403",
            "offboard-user vendor administrator 8s none platform#1=hang console#2=html-after console#3..=cut",
            "delete-user vendor done 8s none console#2=password console#3=second console#4=delete-other",
        ] {
            let case: Case = line.parse().expect(line);
            assert_eq!(case.to_string(), line);
        }
        for line in [
            "",
            "no-user vendor few 8s journal",
            "disable-user vendor few",
            "disable-user vendor few 8s journal console#0=503",
            "disable-user vendor few 8s journal console#1=99",
            "disable-user vendor few 8s somewhere#1=503",
        ] {
            assert!(line.parse::<Case>().is_err(), "{line}");
        }
    }
}
