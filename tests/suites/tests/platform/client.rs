//! The client of the Insight Platform on a real socket: lists, rate limits, and whom it takes for whom.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fake_console::{
    FakePlatform, Fault, FaultKind, IndexCounts, Lists, ORGANIZATION_KEY, PlatformState, VmUser,
};
use rapid7::platform::{Client, UserFilter};
use rapid7::{
    ApiKey, CredentialSource, Credentials, ErrorKind, Options, RetryPolicy, Trust, console,
};

fn key(key: &str) -> Arc<dyn CredentialSource<ApiKey>> {
    Arc::new(Arc::new(ApiKey(key.into())))
}

fn client(platform: &FakePlatform) -> Client {
    Client::new(platform.url(), key(ORGANIZATION_KEY), Options::default()).expect("a client")
}

fn slow_down(platform: &FakePlatform, limit: u32, window: Duration) {
    let mut state = platform.state();
    state.rate_limit.limit = limit;
    state.rate_limit.window = window;
}

fn refused(platform: &FakePlatform) -> usize {
    let requests = platform.requests();
    requests
        .iter()
        .filter(|request| request.status == Some(429))
        .count()
}

#[tokio::test]
async fn everything_is_read_over_tls() {
    let platform = FakePlatform::start(PlatformState::realistic());
    let options = Options {
        trust: Trust::CaPem(platform.certificate_pem().into()),
        ..Options::default()
    };
    let url = format!("{}/account/api/1/", platform.url());
    let client = Client::new(&url, key(ORGANIZATION_KEY), options).expect("a client");
    client.validate().await.expect("a key of this region");
    let users = client.users(&UserFilter::default()).await.expect("users");
    assert_eq!(users.len(), platform.state().users.len());
    assert_eq!(client.products().await.expect("products").len(), 5);
    assert!(!client.roles().await.expect("roles").is_empty());
    assert!(!client.user_groups().await.expect("groups").is_empty());
    assert!(!client.api_keys().await.expect("keys").is_empty());
    let jdoe = users.iter().find(|user| user.email() == "jdoe@example.com");
    let jdoe = client.user(jdoe.expect("jdoe").id()).await.expect("jdoe");
    let access = client.product_access(jdoe.id()).await.expect("products");
    let codes: Vec<&str> = access.iter().filter_map(|product| product.code()).collect();
    assert_eq!(codes, ["IVM", "IDR"]);
}

#[tokio::test]
async fn the_platform_compares_loosely_and_the_filter_is_passed_on() {
    let platform = FakePlatform::start_http(PlatformState::realistic());
    let filter = UserFilter {
        email: Some("jdoe@example.com".into()),
        ..UserFilter::default()
    };
    let users = client(&platform).users(&filter).await.expect("users");
    let emails: Vec<&str> = users.iter().map(|user| user.email()).collect();
    assert_eq!(emails, ["xjdoe@example.com", "jdoe@example.com"]);
}

/// The guide's listing: pages of five hundred, complete or an error.
#[tokio::test]
async fn the_listing_of_the_guide_is_read_page_by_page() {
    let mut state = PlatformState::empty();
    state.vm_users = vm_users(1201);
    let platform = FakePlatform::start_http(state);
    let users = client(&platform).vm_users().await.expect("users");
    assert_eq!(users.len(), 1201);
    let requests = platform.requests();
    let queries: Vec<&str> = requests.iter().filter_map(|r| r.query.as_deref()).collect();
    let page = |index: u32| format!("index={index}&size=500");
    assert_eq!(queries, [page(0), page(2), page(1), page(0)]);
}

/// Whoever moves into another page because somebody is deleted between two requests is not missed.
#[tokio::test]
async fn nobody_is_missed_where_the_listing_of_the_guide_changes() {
    for skip in 0..4 {
        let mut state = PlatformState::empty();
        state.vm_users = vm_users(1201);
        let platform = FakePlatform::start_http(state);
        let vanish = FaultKind::platform_change_before(|state| drop(state.vm_users.remove(0)));
        platform.push_fault(Fault::new(vanish).on("GET", "/vm/v4/users").skip(skip));
        let users = client(&platform).vm_users().await.expect("users");
        let missed = (2..=1201).filter(|id| !users.iter().any(|user| user.id == *id));
        assert_eq!(
            missed.collect::<Vec<_>>(),
            [0; 0],
            "deleted before request {skip}"
        );
    }
}

/// The same of the account API's lists, whatever `index` counts.
#[tokio::test]
async fn nobody_is_missed_where_a_list_in_pages_changes() {
    for counts in [IndexCounts::Pages, IndexCounts::Entries] {
        for skip in 0..6 {
            let mut state = PlatformState::large(50);
            state.lists = Lists::Paged;
            state.index_counts = counts;
            let emails: Vec<String> = state.users.iter().map(|user| user.email.clone()).collect();
            let platform = FakePlatform::start_http(state);
            let vanish = FaultKind::platform_change_before(|state| drop(state.users.remove(0)));
            platform.push_fault(Fault::new(vanish).on("GET", "/users").skip(skip));
            let users = client(&platform).users(&UserFilter::default()).await;
            let users = users.expect("users");
            let missed = emails[1..].iter();
            let missed = missed.filter(|email| !users.iter().any(|user| user.email() == *email));
            assert_eq!(
                missed.count(),
                0,
                "{counts:?}, deleted before request {skip}"
            );
            platform.clear_faults();
        }
    }
}

