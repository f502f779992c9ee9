//! Exactly which requests every operation sends. The console publishes no rate limits: none is
//! wasted. (What disabling costs in other cases is in `disable_user.rs`.)

use fake_console::WireForm;
use suites::{World, for_each};

/// The account is read once more just before it is replaced, as somebody else's change must not be
/// lost; its grants are dropped by that, given back, and read again.
const REPLACED: &str = "
    GET /users/4, GET /users/4/sites, GET /users/4/asset_groups
    PUT /users/4
    GET /users/4, GET /users/4/sites, GET /users/4/asset_groups
    PUT /users/4/sites, PUT /users/4/asset_groups
    GET /users/4/sites, GET /users/4/asset_groups";

/// The requests of the usual event, and of the same event again when nothing is left to do. Those in
/// one line are sent at the same time, or some of them are.
fn expected(operation: &str) -> (String, String) {
    let replaced = |first: &str| format!("{first}{REPLACED}");
    let grants = |kind: &str, writes: &str| {
        let read = format!("GET /users/4, GET /{kind}\nGET /users/4/{kind}");
        (format!("{read}\n{writes}\nGET /users/4/{kind}"), read)
    };
    let same = |requests: &str| (requests.to_owned(), requests.to_owned());
    let (first, again) = match operation {
        "list-users" | "list-user-changes" | "test-connection" => return same("GET /users"),
        "list-roles" => return same("GET /roles"),
        "list-authentication-sources" => return same("GET /authentication_sources"),
        "list-sites" => return same("GET /sites"),
        "list-asset-groups" => return same("GET /asset_groups"),
        "get-user" => return same("GET /users/4"),
        "get-site-access" => return same("GET /users/4, GET /sites\nGET /users/4/sites"),
        "get-asset-group-access" => {
            return same("GET /users/4, GET /asset_groups\nGET /users/4/asset_groups");
        }
        "set-site-access" => {
            return grants(
                "sites",
                "DELETE /users/4/sites/1\nDELETE /users/4/sites/4\nPUT /users/4/sites/5",
            );
        }
        "grant-site-access" => return grants("sites", "PUT /users/4/sites/8"),
        "revoke-site-access" => {
            return grants("sites", "DELETE /users/4/sites/1\nDELETE /users/4/sites/4");
        }
        "set-asset-group-access" => {
            return grants(
                "asset_groups",
                "DELETE /users/4/asset_groups/1\nPUT /users/4/asset_groups/4",
            );
        }
        "grant-asset-group-access" => return grants("asset_groups", "PUT /users/4/asset_groups/4"),
        "revoke-asset-group-access" => {
            return grants("asset_groups", "DELETE /users/4/asset_groups/1");
        }
        "update-user" | "disable-user" => return (replaced("GET /users/4"), "GET /users/4".into()),
        "set-role" => {
            let read = "GET /users/4, GET /roles";
            return (replaced(read), read.into());
        }
        // The secret alone tells that it was done; it is asked last, as asking it may stage. That takes
        // its time, so the account is read once more after it.
        "set-password" => {
            let read = "GET /users/4
                GET /users/4, GET /users/4/sites, GET /users/4/asset_groups";
            return (replaced(read), read.into());
        }
        // Planned on what is read at one moment, the first time too, and read once more for the write.
        "restore-user" => {
            let read = "GET /users/4
                GET /users/4, GET /users/4/sites, GET /users/4/asset_groups";
            return (replaced(read), read.into());
        }
        "create-user" => (
            "GET /users
            GET /roles
            POST /users
            GET /users/16",
            "GET /users
            GET /roles, GET /users/16",
        ),
        "provision-user" => (
            "GET /users, GET /roles, GET /sites, GET /asset_groups
            POST /users
            GET /users/16
            PUT /users/16/sites/1, PUT /users/16/sites/4, PUT /users/16/asset_groups/4
            GET /users/16/sites, GET /users/16/asset_groups",
            "GET /users, GET /roles, GET /sites, GET /asset_groups, GET /users/16
            GET /users/16, GET /users/16/sites, GET /users/16/asset_groups",
        ),
        "reset-two-factor" => (
            "GET /users/4
            GET /users/4/2FA
            POST /users/4/2FA
            GET /users/4/2FA
            GET /users/4",
            "GET /users/4",
        ),
        "unlock-user" => (
            "GET /users
            GET /users/14
            DELETE /users/14/lock
            GET /users/14",
            "GET /users
            GET /users/14",
        ),
        // With an individual site, which is dropped, and no asset groups.
        "enable-user" => (
            "GET /users
            GET /users/15
            GET /users/15, GET /users/15/sites, GET /users/15/asset_groups
            PUT /users/15
            GET /users/15, GET /users/15/sites, GET /users/15/asset_groups
            PUT /users/15/sites
            GET /users/15/sites",
            "GET /users
            GET /users/15",
        ),
        // 404 alone is no proof that it is gone: that the list can be read is.
        "delete-user" => (
            "GET /users
            GET /users/4
            GET /users/4, GET /users/4/sites, GET /users/4/asset_groups
            DELETE /users/4
            GET /users/4
            GET /users",
            "GET /users",
        ),
        // One person across both surfaces: one list of each, whatever else is done.
        "resolve-identity" => return same("GET /users, GET /users"),
        // That nothing is left to do, only the account itself tells.
        "offboard-user" | "offboard-users" => {
            return (replaced("GET /users"), "GET /users\nGET /users/4".into());
        }
        "access-report" => return same("GET /users, GET /roles, GET /users"),
        // On the Insight Platform.
        _ => return expected_on_platform(operation),
    };
    (first.into(), again.into())
}

