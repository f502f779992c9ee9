//! Sites and asset groups that somebody else gives and takes meanwhile.

use super::*;

#[test]
fn a_site_given_while_sites_are_set_as_a_whole_is_a_conflict_with_both_values() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let gives = |state: &mut State| _ = state.user_mut("jdoe").sites.insert(5);
        let gives = before("GET", "/users/4/sites", gives);
        world.console.push_fault(gives.skip(1));
        let event = json!({"user_id": 4, "sites": [1, 2, 3]});
        let function = world.function("set-site-access");
        let error = function.invoke(&event).result.expect_err("given");
        let message = error.error_message;
        assert_eq!(error.error_type, "Conflict", "{message}");
        for told in [
            "sites should be [1,2,3] and reads [1,2,3,5]",
            "Already changed: sites: [1,2,4] → [1,2,3,5]",
        ] {
            assert!(message.contains(told), "{message}");
        }
        let again = function.invoke(&event).result.expect("again");
        assert_eq!(again["state"]["sites"], json!([1, 2, 3]));
        let sites = world.console.state().user_mut("jdoe").sites.clone();
        assert_eq!(sites, [1, 2, 3].into());
    }
}

#[test]
fn a_site_given_while_one_more_is_given_stays_and_is_told() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let gives = |state: &mut State| _ = state.user_mut("jdoe").sites.insert(5);
        let gives = before("GET", "/users/4/sites", gives);
        world.console.push_fault(gives.skip(1));
        let event = json!({"user_id": 4, "sites": [3]});
        let outcome = world.outcome("grant-site-access", event);
        assert_eq!(outcome["state"]["sites"], json!([1, 2, 3, 4, 5]));
        assert_eq!(
            outcome["warnings"],
            json!(["somebody else gave sites {5} meanwhile"])
        );
    }
}

#[test]
fn a_site_taken_while_another_is_given_is_not_given_back() {
    let world = World::new();
    let takes = |state: &mut State| _ = state.user_mut("jdoe").sites.remove(&1);
    let takes = before("GET", "/users/4/sites", takes);
    world.console.push_fault(takes.skip(1));
    let event = json!({"user_id": 4, "sites": [3]});
    let outcome = world.outcome("grant-site-access", event);
    assert_eq!(outcome["state"]["sites"], json!([2, 3, 4]));
    assert_eq!(
        outcome["warnings"],
        json!(["somebody else took sites {1} meanwhile"])
    );
}