fn vm_users(count: i64) -> Vec<VmUser> {
    let user = |id| VmUser {
        id,
        login: format!("user{id}"),
        email: format!("user{id}@example.com"),
    };
    (1..=count).map(user).collect()
}

#[tokio::test]
async fn a_limit_that_is_told_is_never_hit() {
    let platform = FakePlatform::start_http(PlatformState::realistic());
    slow_down(&platform, 5, Duration::from_secs(1));
    let client = client(&platform);
    let begin = Instant::now();
    let all = (0..13).map(|_| client.validate());
    for result in futures(all).await {
        result.expect("waited for its turn");
    }
    assert_eq!(refused(&platform), 0);
    assert_eq!(platform.requests().len(), 13);
    assert!(
        begin.elapsed() >= Duration::from_secs(2),
        "three windows: {:?}",
        begin.elapsed()
    );
}

/// Without the headers (guide: there are none), a 429 is what tells.
#[tokio::test]
async fn a_limit_that_is_not_told_is_waited_for_after_a_429() {
    let platform = FakePlatform::start_http(PlatformState::realistic());
    slow_down(&platform, 2, Duration::from_millis(300));
    platform.state().rate_limit.headers = false;
    let client = client(&platform);
    for _ in 0..4 {
        client.validate().await.expect("sent again");
    }
    assert!(refused(&platform) > 0);
}

/// Others use the same limit: what is told counts, not what this process has sent.
#[tokio::test]
async fn what_others_have_used_counts() {
    let platform = FakePlatform::start_http(PlatformState::realistic());
    slow_down(&platform, 10, Duration::from_secs(1));
    let (ours, theirs) = (client(&platform), client(&platform));
    for _ in 0..8 {
        theirs.validate().await.expect("below the limit");
    }
    for _ in 0..4 {
        ours.validate().await.expect("waited for the next window");
    }
    assert_eq!(refused(&platform), 0);
}

#[tokio::test]
async fn a_wait_past_the_deadline_is_an_error_at_once() {
    let platform = FakePlatform::start_http(PlatformState::realistic());
    slow_down(&platform, 1, Duration::from_secs(30));
    let client = client(&platform);
    client.validate().await.expect("the first");
    let soon = tokio::time::Instant::now() + Duration::from_secs(5);
    let begin = Instant::now();
    let error = client.for_run(soon).validate().await.expect_err("no time");
    assert_eq!(error.kind, ErrorKind::RateLimited);
    assert!(
        error.retry_after.is_some_and(|wait| wait.as_secs() >= 25),
        "{error}"
    );
    assert!(begin.elapsed() < Duration::from_secs(2));
    assert_eq!(platform.requests().len(), 1, "nothing was sent");
}

#[tokio::test]
async fn errors_have_the_platforms_name_for_the_request() {
    let platform = FakePlatform::start_http(PlatformState::realistic());
    let client = Client::new(platform.url(), key("not-a-key"), Options::default());
    let error = client
        .expect("a client")
        .validate()
        .await
        .expect_err("unknown");
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    let logged = platform.requests()[0].correlation_id.clone();
    assert!(logged.is_some());
    assert_eq!(error.correlation_id, logged);
    assert!(
        error.to_string().contains(&logged.expect("an id")),
        "{error}"
    );
}

/// A console asks for Basic authentication, wherever an address leads.
#[tokio::test]
async fn a_console_behind_the_platforms_address_is_known_by_what_it_asks_for() {
    let console = suites::serve(|_| {
        "HTTP/1.1 401 \r\nwww-authenticate: Basic realm=\"Security Console\"\r\n\
         content-length: 0\r\nconnection: close\r\n\r\n"
            .into()
    });
    let client = Client::new(&console, key(ORGANIZATION_KEY), Options::default());
    let users = client
        .expect("a client")
        .users(&UserFilter::default())
        .await;
    let error = users.expect_err("a console");
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(error.message.contains("looks like a console"), "{error}");
}

#[tokio::test]
async fn the_platform_behind_a_consoles_address_is_known_by_its_answer() {
    let platform = FakePlatform::start_http(PlatformState::realistic());
    let own = Credentials {
        username: "svc-soar".into(),
        password: "canary".into(),
        token: None,
    };
    let own = Arc::new(Arc::new(own));
    let client = console::Client::new(platform.url(), own, None, Options::default());
    let error = client
        .expect("a client")
        .users()
        .await
        .expect_err("no console");
    assert_eq!(error.kind, ErrorKind::Unauthorized);
    assert!(error.message.contains("it takes an API key"), "{error}");
    assert_eq!(platform.requests().len(), 1, "refused once, not sent again");
}

/// A limit that opens again after longer than anybody waits.
#[tokio::test]
async fn a_429_that_asks_for_too_long_is_not_waited_for() {
    let platform = FakePlatform::start_http(PlatformState::realistic());
    let long = FaultKind::Status {
        status: 429,
        retry_after: Some("3000".into()),
        message: "Too Many Requests".into(),
    };
    platform.push_fault(Fault::new(long).on("GET", "/validate"));
    let options = Options {
        retry: RetryPolicy::default(),
        ..Options::default()
    };
    let client = Client::new(platform.url(), key(ORGANIZATION_KEY), options).expect("a client");
    let error = client.validate().await.expect_err("too long");
    assert_eq!(error.kind, ErrorKind::RateLimited);
    assert_eq!(error.retry_after, Some(Duration::from_secs(3000)));
}

/// All at once.
async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    futures_util::future::join_all(all).await
}
