//! The API crate against the console, in both wire forms.

use std::collections::BTreeSet;
use std::sync::Arc;

use fake_console::{FakeConsole, State, WireForm};
use rapid7::console::{
    AccessKind, Authentication, Client, Locale, NewUser, PersonName, UserId, WireForm as Form,
};
use rapid7::{Credentials, Delivery, ErrorKind, Options};
use serde_json::json;
use suites::{OWN_LOGIN, OWN_PASSWORD, answer, serve};
use tokio::time::Instant;

const FORMS: [(WireForm, Form); 2] = [
    (WireForm::Vendor, Form::Vendor),
    (WireForm::Guide, Form::Guide),
];

fn console(form: WireForm) -> FakeConsole {
    let mut state = State::realistic();
    state.form = form;
    FakeConsole::start_http(state)
}

fn client_as(console: &FakeConsole, login: &str, password: &str, form: Option<Form>) -> Client {
    let credentials = Arc::new(Credentials {
        username: login.into(),
        password: password.into(),
        token: None,
    });
    Client::new(
        console.url(),
        Arc::new(credentials),
        form,
        Options::default(),
    )
    .expect("a client")
}

fn client(console: &FakeConsole) -> Client {
    client_as(console, OWN_LOGIN, OWN_PASSWORD, None)
}

fn jsmith() -> NewUser {
    NewUser {
        login: "jsmith".into(),
        name: PersonName {
            first: "John".into(),
            last: "Smith".into(),
        },
        email: "jsmith@example.com".into(),
        password: Some("S3cur3!pass".into()),
        password_reset_on_login: true,
        enabled: true,
        role_id: "user".into(),
        superuser: false,
        all_sites: false,
        all_asset_groups: false,
        authentication: Authentication {
            kind: "normal".into(),
            source: Some(1),
        },
        locale: Locale {
            default: Some("de-DE".into()),
            reports: None,
        },
    }
}

#[tokio::test]
async fn a_user_is_created_changed_unlocked_and_deleted() {
    for (wire, form) in FORMS {
        let console = console(wire);
        let client = client(&console);
        assert_eq!(client.form(), None);
        client.users().await.expect("users");
        assert_eq!(client.form(), Some(form));
        let id = client.create_user(&jsmith()).await.expect("created");
        let id = id.expect("a number");
        let user = client.user(id).await.expect("read back");
        assert_eq!(user.full_name().as_deref(), Some("John Smith"));
        assert_eq!(user.locale("default"), Some("de-DE"));
        assert_eq!(user.all_sites(), Some(false));
        let mut edit = user.replacement();
        edit.set_enabled(false);
        client.update_user(id, &edit).await.expect("replaced");
        let user = client.user(id).await.expect("read back");
        assert_eq!(user.enabled(), Some(false));
        assert_eq!(user.locale("default"), Some("de-DE"));
        let refused = client.unlock_user(id).await.expect_err("disabled");
        assert_eq!(refused.kind, ErrorKind::Rejected);
        let locked = UserId(
            console
                .state()
                .user_by_login("rmartinez")
                .expect("locked")
                .0,
        );
        client.unlock_user(locked).await.expect("unlocked");
        assert_eq!(
            client.user(locked).await.expect("read").locked(),
            Some(false)
        );
        client.delete_user(id).await.expect("deleted");
        let gone = client.user(id).await.expect_err("gone");
        assert_eq!(gone.kind, ErrorKind::NotFound);
        client.can_list_users().await.expect("and not hidden");
    }
}

#[tokio::test]
async fn a_console_that_showed_no_user_yet_gets_the_vendors_form_unless_told_otherwise() {
    for (wire, set) in [
        (WireForm::Vendor, None),
        (WireForm::Vendor, Some(Form::Vendor)),
        (WireForm::Guide, Some(Form::Guide)),
    ] {
        let console = console(wire);
        let client = client_as(&console, OWN_LOGIN, OWN_PASSWORD, set);
        client.create_user(&jsmith()).await.expect("created");
        let body = console
            .requests()
            .pop()
            .and_then(|r| r.body)
            .expect("a body");
        assert_eq!(body["name"].is_object(), wire == WireForm::Guide);
        assert_eq!(
            body.get("accessAllSites").is_some(),
            wire == WireForm::Guide
        );
        assert_eq!(
            body["role"].get("allSites").is_some(),
            wire == WireForm::Vendor
        );
    }
}

