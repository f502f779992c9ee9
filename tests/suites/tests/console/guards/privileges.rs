//! Nobody becomes somebody who may do everything, or is let in as one.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use fake_console::FakeConsole;
use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_PASSWORD, World, answer, credentials, jsmith, serve, with};

use super::{PRIVILEGED, refused, restore, runs, world_where};

#[test]
fn nobody_becomes_able_to_do_everything() {
    let world = World::new();
    let mut refusals = runs(
        r#"
        set-role {"login": "jdoe", "role_id": "global-admin"}
        set-role {"login": "jdoe", "role_id": "Global Administrator"}
        set-role {"login": "jdoe", "role_id": "user", "superuser": true}
        update-user {"login": "jdoe", "role_id": "global-admin"}
        update-user {"login": "jdoe", "superuser": true}
        "#,
    );
    for (operation, more) in runs(
        r#"
        create-user {"role_id": "global-admin"}
        create-user {"superuser": true}
        create-user {"authentication_type": "admin"}
        provision-user {"superuser": true, "sites": [1]}
        "#,
    ) {
        refusals.push((operation, with(jsmith(), more)));
    }
    for (operation, event) in refusals {
        refused(&world, "privileged-accounts", &[], operation, &event);
        World::new().done(&[PRIVILEGED], operation, &event);
    }
    for flag in ["superuser", "id"] {
        let (operation, event) = restore(&world, "mkowalska", |user| {
            user["role"][flag] = match flag {
                "superuser" => true.into(),
                _ => "global-admin".into(),
            };
        });
        refused(&world, "privileged-accounts", &[], operation, &event);
    }
}

#[test]
fn nobody_is_let_in_as_an_administrator() {
    for (operation, event) in runs(
        r#"
        set-password {"login": "nxadmin", "password": "An0ther-passw0rd"}
        set-password {"login": "tokafor", "password": "An0ther-passw0rd"}
        unlock-user {"login": "nxadmin", "password": "An0ther-passw0rd"}
        reset-two-factor {"login": "nxadmin", "deliver_to": "seed"}
        "#,
    ) {
        let world = World::new();
        world.secrets.put("seed", json!({}));
        world.console.state().user_mut("tokafor").superuser = true;
        world.console.state().user_mut("nxadmin").locked = operation == "unlock-user";
        refused(&world, "privileged-accounts", &[], operation, &event);
        assert_eq!(world.secrets.versions("seed").len(), 1);
        world.done(&[PRIVILEGED], operation, &event);
    }
}

/// Whoever is called so in the directory would be one; and `admin` is how local global
/// administrators log in, which create-user refuses.
#[test]
fn nobody_is_let_in_as_an_administrator_by_another_way_of_logging_in() {
    for (operation, event) in runs(
        r#"
        update-user {"login": "nxadmin", "authentication_type": "ldap", "authentication_source_id": 3}
        update-user {"login": "lpetrova", "new_login": "mallory"}
        update-user {"login": "jdoe", "authentication_type": "admin", "authentication_source_id": 2}
        "#,
    ) {
        let world = world_where(|state| state.user_mut("lpetrova").superuser = true);
        refused(&world, "privileged-accounts", &[], operation, &event);
        world.done(&[PRIVILEGED], operation, &event);
    }
}

/// The same console, which does not tell what roles allow.
fn silent_about_privileges(console: &FakeConsole) -> String {
    let address = console.url().trim_start_matches("http://").to_owned();
    serve(move |request| {
        let mut stream = TcpStream::connect(&address).expect("the console");
        let request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        stream.write_all(request.as_bytes()).expect("a request");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("a body");
        let status = head.lines().next().unwrap_or_default();
        let status = status.split_once(' ').expect("a status").1;
        // The first look at a console is at a page for people.
        let mut body: Value = serde_json::from_str(body).unwrap_or_default();
        strip_privileges(&mut body);
        answer(status, &body)
    })
}

fn strip_privileges(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.remove("privileges");
            members.values_mut().for_each(strip_privileges);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_privileges),
        _ => {}
    }
}

#[test]
fn a_role_whose_privileges_are_not_told_may_be_an_administrators() {
    let world = World::new();
    world.secrets.put("seed", json!({}));
    let url = silent_about_privileges(&world.console);
    world
        .secrets
        .put(CONSOLE_SECRET, credentials(&url, OWN_PASSWORD));
    let mut refusals = runs(
        r#"
        set-password {"login": "jdoe", "password": "An0ther-passw0rd"}
        reset-two-factor {"login": "jdoe", "deliver_to": "seed"}
        "#,
    );
    refusals.push(("create-user", jsmith()));
    for (operation, event) in refusals {
        refused(&world, "privileged-accounts", &[], operation, &event);
    }
    // Nobody else is certainly an administrator.
    let event = json!({"login": "nxadmin"});
    refused(&world, "last-administrator", &[], "disable-user", &event);
}
