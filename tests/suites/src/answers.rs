//! Whatever is answered to the writes of a run: what it tells is true, and nothing gets lost.

use fake_console::{Fault, FaultKind};
use serde_json::Value;

use crate::{World, differing, platform};

/// What a write may be answered without having been carried out.
pub const STATUSES: [u16; 10] = [302, 400, 401, 403, 404, 409, 429, 500, 502, 503];

/// Everything that may come of a write, carried out or not, but silence.
#[must_use]
pub fn all() -> Vec<FaultKind> {
    let answered = STATUSES.iter().flat_map(|status| {
        let after = FaultKind::StatusAfter { status: *status };
        [FaultKind::status(*status), after]
    });
    let broken = [
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
        FaultKind::CutJson,
    ];
    answered.chain(broken).collect()
}

/// Some of them, where not all are worth their time.
#[must_use]
pub fn some() -> Vec<FaultKind> {
    let after = [400, 401, 429, 503].map(|status| FaultKind::StatusAfter { status });
    let before = [FaultKind::status(302), FaultKind::status(503)];
    let broken = [FaultKind::ResetBefore, FaultKind::ResetAfter];
    [after.as_slice(), &before, &broken].concat()
}

/// Every answer that says no, not carried out.
#[must_use]
pub fn refusals() -> Vec<FaultKind> {
    STATUSES.into_iter().map(FaultKind::status).collect()
}

/// Each of these first answers with each of these second ones.
#[must_use]
pub fn pairs(first: &[FaultKind], second: &[FaultKind]) -> Vec<[FaultKind; 2]> {
    let pairs = first.iter().flat_map(|first| {
        let second = second.iter();
        second.map(move |second| [first.clone(), second.clone()])
    });
    pairs.collect()
}

/// A run, and which of its writes get other answers than usual.
pub struct Answered {
    operation: &'static str,
    event: Value,
    method: &'static str,
    /// Part of the path.
    path: String,
    /// How it ends undisturbed.
    ended: Value,
}

impl Answered {
    /// Runs the operation undisturbed: with this event, or its usual one.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn new(
        operation: &'static str,
        event: Option<Value>,
        method: &'static str,
        path: &str,
    ) -> Self {
        let world = World::new();
        let event = event.unwrap_or_else(|| world.usual_event(operation));
        let function = world.allowed_function(operation);
        function.invoke(&event).result.expect(operation);
        Self {
            operation,
            event,
            method,
            path: path.into(),
            ended: world.snapshot(),
        }
    }

    /// The same with answers of this kind to its writes, the first ones first; then as often again as the
    /// error invites; then once by hand.
    ///
    /// # Panics
    /// If anything that is told is not true, or something is lost that nobody is told of.
    pub fn holds(&self, answers: &[FaultKind]) {
        let operation = self.operation;
        let shown = format!("{operation} with {answers:?}");
        let world = World::new();
        let before = world.snapshot();
        for answer in answers {
            let fault = Fault::new(answer.clone()).on(self.method, &self.path);
            match platform::is_about(operation) {
                true => world.platform.push_fault(platform::fault(&fault)),
                false => world.console.push_fault(fault),
            }
        }
        let function = world.allowed_function(operation);
        let mut result = function.invoke(&self.event).result;
        world.clear_faults();
        let mut lost = None;
        let mut was = before.clone();
        for _ in 0..3 {
            let now = world.snapshot();
            let Err(error) = &result else {
                break;
            };
            let (kind, message) = (error.error_type.as_str(), &error.error_message);
            let shown = format!("{shown}: {kind}: {message}");
            let changed = differing(&now, &was);
            if message.contains("Nothing was changed") {
                assert!(changed.is_empty(), "{shown} {changed:#?}");
            }
            if message.contains("Already changed") {
                assert!(!changed.is_empty(), "{shown}");
            }
            let unseen = message.contains("not known") && !self.may_be_unseen(answers);
            assert!(!unseen, "{shown}");
            let invites = ["RateLimited", "Unavailable", "Conflict", "Indeterminate"];
            let invites = invites.contains(&kind);
            let gone = self.lost(&before, &now);
            if !gone.is_empty() {
                let told =
                    message.contains("individual grants") && message.contains("grant-site-access");
                assert!(told && !invites, "{shown} {gone:#?}");
                lost = Some(gone);
            }
            if !invites {
                break;
            }
            was = now;
            result = function.invoke(&self.event).result;
        }
        let by_hand = match result {
            Ok(_) => false,
            Err(error) => {
                let invites = ["RateLimited", "Unavailable", "Conflict", "Indeterminate"];
                assert!(
                    !invites.contains(&error.error_type.as_str()),
                    "{shown}: {error:?}"
                );
                // In a new process: refused credentials are not sent again by the same.
                let again = world.allowed_function(operation).invoke(&self.event).result;
                again.unwrap_or_else(|error| panic!("{shown}, by hand: {error:?}"));
                true
            }
        };
        let different = differing(&world.snapshot(), &self.ended);
        let told = by_hand && lost.is_some();
        assert!(different.is_empty() || told, "{shown}: {different:#?}");
    }

    /// Whether nobody can know what became of a write with these answers: it may still arrive, nothing can
    /// be read, what it sets never shows, or an account may be somebody else's.
    fn may_be_unseen(&self, answers: &[FaultKind]) -> bool {
        let hidden =
            ["create-user", "create-platform-user", "set-password"].contains(&self.operation);
        hidden
            || answers.iter().any(|answer| match answer {
                FaultKind::Status { status, .. } | FaultKind::StatusAfter { status } => {
                    matches!(status, 401 | 502)
                }
                _ => true,
            })
    }

    /// What accounts had and were to keep, and do not have any more.
    fn lost(&self, before: &Value, now: &Value) -> Vec<String> {
        let mut lost = Vec::new();
        for (id, user) in before.as_object().expect("accounts") {
            for list in ["sites", "asset_groups"] {
                let kept = self.ended.get(id).and_then(|user| user.get(list));
                let has = now.get(id).and_then(|user| user.get(list));
                if user.get(list) == kept && has.is_some() && has != kept {
                    lost.push(format!("{list} of {id}"));
                }
            }
        }
        lost
    }
}