#[tokio::test]
async fn sites_and_asset_groups_are_read_set_added_removed_and_cleared() {
    for (wire, form) in FORMS {
        for (kind, before) in [
            (AccessKind::Sites, BTreeSet::from([1, 2, 4])),
            (AccessKind::AssetGroups, BTreeSet::from([1, 3])),
        ] {
            let console = console(wire);
            let client = client_as(&console, OWN_LOGIN, OWN_PASSWORD, Some(form));
            let jdoe = UserId(4);
            let read = async || client.access(jdoe, kind).await.expect("a list");
            assert_eq!(read().await, before);
            let wanted = BTreeSet::from([2, 3, 5]);
            client
                .set_access(jdoe, kind, &before, &wanted)
                .await
                .expect("set");
            assert_eq!(read().await, wanted);
            client.grant_access(jdoe, kind, 1).await.expect("added");
            assert_eq!(read().await, BTreeSet::from([1, 2, 3, 5]));
            client.revoke_access(jdoe, kind, 3).await.expect("removed");
            assert_eq!(read().await, BTreeSet::from([1, 2, 5]));
            client.clear_access(jdoe, kind).await.expect("cleared");
            assert_eq!(read().await, BTreeSet::new());
        }
    }
}

/// The guide's list of a user's sites is paged, ten at a time.
#[tokio::test]
async fn a_user_with_more_sites_than_a_page_has_all_of_them() {
    for (wire, _) in FORMS {
        let console = console(wire);
        let all: BTreeSet<i64> = (1..=1203).collect();
        {
            let mut state = console.state();
            state.sites = all.iter().map(|id| (*id, format!("Site {id}"))).collect();
            state.user_mut("jdoe").sites = all.clone();
        }
        let sites = client(&console).access(UserId(4), AccessKind::Sites).await;
        assert_eq!(sites.expect("sites"), all);
    }
}

#[tokio::test]
async fn roles_and_authentication_sources_are_read() {
    let console = console(WireForm::Vendor);
    let client = client(&console);
    let roles = client.roles().await.expect("roles");
    let role = |id: &str| roles.iter().find(|role| role.id == id).expect("a role");
    assert!(role("global-admin").may_be_global_administrator());
    assert!(role("site-admin").gives_all_sites());
    assert!(!role("site-admin").gives_all_asset_groups());
    assert!(!role("user").gives_all_sites());
    let auditor = role("auditor").description.as_deref();
    assert_eq!(auditor, Some("Auditor, as the console has it."));
    let sources = client.authentication_sources().await.expect("sources");
    let ldap = sources
        .iter()
        .find(|source| source.kind.as_deref() == Some("ldap"));
    assert_eq!(ldap.expect("a directory").external, Some(true));
}

