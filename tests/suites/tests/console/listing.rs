//! Whole lists, all pages at once: complete, or an error.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use fake_console::{FakeConsole, Fault, FaultKind, State, UserRecord, WireForm};
use rapid7::console::Client;
use rapid7::{Credentials, Error, ErrorKind, Options};
use serde_json::{Value, json};
use suites::{OWN_LOGIN, OWN_PASSWORD, answer};

fn client(url: &str) -> Client {
    let credentials = Arc::new(Credentials {
        username: OWN_LOGIN.into(),
        password: OWN_PASSWORD.into(),
        token: None,
    });
    let options = Options {
        at_once: 4,
        ..Options::default()
    };
    Client::new(url, Arc::new(credentials), None, options).expect("a client")
}

async fn ids(client: &Client) -> Result<Vec<i64>, Error> {
    let users = client.users().await?;
    Ok(users.iter().map(|user| user.id().0).collect())
}

/// A console with thirteen pages of that size.
fn thirteen_pages_of(size: usize) -> FakeConsole {
    let mut state = State::with_users(12 * size + size / 2);
    state.max_page_size = size;
    FakeConsole::start_http(state)
}

#[tokio::test]
async fn all_users_are_listed_with_one_request_more_than_there_are_pages() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        for (users, requests) in [(15, 1), (500, 1), (501, 3), (1234, 4), (1500, 4)] {
            let mut state = State::with_users(users as usize);
            state.form = form;
            let console = FakeConsole::start_http(state);
            let client = client(console.url());
            assert_eq!(
                ids(&client).await.expect("users"),
                (1..=users).collect::<Vec<i64>>()
            );
            assert_eq!(client.requests(), requests, "{users} users");
            assert_eq!(console.requests().len(), requests as usize);
        }
    }
}

#[tokio::test]
async fn four_pages_are_asked_for_at_once_and_never_more() {
    let console = thirteen_pages_of(10);
    console.state().latency = Duration::from_millis(80);
    assert_eq!(ids(&client(console.url())).await.expect("users").len(), 125);
    let requests = console.requests();
    assert_eq!(requests.len(), 14);
    let first = requests[0].answered.expect("an answer");
    assert!(requests[1..].iter().all(|later| later.received > first));
    let under_way = |at: Instant| {
        let begun = requests.iter().filter(|request| request.received <= at);
        begun
            .filter(|request| request.answered.expect("an answer") > at)
            .count()
    };
    let most = requests.iter().map(|request| under_way(request.received));
    assert_eq!(most.max(), Some(4));
}

/// What changes before every request: who vanishes, by place among all, and how many appear.
#[tokio::test]
async fn who_was_there_throughout_is_listed_whatever_else_changes() {
    let places: [(&str, &[f64]); 5] = [
        ("nobody", &[]),
        ("old ones", &[0.02]),
        ("the newest", &[1.0]),
        ("some in the middle", &[0.5]),
        ("some of all", &[0.05, 0.4, 0.95]),
    ];
    for (who, vanish) in places {
        for appear in 0..=1 {
            // From this request on, and for so many.
            for (skip, times) in [(0, 100), (1, 100), (1, 1), (5, 1), (13, 1)] {
                let console = thirteen_pages_of(30);
                let before: BTreeSet<i64> = console.state().users.keys().copied().collect();
                let change = FaultKind::change_before(move |state| {
                    for place in vanish {
                        let users = state.users.len() - 1;
                        let nth = (place * users as f64) as usize;
                        let id = *state.users.keys().nth(nth.max(15)).expect("a user");
                        state.users.remove(&id);
                    }
                    for _ in 0..appear {
                        let login = format!("new{}", state.last_user_id);
                        state.add_user(UserRecord::new(&login, "Passw0rd-new", "user"));
                    }
                });
                let fault = Fault::new(change).on("GET", "/users");
                console.push_fault(fault.skip(skip).times(times));
                let shown =
                    format!("{who} vanish, {appear} appear, from request {skip}, {times} times");
                let listed = ids(&client(console.url())).await;
                let listed = listed.unwrap_or_else(|error| panic!("{shown}: {error}"));
                let there: BTreeSet<i64> = console.state().users.keys().copied().collect();
                for id in before.intersection(&there) {
                    assert!(listed.contains(id), "{shown}: user {id} is missing");
                }
                // Again page by page, and a look at who is new, but no more than that.
                let requests = console.requests().len();
                assert!(requests <= 14 + 13 + 1, "{shown}: {requests} requests");
                console.clear_faults();
            }
        }
    }
}

