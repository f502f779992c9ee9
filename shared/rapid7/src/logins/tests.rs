//! With a clock of its own: the suites can't wait for an hour.

use tokio::time::advance;

use super::*;

const SAID: &str = "answered 401";

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(15)
}

fn login() -> Arc<Login> {
    Arc::default()
}

async fn enter(login: &Arc<Login>) -> Pass {
    login.enter(false, soon()).await.expect("may be sent")
}

async fn unsent(login: &Arc<Login>) -> Option<Duration> {
    match login.enter(false, soon()).await {
        Err(Unsent::Refused { pause, .. }) => Some(pause),
        Err(Unsent::OutOfTime) => panic!("somebody else is trying"),
        Ok(_) => None,
    }
}

/// How many of so many may be sent now, while the others wait.
async fn together(login: &Arc<Login>, passes: &mut Vec<Pass>) -> usize {
    for _ in 0..8 {
        let now = Instant::now() + Duration::from_millis(1);
        passes.extend(login.enter(false, now).await.ok());
    }
    passes.len()
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_goes_alone_and_what_is_known_to_be_good_goes_together() {
    let login = login();
    let mut passes = Vec::new();
    assert_eq!(together(&login, &mut passes).await, 1);
    passes.pop().expect("one").let_in();
    assert_eq!(together(&login, &mut passes).await, TOGETHER);
    // What was let in a while ago may be refused by now.
    passes.clear();
    advance(FRESH).await;
    assert_eq!(together(&login, &mut passes).await, 1);
    // An outage decides nothing.
    passes.clear();
    assert_eq!(together(&login, &mut passes).await, 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_goes_on_once_it_is_known_and_not_at_all_if_it_was_refused() {
    for good in [true, false] {
        let login = login();
        let first = enter(&login).await;
        let waiting: Vec<_> = (0..8)
            .map(|_| {
                let login = Arc::clone(&login);
                tokio::spawn(async move {
                    let entered = login.enter(false, soon()).await;
                    if let Ok(pass) = entered {
                        pass.let_in();
                        return true;
                    }
                    false
                })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|one| !one.is_finished()));
        match good {
            true => first.let_in(),
            false => first.refused(SAID),
        }
        for one in waiting {
            assert_eq!(one.await.expect("ended"), good);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_stays_unsent_for_a_pause_that_doubles_up_to_an_hour() {
    let login = login();
    let mut pauses = Vec::new();
    for _ in 0..9 {
        enter(&login).await.refused(SAID);
        let pause = unsent(&login).await.expect("refused");
        advance(pause - Duration::from_secs(1)).await;
        assert_eq!(unsent(&login).await, Some(pause));
        advance(Duration::from_secs(1)).await;
        pauses.push(pause.as_secs() / 60);
        // One may try, and only one.
        let mut passes = Vec::new();
        assert_eq!(together(&login, &mut passes).await, 1);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    // One that is let in makes an end of it.
    enter(&login).await.let_in();
    enter(&login).await.refused(SAID);
    assert_eq!(unsent(&login).await, Some(FIRST_PAUSE));
}

/// In the middle of work, several are on their way.
#[tokio::test(start_paused = true)]
async fn those_that_were_on_their_way_together_count_once() {
    let login = login();
    enter(&login).await.let_in();
    let mut passes = Vec::new();
    assert_eq!(together(&login, &mut passes).await, TOGETHER);
    passes.pop().expect("one").refused(SAID);
    passes.pop().expect("one").refused(SAID);
    // Asked before that, and answered late.
    passes.pop().expect("one").let_in();
    assert_eq!(unsent(&login).await, Some(FIRST_PAUSE));
}

#[tokio::test(start_paused = true)]
async fn who_counts_elsewhere_sends_what_was_refused_but_alone() {
    let login = login();
    enter(&login).await.refused(SAID);
    let one = login.enter(true, soon()).await.expect("sent");
    let another = login.enter(true, soon()).await;
    assert_eq!(another.err(), Some(Unsent::OutOfTime));
    one.let_in();
    assert_eq!(unsent(&login).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_password_that_was_just_set_may_be_sent_although_it_was_refused_before() {
    let login = login();
    enter(&login).await.refused(SAID);
    login.forget();
    assert_eq!(unsent(&login).await, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_forgotten_to_make_room_is_never_a_refusal_that_still_counts() {
    let logins = Logins::default();
    let refused = Key(0);
    enter(&logins.of(refused)).await.refused(SAID);
    for key in 1..=2 * KEPT as u64 {
        enter(&logins.of(Key(key))).await.let_in();
    }
    let kept = logins.0.lock().expect("no panic").len();
    assert!(kept <= KEPT, "{kept}");
    assert_eq!(unsent(&logins.of(refused)).await, Some(FIRST_PAUSE));
}

#[test]
fn a_key_is_of_address_and_credentials_and_tells_neither() {
    let headers = |pairs: &[(&'static str, &'static str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().expect("a value"));
        }
        headers
    };
    let basic = ("authorization", "Basic canary");
    let one = Key::of("https://a", &headers(&[basic, ("token", "1")]));
    assert!(one == Key::of("https://a", &headers(&[("token", "1"), basic])));
    for other in [
        Key::of("https://b", &headers(&[basic, ("token", "1")])),
        Key::of("https://a", &headers(&[basic, ("token", "2")])),
        Key::of("https://a", &headers(&[basic])),
        Key::of("https://a", &headers(&[("authorization", "Basic other")])),
    ] {
        assert!(one != other);
    }
    assert_eq!(format!("{one:?}"), "Key { .. }");
}