/// "Users may only change their own password" (vendor API file), as a bare JSON string (guide).
#[tokio::test]
async fn a_user_changes_its_own_password_and_nobody_elses() {
    let console = console(WireForm::Vendor);
    let client = client_as(&console, "jdoe", "Passw0rd-jdoe", None);
    let password = "N3w-password!".into();
    client
        .set_password(UserId(4), &password)
        .await
        .expect("own");
    let body = console
        .requests()
        .pop()
        .and_then(|r| r.body)
        .expect("a body");
    assert_eq!(body, "N3w-password!");
    let again = client_as(&console, "jdoe", "N3w-password!", None);
    again.user(UserId(4)).await.expect("with the new password");
    let refused = again.set_password(UserId(5), &password).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn a_two_factor_token_is_sent_as_a_header() {
    let console = console(WireForm::Vendor);
    console.state().user_mut(OWN_LOGIN).two_factor_token = Some("123456".into());
    let refused = client(&console).users().await.expect_err("no token");
    assert_eq!(refused.kind, ErrorKind::Unauthorized);
    let credentials = Arc::new(Credentials {
        username: OWN_LOGIN.into(),
        password: OWN_PASSWORD.into(),
        token: Some("123456".into()),
    });
    let options = Options::default();
    let client = Client::new(console.url(), Arc::new(credentials), None, options);
    client.expect("a client").users().await.expect("users");
}

/// Whoever makes a client with the same credentials for the same address has the same memory.
#[tokio::test]
async fn a_refused_login_is_the_last_one_of_all_clients() {
    let console = console(WireForm::Vendor);
    let clients: Vec<Client> = (0..8)
        .map(|_| client_as(&console, OWN_LOGIN, "wrong", None))
        .collect();
    let all = clients.iter().map(|client| client.user(UserId(4)));
    for user in futures_util::future::join_all(all).await {
        assert_eq!(user.expect_err("refused").kind, ErrorKind::Unauthorized);
    }
    let error = clients[0].roles().await.expect_err("not sent");
    assert_eq!(error.delivery, Delivery::NotSent, "{error}");
    assert_eq!(console.requests().len(), 1);
    // With another password they are others.
    client(&console).user(UserId(4)).await.expect("let in");
}

/// Whether a password is in force is asked for once in a run; that it was refused then tells nothing later.
#[tokio::test]
async fn a_password_is_tried_once_in_a_run() {
    let console = console(WireForm::Vendor);
    let client = client(&console);
    let new = "N3w-password!".into();
    let tried = client.logs_in_with(UserId(1), &new).await;
    assert!(!tried.expect("an answer"));
    console.state().user_mut(OWN_LOGIN).password = "N3w-password!".into();
    client
        .logs_in_with(UserId(1), &new)
        .await
        .expect_err("not sent");
    assert_eq!(console.requests().len(), 1);
    // It was set meanwhile, and the answer came: then it is used.
    client.use_password(&new).await.expect("used");
    client.user(UserId(4)).await.expect("let in");
}

#[tokio::test]
async fn a_console_that_is_not_there_is_unavailable_and_nothing_was_sent() {
    let url = {
        let console = console(WireForm::Vendor);
        console.url().to_owned()
    };
    let credentials = Arc::new(Credentials {
        username: OWN_LOGIN.into(),
        password: OWN_PASSWORD.into(),
        token: None,
    });
    let mut options = Options::default();
    options.retry.retries = 1;
    let client = Client::new(&url, Arc::new(credentials), None, options).expect("a client");
    let error = client
        .create_user(&jsmith())
        .await
        .expect_err("nobody there");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(!error.may_have_been_carried_out());
    assert_eq!(client.requests(), 2);
}

#[tokio::test]
async fn after_the_deadline_nothing_is_sent_and_no_write_is_in_doubt() {
    let console = console(WireForm::Vendor);
    let late = client(&console).for_run(Instant::now());
    let error = late.unlock_user(UserId(4)).await.expect_err("late");
    assert!(!error.may_have_been_carried_out(), "{error:?}");
    assert_eq!(late.requests(), 0);
    assert_eq!(console.requests().len(), 0);
}

/// A client of a server that gives one kind of answer.
fn client_of(answer: impl Fn(&str) -> String + Send + 'static) -> Client {
    let credentials = Arc::new(Credentials {
        username: OWN_LOGIN.into(),
        password: OWN_PASSWORD.into(),
        token: Some("canary-token".into()),
    });
    let options = Options::default();
    Client::new(&serve(answer), Arc::new(credentials), None, options).expect("a client")
}

#[tokio::test]
async fn an_answer_about_somebody_else_is_malformed() {
    let other = json!({"id": 5, "login": "mallory"});
    let client = client_of(move |_| answer("200 OK", &other));
    let error = client.user(UserId(4)).await.expect_err("somebody else");
    assert_eq!(error.kind, ErrorKind::Malformed);
}

#[tokio::test]
async fn a_server_that_repeats_our_credentials_is_quoted_without_them() {
    let client = client_of(|request| {
        let request = request.replace("\r\n", " ");
        let said = format!("{OWN_PASSWORD} {request}");
        answer("400 Bad Request", &json!({"message": said}))
    });
    let error = client.user(UserId(4)).await.expect_err("refused");
    let told = format!("{error} {error:?}").to_lowercase();
    assert!(told.contains("authorization"), "{told}");
    assert!(told.contains("[redacted]"), "{told}");
    // The last is base64 of "svc-soar:".
    for secret in ["battery", "canary", "c3zjlxnvyxi6"] {
        assert!(!told.contains(secret), "{told}");
    }
}

/// It would take the credentials elsewhere.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let console = console(WireForm::Vendor);
    let to = format!("{}/api/3/users/4", console.url());
    let client = client_of(move |_| {
        format!(
            "HTTP/1.1 302 Found\r\nlocation: {to}\r\nconnection: close\r\n\
             content-length: 0\r\n\r\n"
        )
    });
    let error = client.user(UserId(4)).await.expect_err("moved");
    assert_eq!(error.kind, ErrorKind::NotTheApi);
    assert_eq!(console.requests().len(), 0);
}

#[tokio::test]
async fn a_write_answered_with_408_may_have_been_carried_out() {
    let client = client_of(|_| answer("408 Request Timeout", &json!({})));
    let error = client.unlock_user(UserId(4)).await.expect_err("late");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.may_have_been_carried_out());
}