#[tokio::test]
async fn a_page_that_is_gone_is_read_before_it_is_missed() {
    let console = thirteen_pages_of(10);
    let vanish = FaultKind::change_before(|state| {
        state.users.retain(|id, _| *id <= 20 || *id > 47);
    });
    console.push_fault(Fault::new(vanish).on("GET", "/users").skip(1));
    let listed = ids(&client(console.url())).await.expect("users");
    assert_eq!(listed, (1..=20).chain(48..=125).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_page_that_fails_for_now_is_asked_for_again() {
    let console = thirteen_pages_of(10);
    console.push_fault(Fault::new(FaultKind::status(503)).skip(3));
    console.push_fault(Fault::new(FaultKind::ResetAfter).skip(6));
    let client = client(console.url());
    assert_eq!(ids(&client).await.expect("users").len(), 125);
    assert_eq!(client.requests(), 16);
}

#[tokio::test]
async fn a_page_that_fails_fails_the_list_at_once() {
    for (kind, told) in [
        (FaultKind::status(500), ErrorKind::Unavailable),
        (FaultKind::status(401), ErrorKind::Unauthorized),
        (FaultKind::status(403), ErrorKind::Forbidden),
        (FaultKind::Html { status: 200 }, ErrorKind::Unavailable),
        (FaultKind::CutJson, ErrorKind::Unavailable),
    ] {
        let console = thirteen_pages_of(10);
        let shown = format!("{kind:?}");
        console.push_fault(Fault::new(FaultKind::Hang).skip(1));
        console.push_fault(Fault::new(kind).skip(3));
        let start = Instant::now();
        let error = ids(&client(console.url())).await.expect_err(&shown);
        assert_eq!(error.kind, told, "{shown}: {error}");
        assert!(start.elapsed() < Duration::from_secs(5), "{shown}");
    }
}

/// What a request asks for.
struct Asked {
    /// How many came before it.
    before: usize,
    page: usize,
    newest_first: bool,
}

/// The address of a console that has nothing but a list, and answers requests at the same time.
fn serve(list: impl Fn(&Asked) -> String + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let list = Arc::new(list);
    thread::spawn(move || {
        for (before, stream) in listener.incoming().enumerate() {
            let mut stream = stream.expect("a connection");
            let list = Arc::clone(&list);
            thread::spawn(move || {
                let mut request = [0; 8192];
                let length = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..length]);
                let (_, page) = request.split_once("?page=").expect("a page");
                let (page, _) = page.split_once('&').expect("a size");
                let answer = list(&Asked {
                    before,
                    page: page.parse().expect("a number"),
                    newest_first: request.contains("id%2Cdesc"),
                });
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    url
}

/// A page of five hundred, said to be one of `total`.
fn page(asked: &Asked, ids: &[i64], total: usize) -> String {
    let page = ids.chunks(500).nth(asked.page).unwrap_or_default();
    let users = page.iter();
    let users = users.map(|id| json!({"id": id, "login": format!("user{id}")}));
    let body = json!({
        "resources": users.collect::<Value>(),
        "page": {
            "number": asked.page, "size": 500,
            "totalPages": total.div_ceil(500), "totalResources": total,
        },
    });
    answer("200 OK", &body)
}

/// No answer while the test lasts.
fn never() -> String {
    thread::sleep(Duration::from_secs(60));
    String::new()
}

fn sorted(ids: &BTreeSet<i64>, asked: &Asked) -> Vec<i64> {
    match asked.newest_first {
        true => ids.iter().rev().copied().collect(),
        false => ids.iter().copied().collect(),
    }
}

#[tokio::test]
async fn the_first_page_that_fails_ends_the_other_requests() {
    let users: BTreeSet<i64> = (1..=4500).collect();
    let url = serve(move |asked| match (asked.before, asked.page) {
        (0, _) => page(asked, &sorted(&users, asked), users.len()),
        (_, 2) => answer("500 Internal Server Error", &json!({"message": "page 2"})),
        _ => never(),
    });
    let client = client(&url);
    let start = Instant::now();
    let error = ids(&client).await.expect_err("page 2");
    assert!(error.message.contains("page 2"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(client.requests(), 1 + 4);
}

/// The end of the list may be the first that is heard of.
#[tokio::test]
async fn a_page_that_is_gone_makes_the_others_be_read_again() {
    let url = serve(move |asked| {
        let users = match asked.before {
            0 => 1..=1234,
            _ => 301..=1234,
        };
        let users: BTreeSet<i64> = users.collect();
        match (asked.page, asked.newest_first) {
            (2, _) => answer("404 Not Found", &json!({"message": "no such page"})),
            (_, true) if asked.before > 0 => never(),
            _ => page(asked, &sorted(&users, asked), users.len()),
        }
    });
    let client = client(&url);
    let listed = ids(&client).await.expect("users");
    assert_eq!(listed, (301..=1234).collect::<Vec<i64>>());
    assert_eq!(client.requests(), 4 + 3);
}

/// The total stays the same, and so does the number of entries read: with user 1 gone and user 1235
/// there, the page read last begins one place earlier, and between it and the next one is lost.
#[tokio::test]
async fn one_deleted_and_one_created_between_two_pages_hide_no_other() {
    for late in 0..3 {
        let users = Mutex::new((1..=1234).collect::<BTreeSet<i64>>());
        let answered = AtomicUsize::new(0);
        let url = serve(move |asked| {
            let at_once = (1..=3).contains(&asked.before);
            if at_once && asked.page == late {
                while answered.load(Ordering::SeqCst) < 2 {
                    thread::sleep(Duration::from_millis(1));
                }
                let mut users = users.lock().expect("users");
                users.remove(&1);
                users.insert(1235);
            }
            let users = sorted(&users.lock().expect("users"), asked);
            if at_once {
                answered.fetch_add(1, Ordering::SeqCst);
            }
            page(asked, &users, users.len())
        });
        let client = client(&url);
        let listed = ids(&client).await.expect("users");
        assert_eq!(
            listed,
            (2..=1235).collect::<Vec<i64>>(),
            "page {late} was late"
        );
        assert_eq!(client.requests(), 4 + 3);
    }
}

/// No console should give an old number again. One that does hides who is moved back by it.
#[tokio::test]
async fn a_list_that_misses_somebody_is_an_error() {
    let mut users: BTreeSet<i64> = (1..=1234).collect();
    users.remove(&2);
    let users = Mutex::new(users);
    let url = serve(move |asked| {
        let mut users = users.lock().expect("users");
        if asked.before == 1 {
            users.remove(&1100);
        }
        if asked.page == 0 && !asked.newest_first {
            users.insert(2);
        }
        page(asked, &sorted(&users, asked), users.len())
    });
    let error = ids(&client(&url)).await.expect_err("without user 501");
    assert_eq!(error.kind, ErrorKind::Unavailable);
    let told = "not complete: 1232 of 1233";
    assert!(error.message.contains(told), "{error}");
}

#[tokio::test]
async fn a_console_that_sorts_as_it_likes_is_listed_completely() {
    let ascending: Vec<i64> = (1..=1234).collect();
    let mixed: Vec<i64> = (0..1234).map(|n| n * 7 % 1234 + 1).collect();
    // Page by page only.
    let mut by_page = ascending.clone();
    by_page.chunks_mut(500).for_each(<[i64]>::reverse);
    for (order, requests) in [(ascending, 4), (mixed, 8), (by_page, 11)] {
        let client = client(&serve(move |asked| page(asked, &order, order.len())));
        let listed = ids(&client).await.expect("users");
        assert_eq!(listed, (1..=1234).collect::<Vec<i64>>());
        assert_eq!(client.requests(), requests);
    }
}

/// By name, say: who is new may push another back into a page that was read already, while someone
/// on that page vanishes.
#[tokio::test]
async fn a_console_that_sorts_otherwise_hides_nobody() {
    for churn in [1, 100] {
        let users: Vec<i64> = (0..1234).map(|n| n * 7 % 1234 + 1).collect();
        let mut after = users.clone();
        after.remove(999);
        after.push(1235);
        after.sort_unstable();
        let (users, new) = (Mutex::new(users), AtomicUsize::new(0));
        let url = serve(move |asked| {
            let mut users = users.lock().expect("users");
            if asked.before >= 3 && new.fetch_add(1, Ordering::SeqCst) < churn {
                users.insert(0, 1232 + asked.before as i64);
                users.remove(1000);
            }
            page(asked, &users, users.len())
        });
        let listed = ids(&client(&url)).await;
        match churn {
            1 => assert_eq!(listed.expect("users"), after),
            _ => {
                let error = listed.expect_err("a list that does not keep still");
                assert_eq!(error.kind, ErrorKind::Unavailable);
            }
        }
    }
}

#[tokio::test]
async fn a_list_that_is_not_as_long_as_it_says_is_an_error() {
    for (users, total, told) in [
        (1234, 1235, "not complete: 1234 of 1235"),
        (1000, 1234, "not complete: 1000 of 1234"),
        (400, 450, "not complete: 400 of 450"),
        (1234, 934, "more entries than the 934"),
    ] {
        let users: BTreeSet<i64> = (1..=users).collect();
        let url = serve(move |asked| page(asked, &sorted(&users, asked), total));
        let error = ids(&client(&url)).await.expect_err("wrong");
        assert_eq!(error.kind, ErrorKind::Unavailable);
        assert!(error.message.contains(told), "{error}");
    }
}

/// A page that counts one user who is not on it: the console counted before it listed.
#[tokio::test]
async fn a_total_that_differs_is_looked_into() {
    let users: BTreeSet<i64> = (1..=1234).collect();
    let url = serve(move |asked| {
        let total = 1234 + usize::from(asked.before == 2);
        page(asked, &sorted(&users, asked), total)
    });
    let client = client(&url);
    assert_eq!(ids(&client).await.expect("users").len(), 1234);
    assert!(client.requests() > 4);
}

#[tokio::test]
async fn sites_and_asset_groups_are_listed_with_what_they_are_for() {
    let console = FakeConsole::start_http(State::realistic());
    let client = client(console.url());
    let sites = client.sites().await.expect("sites");
    assert_eq!(sites.len(), 8);
    assert_eq!(sites[3].id, 4);
    assert_eq!(sites[3].name.as_deref(), Some("DMZ"));
    assert_eq!(
        sites[3].description.as_deref(),
        Some("DMZ of the example company")
    );
    assert_eq!(sites[3].kind.as_deref(), Some("static"));
    let groups = client.asset_groups().await.expect("asset groups");
    assert_eq!(groups.len(), 5);
    assert_eq!(groups[2].name.as_deref(), Some("Payment Systems"));
    assert_eq!(client.requests(), 2);
    console.state().sites = (1..=1203).map(|id| (id, format!("Site {id}"))).collect();
    let sites = client.sites().await.expect("many sites");
    let ids: Vec<i64> = sites.iter().map(|site| site.id).collect();
    assert_eq!(ids, (1..=1203).collect::<Vec<i64>>());
}
