//! What each workflow does.

use serde_json::{Value, json};

use super::texts::{asked_for, changes, failed, maybe, planned, refused, surfaces, warnings};
use super::{Condition, Exit, Step, Trigger, What, Workflow};

pub(super) fn all() -> [Workflow; 3] {
    [offboard(), unlock(), restore()]
}

fn offboard() -> Workflow {
    const TRIGGER: &str = "Person Leaves";
    const PLAN: &str = "Plan Offboarding";
    const RUN: &str = "Offboard Person";
    let who = r#"`{{["Person Leaves"].[email]}}`"#;
    let input = json!({
        "email": r#"{{["Person Leaves"].[email]}}"#,
        "ticket": r#"{{["Person Leaves"].[ticket]}}"#,
        "requested_by": r#"{{["Person Leaves"].[requested_by]}}"#,
    });
    Workflow {
        file: "offboard",
        name: "Offboard Person with Rapid7 User Actions",
        summary: "Takes a person off every console and the Insight Platform, once somebody has approved the plan.",
        description: "\
Start it with the email address of the person who leaves. It plans the offboarding on every console and on the \
platform, shows the plan, and asks. Nothing is changed before somebody says yes. It can be run again at any time: only \
what is left is done.

To offboard in another way (`clear_sites`, `platform`, …), set the same inputs in both steps, Plan Offboarding and \
Offboard Person.",
        minutes: 20,
        trigger: Trigger {
            name: TRIGGER,
            description: "The email address of the person who leaves; the ticket and who asked for it, if known",
            inputs: &[
                ("email", "string"),
                ("ticket", "string"),
                ("requested_by", "string"),
            ],
        },
        steps: vec![
            action(PLAN, "offboard_user", dry_run(&input, true)),
            check(
                "Plan Made?",
                Condition::Succeeded(PLAN),
                "Plan Failed",
                failed(&format!("No plan for {who}"), PLAN, "Nothing was changed."),
            ),
            check(
                "Anything to Do?",
                Condition::Is(PLAN, "result", "dry_run".into()),
                "Nothing to Do",
                format!("# Nothing to do for {who}\n\n{}{}", surfaces(PLAN), warnings(PLAN)),
            ),
            artifact(
                "Review Plan",
                [
                    format!("# Offboard {who}?\n\n"),
                    asked_for(TRIGGER),
                    planned(PLAN),
                    surfaces(PLAN),
                    warnings(PLAN),
                ],
            ),
            ask(
                "Offboard This Person?",
                ["Carry out the plan in Review Plan.", "Change nothing."],
                "Not Offboarded",
                refused(&format!("{who} was not offboarded")),
            ),
            action(RUN, "offboard_user", dry_run(&input, false)),
            check(
                "Offboarding Done?",
                Condition::Succeeded(RUN),
                "Offboarding Failed",
                failed(
                    &format!("{who} is not offboarded everywhere"),
                    RUN,
                    "Some accounts may have been changed: the error tells what came of each.",
                ),
            ),
            artifact(
                "Offboarding Report",
                [
                    format!("# Offboarding report for {who}\n\n"),
                    surfaces(RUN),
                    warnings(RUN),
                    changes(RUN, "What changed"),
                ],
            ),
        ],
    }
}

