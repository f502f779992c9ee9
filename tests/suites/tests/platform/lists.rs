//! Lists of the platform, bare and in pages: whole, or an error.

use fake_console::{
    ApiKey, Fault, FaultKind, IndexCounts, Lists, PlatformRole, PlatformState, UserGroup,
};
use serde_json::{Value, json};
use suites::{PLATFORM_SECRET, World, api_key, with};

/// Somebody on the last page.
const LAST: &str = "user00050@example.com";

/// More of everything than fits on a page of twenty.
fn many() -> PlatformState {
    let mut state = PlatformState::large(50);
    state.rate_limit.limit = 10_000;
    let uuid = |number: usize| format!("00000000-0000-4000-8000-{number:012}");
    let (product, key) = (state.products[0].clone(), state.api_keys[1].clone());
    let last = state.user_by_email(LAST).map(|user| user.id.clone());
    for number in 0..45 {
        let mut product = product.clone();
        product.product_token = format!("{number:020}");
        product.product_code = format!("P{number}");
        state.products.push(product);
        state.roles.push(PlatformRole {
            id: uuid(number),
            name: format!("Role {number}"),
            organization_id: state.organization_id.clone(),
        });
        state.user_groups.push(UserGroup {
            id: uuid(number),
            name: format!("Group {number}"),
            description: String::new(),
            member_count: 0,
        });
        state.api_keys.push(ApiKey {
            id: uuid(number),
            name: format!("key {number}"),
            user_id: last.clone(),
            value: uuid(number + 100),
            ..key.clone()
        });
    }
    state
}

fn world(lists: Lists, index_counts: IndexCounts) -> World {
    let world = World::new();
    *world.platform.state() = PlatformState {
        lists,
        index_counts,
        ..many()
    };
    world
}

/// Each way in which pages may come.
fn in_pages() -> impl Iterator<Item = World> {
    let counts = [IndexCounts::Pages, IndexCounts::Entries];
    counts.map(|counts| world(Lists::Paged, counts)).into_iter()
}

#[test]
fn every_list_is_the_same_in_pages_as_it_is_bare() {
    let bare = world(Lists::Bare, IndexCounts::Pages);
    let last = bare.platform.state().user_mut(LAST).id.clone();
    for (operation, event) in [
        ("list-platform-users", json!({})),
        ("list-platform-users", json!({"listing": "insightvm"})),
        (
            "get-platform-user",
            json!({"email": LAST, "include": ["products", "api_keys"]}),
        ),
        ("list-platform-api-keys", json!({"user_id": last})),
        ("list-platform-products", json!({})),
        ("list-platform-roles", json!({})),
        ("list-platform-user-groups", json!({})),
    ] {
        let expected = bare.outcome(operation, event.clone());
        for world in in_pages() {
            assert_eq!(
                world.outcome(operation, event.clone()),
                expected,
                "{operation}"
            );
        }
    }
}

#[test]
fn what_is_on_the_last_page_is_found_and_what_is_on_none_is_absent() {
    for world in in_pages() {
        let outcome = world.outcome("suspend-platform-user", json!({"email": LAST}));
        assert_eq!(outcome["changed"], true);
        let left = {
            let mut state = world.platform.state();
            let id = state.user_mut(LAST).id.clone();
            (state.products_of(&id).len(), state.keys_of(&id).len())
        };
        assert_eq!(left, (0, 0));
        let (kind, message) =
            world.failure("get-platform-user", json!({"email": "nobody@example.com"}));
        assert_eq!(kind, "NotFound", "{message}");
        assert!(
            message.contains("among all 62 on the platform"),
            "{message}"
        );

        let new = json!({"products": ["P44"]});
        let event = with(suites::platform::jsmith(), new);
        let outcome = world.outcome("create-platform-user", event);
        assert_eq!(outcome["changed"], true);
    }
}

