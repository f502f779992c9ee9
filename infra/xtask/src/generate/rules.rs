//! Which rules of the policy may refuse an operation: found out by running its example where they would have to.

use std::collections::BTreeSet;
use std::sync::Arc;

use actions::{Entry, Policy};
use fake_console::{FakeConsole, FakePlatform, PlatformState, State, UserStatus};
use rapid7::platform::{ApiKeyId, OwnKey};
use serde_json::{Value, json};
use suites::example::event;

use super::example::stage;

/// The account that the pack logs in with on the console.
const OWN_LOGIN: &str = "svc-soar";

/// What makes a rule matter: a stricter policy, or other accounts.
struct Trial {
    policy: Policy,
    own_key: OwnKey,
    console: fn(&mut State, &str),
    platform: fn(&mut PlatformState, &str),
    event: fn(&mut Value, &[&str]),
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            policy: Policy {
                allow_deletion: true,
                ..Policy::default()
            },
            own_key: OwnKey::default(),
            console: |_, _| {},
            platform: |_, _| {},
            event: |_, _| {},
        }
    }
}

fn trials(platform: &PlatformState) -> Vec<Trial> {
    let policy = |policy: Policy| Trial {
        policy,
        ..Trial::default()
    };
    let lenient = || Trial::default().policy;
    vec![
        policy(Policy::default()),
        policy(Policy {
            operations: Some(BTreeSet::new()),
            ..lenient()
        }),
        policy(Policy {
            protected_logins: vec!["*".into()],
            ..lenient()
        }),
        policy(Policy {
            max_changes: Some(0),
            ..lenient()
        }),
        // Whoever it is about is an administrator, and then the last one.
        Trial {
            console: make_administrator,
            platform: |state, email| find(state, email).platform_admin = true,
            ..Trial::default()
        },
        Trial {
            console: make_last_administrator,
            platform: |state, email| {
                for user in &mut state.users {
                    user.platform_admin = false;
                }
                let user = find(state, email);
                (user.platform_admin, user.status) = (true, UserStatus::Active);
            },
            ..Trial::default()
        },
        // It asks for an administrator.
        Trial {
            event: |event, members| {
                set(event, members, "role_id", json!("global-admin"));
                set(event, members, "platform_admin", json!(true));
            },
            ..Trial::default()
        },
        // It ends the last one.
        Trial {
            console: make_last_administrator,
            event: |event, members| {
                set(event, members, "role_id", json!("user"));
                set(event, members, "superuser", json!(false));
                set(event, members, "enabled", json!(false));
            },
            ..Trial::default()
        },
        // It is about the pack's own account, or its own key.
        Trial {
            event: |event, members| {
                if members.contains(&"user_id") {
                    for other in ["user_id", "email"] {
                        event.as_object_mut().and_then(|event| event.remove(other));
                    }
                }
                set(event, members, "login", OWN_LOGIN.into());
                set(event, members, "confirm_login", OWN_LOGIN.into());
            },
            ..Trial::default()
        },
        Trial {
            own_key: OwnKey {
                key_type: None,
                id: platform
                    .api_keys
                    .get(1)
                    .and_then(|key| ApiKeyId::parse(&key.id)),
            },
            ..Trial::default()
        },
    ]
}

/// Sets a member of an input, if it is one.
fn set(event: &mut Value, members: &[&str], member: &str, value: Value) {
    if members.contains(&member) {
        event[member] = value;
    }
}

fn make_last_administrator(state: &mut State, login: &str) {
    make_administrator(state, login);
    for user in state.users.values_mut() {
        user.enabled = user.login == login || user.login == OWN_LOGIN;
    }
}

fn make_administrator(state: &mut State, login: &str) {
    if let Some((id, _)) = state.user_by_login(login)
        && let Some(user) = state.users.get_mut(&id)
    {
        user.role = "global-admin".into();
        user.superuser = true;
    }
}

fn find<'a>(state: &'a mut PlatformState, email: &str) -> &'a mut fake_console::PlatformUser {
    let found = state.users.iter().position(|user| user.email == email);
    &mut state.users[found.unwrap_or_default()]
}

/// The names of the rules that refuse an operation's example in one of these.
pub(super) async fn rules(entry: &Entry) -> Result<BTreeSet<String>, String> {
    let mut rules = BTreeSet::new();
    for trial in trials(&PlatformState::realistic()) {
        let console = FakeConsole::start(State::realistic());
        let platform = FakePlatform::start(PlatformState::realistic());
        let mut event = event(entry.operation.spec, &console, &platform);
        let about = |member: &str| event[member].as_str().map(str::to_owned);
        let login = about("login").or_else(|| {
            let state = console.state();
            let id = event["user_id"].as_i64()?;
            Some(state.users.get(&id)?.login.clone())
        });
        let login = login.or_else(|| {
            let email = about("email")?;
            let state = console.state();
            let mut users = state.users.values();
            let user = users.find(|user| user.email.as_deref() == Some(&email))?;
            Some(user.login.clone())
        });
        if let Some(login) = login {
            (trial.console)(&mut console.state(), &login);
        }
        if let Some(email) = about("email") {
            (trial.platform)(&mut platform.state(), &email);
        }
        (trial.event)(&mut event, entry.operation.members());
        let mut run = stage(&console, &platform, &Arc::default(), trial.own_key.clone());
        run.services.policy = trial.policy.clone();
        let Err(error) = actions::invoke(entry.operation, run, event).await else {
            continue;
        };
        let text = error.to_string();
        let told = text.split("(rule `").skip(1);
        rules.extend(told.filter_map(|told| Some(told.split_once('`')?.0.to_owned())));
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use suites::example::entry;

    #[tokio::test]
    async fn the_rules_of_an_operation_are_found_by_running_it() {
        let rules = async |name: &str| {
            rules(entry(name))
                .await
                .expect(name)
                .into_iter()
                .collect::<Vec<_>>()
        };
        assert_eq!(rules("get-user").await, ["operations"]);
        let disable = rules("disable-user").await;
        for rule in [
            "last-administrator",
            "max-changes",
            "operations",
            "own-account",
            "protected-accounts",
        ] {
            assert!(
                disable.iter().any(|found| found == rule),
                "{rule}: {disable:?}"
            );
        }
        let delete = rules("delete-user").await;
        assert!(delete.contains(&"deletion".to_owned()), "{delete:?}");
        let keys = rules("revoke-platform-api-keys").await;
        assert!(keys.contains(&"own-key".to_owned()), "{keys:?}");
    }
}