fn unlock() -> Workflow {
    const TRIGGER: &str = "Unlock Requested";
    const FIND: &str = "Find Account";
    const RUN: &str = "Unlock Account";
    let login = r#"`{{["Find Account"].[login]}}`"#;
    let enabled = r#"{{["Find Account"].[enabled]}}"#;
    Workflow {
        file: "unlock",
        name: "Unlock Account with Rapid7 User Actions",
        summary: "Unlocks an account of a console, once somebody has checked that its owner asked for it.",
        description: "\
Start it with the login or the email address of the locked account. It reads the account and asks somebody to check \
that the request comes from its owner. Only then is the account unlocked. The password stays as it is.",
        minutes: 10,
        trigger: Trigger {
            name: TRIGGER,
            description: "The login or the email address, not both; the console, if there are several; the ticket and \
                          who asked for it, if known",
            inputs: &[
                ("login", "string"),
                ("email", "string"),
                ("console", "string"),
                ("ticket", "string"),
                ("requested_by", "string"),
            ],
        },
        steps: vec![
            action(
                FIND,
                "get_user",
                json!({
                    "login": r#"{{["Unlock Requested"].[login]}}"#,
                    "email": r#"{{["Unlock Requested"].[email]}}"#,
                    "console": r#"{{["Unlock Requested"].[console]}}"#,
                    "ticket": r#"{{["Unlock Requested"].[ticket]}}"#,
                    "requested_by": r#"{{["Unlock Requested"].[requested_by]}}"#,
                }),
            ),
            check(
                "Account Found?",
                Condition::Succeeded(FIND),
                "Account Not Found",
                failed("The account was not found", FIND, "Nothing was changed."),
            ),
            check(
                "Account Locked?",
                Condition::Is(FIND, "locked", true.into()),
                "Nothing to Unlock",
                format!(
                    "# {login} is not locked\n\nThe console does not say that this account is locked, so nothing was \
                     changed. Enabled: {enabled}. If the login still fails, the password may be wrong.\n"
                ),
            ),
            artifact(
                "Check Identity",
                [
                    "# Is this the person?\n\n".to_owned(),
                    asked_for(TRIGGER),
                    format!(
                        "Somebody asks to unlock this account:\n\n- Login: {login}\n- Name: {}\n- Email: {}\n- Role: \
                         {}\n- Enabled: {enabled}\n\n",
                        maybe(r#"["Find Account"].[name]"#),
                        maybe(r#"["Find Account"].[email]"#),
                        maybe(r#"["Find Account"].[role_id]"#),
                    ),
                    "Ask the owner in person, or by a number from your own directory. Do not use a number or an address \
                     from the request. Say yes only if the owner asked for this: whoever guesses passwords locks \
                     accounts, too.\n"
                        .to_owned(),
                ],
            ),
            ask(
                "Is This the Person?",
                [
                    "The owner of the account asked for this. Unlock it.",
                    "It is not sure who asked. Change nothing.",
                ],
                "Identity Not Confirmed",
                refused(&format!("{login} stays locked")),
            ),
            action(
                RUN,
                "unlock_user",
                json!({
                    // The account that was checked, whatever has its name by now.
                    "user_id": r#"{{["Find Account"].[user_id]}}"#,
                    "console": r#"{{["Unlock Requested"].[console]}}"#,
                    "ticket": r#"{{["Unlock Requested"].[ticket]}}"#,
                    "requested_by": r#"{{["Unlock Requested"].[requested_by]}}"#,
                    "dry_run": false,
                }),
            ),
            check(
                "Unlocking Done?",
                Condition::Succeeded(RUN),
                "Unlocking Failed",
                failed(
                    &format!("{login} was not unlocked"),
                    RUN,
                    "The error says whether anything was changed.",
                ),
            ),
            artifact(
                "Unlock Report",
                [
                    format!("# {login} is unlocked\n\n"),
                    changes(RUN, "What changed"),
                    warnings(RUN),
                ],
            ),
        ],
    }
}

fn restore() -> Workflow {
    const TRIGGER: &str = "Restore Requested";
    const PLAN: &str = "Plan Restore";
    const RUN: &str = "Restore Account";
    let login = r#"`{{["Plan Restore"].[subject].[login]}}`"#;
    let input = json!({
        "record": r#"{{["Restore Requested"].[record]}}"#,
        "console": r#"{{["Restore Requested"].[console]}}"#,
        "ticket": r#"{{["Restore Requested"].[ticket]}}"#,
        "requested_by": r#"{{["Restore Requested"].[requested_by]}}"#,
    });
    Workflow {
        file: "restore",
        name: "Restore Account with Rapid7 User Actions",
        summary: "Brings an account of a console back to what it was, once somebody has approved the differences.",
        description: "\
Start it with the audit record that was written before the change: the JSON object with `\"audit\": \"before\"`, whole. \
It compares the account with the record, shows what differs, and asks. Nothing is changed before somebody says yes. \
Passwords, two-factor seeds and API keys are in no record, and a deleted account does not come back.",
        minutes: 20,
        trigger: Trigger {
            name: TRIGGER,
            description: "The audit record, as an object; the console, if there are several; the ticket and who asked \
                          for it, if known",
            inputs: &[
                ("record", "object"),
                ("console", "string"),
                ("ticket", "string"),
                ("requested_by", "string"),
            ],
        },
        steps: vec![
            action(PLAN, "restore_user", dry_run(&input, true)),
            check(
                "Plan Made?",
                Condition::Succeeded(PLAN),
                "Plan Failed",
                failed(
                    "No plan to restore the account",
                    PLAN,
                    "Nothing was changed.",
                ),
            ),
            check(
                "Anything to Restore?",
                Condition::HasSome(PLAN, "plan"),
                "Nothing to Restore",
                format!(
                    "# Nothing to restore\n\n{login}: nothing that can be restored differs from the record.\n\n{}",
                    warnings(PLAN)
                ),
            ),
            artifact(
                "Review Differences",
                [
                    format!("# Restore {login}?\n\n"),
                    "On `{{[\"Plan Restore\"].[subject].[target]}}`.\n\n".to_owned(),
                    asked_for(TRIGGER),
                    planned(PLAN),
                    warnings(PLAN),
                ],
            ),
            ask(
                "Restore This Account?",
                [
                    "Carry out the plan in Review Differences.",
                    "Change nothing.",
                ],
                "Not Restored",
                refused(&format!("{login} was not restored")),
            ),
            action(RUN, "restore_user", dry_run(&input, false)),
            check(
                "Restoring Done?",
                Condition::Succeeded(RUN),
                "Restoring Failed",
                failed(
                    &format!("{login} is not restored"),
                    RUN,
                    "The error says what was and was not changed.",
                ),
            ),
            artifact(
                "Restore Report",
                [
                    format!("# {login} is restored\n\n"),
                    changes(RUN, "What changed"),
                    warnings(RUN),
                ],
            ),
        ],
    }
}

/// An input of the run that plans, or of the one that carries the plan out. All else is the same in both.
fn dry_run(input: &Value, is_plan: bool) -> Value {
    let mut input = input.clone();
    input["dry_run"] = is_plan.into();
    input
}

fn action(name: &'static str, action: &'static str, input: Value) -> Step {
    let what = What::Action { action, input };
    Step { name, what }
}

fn artifact(name: &'static str, text: impl IntoIterator<Item = String>) -> Step {
    let what = What::Artifact(text.into_iter().collect());
    Step { name, what }
}

/// A check, and the name and text of the end that it leads to otherwise.
fn check(name: &'static str, so: Condition, end: &'static str, text: String) -> Step {
    let otherwise = Exit { name: end, text };
    let what = What::Check { so, otherwise };
    Step { name, what }
}

/// A question, what yes and no mean, and the name and text of the end that no leads to.
fn ask(name: &'static str, [yes, no]: [&'static str; 2], end: &'static str, text: String) -> Step {
    let otherwise = Exit { name: end, text };
    let what = What::Ask { yes, no, otherwise };
    Step { name, what }
}