#[test]
fn a_page_that_fails_is_an_error_and_no_short_list() {
    for (operation, path) in [
        ("list-platform-users", "/users"),
        ("list-platform-products", "/products"),
        ("list-platform-roles", "/roles"),
        ("list-platform-user-groups", "/user-groups"),
        ("list-platform-api-keys", "/api-keys"),
    ] {
        for (skip, world) in [1, 2].into_iter().zip(in_pages()) {
            let fault = Fault::new(FaultKind::status(500))
                .on("GET", path)
                .skip(skip);
            world.platform.push_fault(fault);
            let (kind, message) = world.failure(operation, json!({}));
            assert_eq!(kind, "Unavailable", "{operation}: {message}");
        }
    }
}

/// Pages that tell neither how many there are nor how many entries.
#[test]
fn a_list_that_does_not_tell_how_long_it_is_is_read_until_nothing_new_comes() {
    for metadata in [json!({"size": 2}), json!(null)] {
        let url = suites::serve(move |request| {
            let index = request.split("index=").nth(1);
            let index: usize = index.map_or(0, |rest| rest[..1].parse().expect("a number"));
            let ids = ["a", "b", "c", "d", "e"]
                .into_iter()
                .skip(index * 2)
                .take(2);
            let data: Vec<Value> = ids.map(|id| json!({"id": id, "name": id})).collect();
            suites::answer("200 OK", &json!({"data": data, "metadata": metadata}))
        });
        let world = World::new();
        let secret = api_key(&url, fake_console::ORGANIZATION_KEY);
        world.secrets.put(PLATFORM_SECRET, secret);
        let roles = world.outcome("list-platform-roles", json!({}));
        let ids: Vec<&Value> = roles["roles"].as_array().expect("roles").iter().collect();
        let ids: Vec<&Value> = ids.into_iter().map(|role| &role["id"]).collect();
        assert_eq!(json!(ids), json!(["a", "b", "c", "d", "e"]));
    }
}

#[test]
fn an_empty_list_may_come_without_data_and_anything_else_is_a_surprise() {
    for (body, is_list) in [
        (json!([]), true),
        (
            json!({"data": [], "metadata": {"total_data": 0, "total_pages": 0}}),
            true,
        ),
        (json!({"metadata": {"total_data": 0}}), true),
        (json!({"metadata": {"total_data": 3}}), false),
        (json!({"data": {}, "metadata": {"total_data": 0}}), false),
        (json!({}), false),
        (json!("text"), false),
    ] {
        let shown = body.to_string();
        let url = suites::serve(move |_| suites::answer("200 OK", &body));
        let world = World::new();
        let secret = api_key(&url, fake_console::ORGANIZATION_KEY);
        world.secrets.put(PLATFORM_SECRET, secret);
        let answer = world.invoke("list-platform-user-groups", json!({})).result;
        match is_list {
            true => assert_eq!(answer.expect(&shown)["count"], 0, "{shown}"),
            false => {
                let error = answer.expect_err(&shown);
                assert_eq!(error.error_type, "Unexpected", "{shown}");
                assert!(error.error_message.contains("without a list"), "{shown}");
            }
        }
    }
}

#[test]
fn products_roles_and_user_groups_are_listed_with_what_names_them() {
    let world = World::new();
    world.platform.state().lists_null_ids = true;
    let products = world.outcome("list-platform-products", json!({}));
    assert_eq!(products["count"], 5);
    let expected = {
        let state = world.platform.state();
        let product = state.product("IVM");
        json!({
            "product_code": "IVM", "product_name": "InsightVM",
            "product_token": product.product_token,
            "organization_name": product.organization_name,
            "organization_id": product.organization_id,
        })
    };
    assert_eq!(products["products"][0], expected);

    let roles = world.outcome("list-platform-roles", json!({}));
    assert_eq!(roles["count"], 4);
    let (expected, organization) = {
        let state = world.platform.state();
        (state.roles[0].id.clone(), state.organization_id.clone())
    };
    assert_eq!(
        roles["roles"][0],
        json!({
            "id": expected, "name": "Platform Admin", "description": null,
            "other": {"organization_id": organization},
        })
    );

    let groups = world.outcome("list-platform-user-groups", json!({}));
    assert_eq!(groups["count"], 3);
    assert_eq!(groups["user_groups"][0]["name"], "Vulnerability Management");
    assert_eq!(
        groups["user_groups"][0]["description"],
        "Who runs the scans"
    );
    assert_eq!(groups["user_groups"][0]["other"]["member_count"], 3);
}