/// The same on the platform, with names instead of UUIDs. The list of API keys is asked for where nobody
/// said of which type the pack's own key is: only an organization key gets it.
fn expected_on_platform(operation: &str) -> (String, String) {
    let same = |requests: &str| (requests.to_owned(), requests.to_owned());
    // Everything that is planned on is read at one moment, right before the first write.
    let all = "GET /users/jdoe, GET /users/jdoe/products, GET /api-keys";
    let ending = format!("GET /users\n{all}");
    let products = "GET /users/jdoe, GET /users/jdoe/products";
    match operation {
        "list-platform-users" | "get-platform-user" => same("GET /users"),
        // Whose they are is told by email.
        "list-platform-api-keys" => same("GET /users, GET /api-keys"),
        "test-platform-connection" => same(
            "GET /validate
            GET /users
            GET /api-keys",
        ),
        "create-platform-user" => (
            "GET /users, GET /products
            GET /api-keys
            POST /users
            GET /users/jsmith
            PATCH /users/jsmith/products/IVM
            GET /users/jsmith/products"
                .into(),
            "GET /users, GET /products
            GET /users/jsmith/products"
                .into(),
        ),
        // That IVM exists is looked up where the user has no such product.
        "revoke-product-access" => (
            format!(
                "GET /users
                GET /users/jdoe/products
                GET /api-keys
                DELETE /users/jdoe/products/IVM
                {products}"
            ),
            "GET /users
            GET /users/jdoe/products
            GET /products"
                .into(),
        ),
        "revoke-platform-api-keys" => (
            "GET /users
            GET /users/jdoe/products, GET /api-keys
            DELETE /api-keys/laptop
            GET /users/jdoe, GET /users/jdoe/products, GET /api-keys"
                .into(),
            "GET /users
            GET /users/jdoe/products, GET /api-keys"
                .into(),
        ),
        "suspend-platform-user" => (
            format!(
                "{ending}
                DELETE /api-keys/laptop
                DELETE /users/jdoe/products/IVM
                DELETE /users/jdoe/products/IDR
                {all}"
            ),
            ending,
        ),
        // 404 alone is no proof that it is gone: that the list lacks it is. An email address that the
        // filter does not find is looked for in the whole list.
        "delete-platform-user" => (
            format!("{ending}\nGET /users\nDELETE /users/jdoe\nGET /users/jdoe\nGET /users"),
            "GET /users
            GET /users"
                .into(),
        ),
        "restore-platform-user" => {
            let read = "GET /users/jdoe\nGET /users/jdoe/products";
            let write = "GET /api-keys\nPATCH /users/jdoe/products/OPS";
            (format!("{read}\n{write}\n{products}"), read.into())
        }
        _ => panic!("what does {operation} send?"),
    }
}

/// Names for the platform's ids.
fn names(world: &World) -> Vec<(String, String)> {
    let state = world.platform.state();
    let local = |email: &str| email.split('@').next().unwrap_or_default().to_owned();
    let users = state.users.iter().map(|u| (u.id.clone(), local(&u.email)));
    let keys = state.api_keys.iter().map(|key| {
        let last = key.name.split(' ').next_back().unwrap_or_default();
        (key.id.clone(), last.to_owned())
    });
    let products = state.products.iter();
    let products = products.map(|p| (p.product_token.clone(), p.product_code.clone()));
    users.chain(keys).chain(products).collect()
}

/// The requests that arrived, in lines as long as those that are expected, each sorted.
fn in_lines(arrived: &[String], expected: &str) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let sorted = |mut line: Vec<String>| {
        line.sort();
        line
    };
    let expected = expected.trim().lines();
    let expected = expected.map(|line| sorted(line.trim().split(", ").map(Into::into).collect()));
    let expected: Vec<Vec<String>> = expected.collect();
    let mut arrived = arrived.iter().cloned();
    let mut lines: Vec<Vec<String>> = expected
        .iter()
        .map(|line| sorted(arrived.by_ref().take(line.len()).collect()))
        .collect();
    lines.extend(arrived.map(|too_many| vec![too_many]));
    (lines, expected)
}

fn assert_sent(world: &World, names: &[(String, String)], expected: &str, shown: &str) {
    let arrived = world.requests().into_iter().map(|line| {
        let line = line.replace("/api/3/", "/").replace("/account/api/1/", "/");
        let named = |line: String, (id, name): &(String, String)| line.replace(id, name);
        names.iter().fold(line, named)
    });
    let arrived: Vec<String> = arrived.collect();
    let (arrived, expected) = in_lines(&arrived, expected);
    assert_eq!(arrived, expected, "{shown}");
    world.clear_requests();
}

#[test]
fn no_operation_wastes_a_request() {
    for_each(actions::ALL, |entry| {
        let operation = entry.operation.spec.name;
        let world = World::new();
        let event = world.usual_event(operation);
        let function = world.allowed_function(operation);
        let (first, again) = expected(operation);
        let before = names(&world);
        for expected in [first, again] {
            function.invoke(&event).result.expect(operation);
            let names = [before.clone(), names(&world)].concat();
            assert_sent(&world, &names, &expected, operation);
        }
    });
}

/// The guide's form adds a list at once.
#[test]
fn single_grants_are_added_by_one_request_where_the_console_can() {
    for operation in ["provision-user", "set-site-access", "disable-user"] {
        let world = World::speaking(WireForm::Guide);
        let outcome = world.outcome(operation, world.usual_event(operation));
        assert_eq!(outcome["changed"], true);
        let writes = world.writes();
        let posts = writes.iter().filter(|write| write.ends_with("/sites"));
        assert_eq!(posts.count(), 1, "{operation}: {writes:?}");
    }
}
