//! Who is whose, rule by rule, and that nobody else ever is.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

fn account(login: &str, email: &str) -> Account {
    Account::new(login, Some(email))
}

fn rules() -> IdentityRules {
    IdentityRules {
        login_domains: vec!["example.com".into()],
        same_domains: vec!["example.com".into(), "example.org".into()],
    }
}

/// What was found, by the names of the lists.
fn found(rules: &IdentityRules, person: Person, lists: &[(&str, &[Account])]) -> String {
    let matches = rules.find(&person, lists);
    let mut lines = Vec::new();
    for ((name, accounts), found) in lists.iter().zip(&matches.found) {
        for one in found {
            let Match {
                index,
                confidence,
                reasons,
            } = one;
            let login = &accounts[*index].login;
            lines.push(format!(
                "{name} {login} {confidence:?}: {}",
                reasons.join("; ")
            ));
        }
    }
    for ((name, accounts), near) in lists.iter().zip(&matches.near) {
        lines.extend(
            near.iter()
                .map(|index| format!("{name} {} near", accounts[*index].login)),
        );
    }
    lines.join("\n")
}

fn by_email(text: &str) -> Person {
    Person::Email(text.into())
}

fn by_login(text: &str) -> Person {
    Person::Login(text.into())
}

#[test]
fn an_address_is_an_address_in_any_case_and_a_login_may_be_one() {
    let emea = [
        account("jdoe", "JDoe@Example.com"),
        account("jdoe@example.com", ""),
        account("xjdoe", "xjdoe@example.com"),
        Account::new("untold", None),
    ];
    let platform = [account("jdoe@example.com", "jdoe@example.com")];
    let lists = [("emea", &emea[..]), ("platform", &platform[..])];
    assert_snapshot!(found(&IdentityRules::default(), by_email("jdoe@EXAMPLE.com"), &lists), @r"
    emea jdoe Certain: email jdoe@example.com: the email given
    emea jdoe@example.com Certain: login jdoe@example.com: the email given
    platform jdoe@example.com Certain: email jdoe@example.com: the email given
    ");
}

#[test]
fn the_account_with_the_login_lends_its_address() {
    let emea = [account("jdoe", "jane@example.com")];
    let apac = [
        account("janed", "Jane@Example.com"),
        account("JDOE", "x@y.zz"),
    ];
    let platform = [account("jane@example.com", "jane@example.com")];
    let lists = [
        ("emea", &emea[..]),
        ("apac", &apac[..]),
        ("platform", &platform[..]),
    ];
    assert_snapshot!(found(&IdentityRules::default(), by_login("jdoe"), &lists), @r"
    emea jdoe Certain: login: the one given
    apac janed Certain: email jane@example.com: the email of the account with the login on emea
    platform jane@example.com Certain: email jane@example.com: the email of the account with the login on emea
    apac JDOE near
    ");
}

#[test]
fn rules_make_it_likely() {
    let emea = [
        Account::new("JDoe", None),
        account("jane", "jdoe@example.org"),
    ];
    let platform = [account("jdoe@example.org", "jdoe@example.org")];
    let lists = [("emea", &emea[..]), ("platform", &platform[..])];
    assert_eq!(
        found(
            &IdentityRules::default(),
            by_email("jdoe@example.com"),
            &lists
        ),
        ""
    );
    assert_snapshot!(found(&rules(), by_email("jdoe@example.com"), &lists), @r"
    emea JDoe Likely: login: the local part of jdoe@example.com, by the rule of logins
    emea jane Likely: email jdoe@example.org: the same person's as jdoe@example.com, by the rule of same domains
    platform jdoe@example.org Likely: email jdoe@example.org: the same person's as jdoe@example.com, by the rule of same domains
    ");
    let platform = [account("jdoe@example.com", "jdoe@example.com")];
    let lists = [("emea", &emea[..1]), ("platform", &platform[..])];
    assert_snapshot!(found(&rules(), by_login("JDoe"), &lists), @r"
    emea JDoe Certain: login: the one given
    platform jdoe@example.com Likely: email jdoe@example.com: the login given is its local part, by the rule of logins
    ");
}

/// Another person's account, whose login happens to be the local part.
#[test]
fn an_account_with_an_address_of_its_own_is_not_taken_by_its_login() {
    let emea = [account("jdoe", "john.doe@example.com")];
    let lists = [("emea", &emea[..])];
    assert_snapshot!(found(&rules(), by_email("jdoe@example.com"), &lists), @"emea jdoe Doubtful: login: the local part of jdoe@example.com, by the rule of logins; but the account has another email");
    let both = [emea[0].clone(), account("jane", "jdoe@example.com")];
    let lists = [("emea", &both[..])];
    assert_snapshot!(found(&rules(), by_email("jdoe@example.com"), &lists), @"emea jane Certain: email jdoe@example.com: the email given");
}

/// John is `jdoe` on one console and Jane on the other.
#[test]
fn one_login_of_two_people_is_nobodys() {
    let emea = [account("jdoe", "jane@example.com")];
    let apac = [account("jdoe", "john@example.com")];
    let lists = [("emea", &emea[..]), ("apac", &apac[..])];
    assert_snapshot!(found(&rules(), by_login("jdoe"), &lists), @r"
    emea jdoe Doubtful: login: the one given; but the accounts with it have different emails
    apac jdoe Doubtful: login: the one given; but the accounts with it have different emails
    ");
    let apac = [account("jdoe", "jane@example.org")];
    let lists = [("emea", &emea[..]), ("apac", &apac[..])];
    assert_snapshot!(found(&rules(), by_login("jdoe"), &lists), @r"
    emea jdoe Certain: login: the one given
    apac jdoe Certain: login: the one given
    ");
}

/// The rule would say jdoe@example.com; the account itself says otherwise.
#[test]
fn what_an_account_says_of_its_address_counts_for_more_than_the_rule() {
    let emea = [account("jdoe", "jane@corp.example")];
    let platform = [account("jdoe@example.com", "jdoe@example.com")];
    let lists = [("emea", &emea[..]), ("platform", &platform[..])];
    assert_snapshot!(found(&rules(), by_login("jdoe"), &lists), @r"
    emea jdoe Certain: login: the one given
    platform jdoe@example.com Doubtful: email jdoe@example.com: the login given is its local part, by the rule of logins; but the account with the login has another email
    ");
}

#[test]
fn twins_are_both_there() {
    let emea = [
        account("asmith", "a.smith@example.com"),
        account("asmith2", "a.smith@example.com"),
    ];
    let lists = [("emea", &emea[..])];
    assert_snapshot!(found(&rules(), by_login("asmith"), &lists), @r"
    emea asmith Certain: login: the one given
    emea asmith2 Certain: email a.smith@example.com: the email of the account with the login on emea
    ");
}

#[test]
fn exactly_one_way_of_naming_a_person() {
    for (login, email) in [
        (None, None),
        (Some("a"), Some("b")),
        (Some(""), None),
        (None, Some(" a@example.com")),
    ] {
        assert!(Person::from_members(login, email).is_err());
    }
}

/// Few enough names that people meet.
fn any_account() -> impl Strategy<Value = Account> {
    let domain = prop::sample::select(vec!["example.com", "Example.org", "corp.example"]);
    let local = prop::sample::select(vec!["jdoe", "JDoe", "jane", "xjdoe"]);
    let email = (local.clone(), domain).prop_map(|(local, domain)| format!("{local}@{domain}"));
    let login = prop_oneof![local.prop_map(str::to_owned), email.clone()];
    (login, prop::option::of(email))
        .prop_map(|(login, email)| Account::new(&login, email.as_deref()))
}

fn any_person() -> impl Strategy<Value = Person> {
    prop_oneof![
        prop::sample::select(vec!["jdoe", "JDoe", "jane", "jdoe@example.com"])
            .prop_map(|login| Person::Login(login.into())),
        prop::sample::select(vec![
            "jdoe@example.com",
            "JANE@example.org",
            "x@corp.example"
        ])
        .prop_map(|email| Person::Email(email.into())),
    ]
}

fn any_list() -> impl Strategy<Value = Vec<Account>> {
    prop::collection::vec(any_account(), 0..5)
}

proptest! {
    /// Without rules, an account is only taken for its own address or login.
    #[test]
    fn nothing_is_guessed_without_rules(
        person in any_person(), one in any_list(), other in any_list(),
    ) {
        let lists = [("one", &one[..]), ("other", &other[..])];
        let matches = IdentityRules::default().find(&person, &lists);
        for ((_, accounts), found) in lists.iter().zip(&matches.found) {
            for found in found {
                let account = &accounts[found.index];
                let mine = |text: &str| matches.emails.contains(text);
                let login = matches!(&person, Person::Login(login) if *login == account.login);
                let email = account.email.as_deref().is_some_and(mine);
                prop_assert!(found.confidence != Confidence::Likely);
                prop_assert!(
                    login || email || mine(&account.lower) || found.confidence == Confidence::Doubtful,
                    "{account:?} for {person:?}",
                );
                prop_assert!(!found.reasons.is_empty());
            }
        }
    }

    /// In whatever order lists and accounts come, the same accounts are found.
    #[test]
    fn order_does_not_matter(person in any_person(), one in any_list(), other in any_list()) {
        let told = |one: &[Account], other: &[Account]| {
            let lists = [("one", one), ("other", other)];
            let matches = rules().find(&person, &lists);
            let told = lists.iter().zip(matches.found).map(|((_, accounts), found)| {
                let accounts = found.iter().map(|found| {
                    let account = &accounts[found.index];
                    (account.login.clone(), account.email.clone(), found.confidence)
                });
                let mut accounts: Vec<_> = accounts.collect();
                accounts.sort();
                accounts
            });
            told.collect::<Vec<_>>()
        };
        let mut turned = one.clone();
        turned.reverse();
        prop_assert_eq!(told(&one, &other), told(&turned, &other));
        let mut swapped = told(&other, &one);
        swapped.reverse();
        prop_assert_eq!(told(&one, &other), swapped);
    }

    /// Somebody else's account changes nothing about who a person is.
    #[test]
    fn strangers_do_not_matter(person in any_person(), list in any_list()) {
        let mut more = list.clone();
        more.push(account("stranger", "stranger@example.com"));
        let with = rules().find(&person, &[("one", &more)]);
        let without = rules().find(&person, &[("one", &list)]);
        prop_assert_eq!(with.found, without.found);
        prop_assert_eq!(with.emails, without.emails);
    }
}

#[test]
fn the_accounts_of_one_person_have_one_address_by_the_rules() {
    let rules = IdentityRules {
        login_domains: vec!["Example.com".into()],
        same_domains: vec!["example.com".into(), "example.org".into()],
    };
    let jdoe = Some("jdoe@example.com".to_owned());
    for (login, email) in [
        ("whatever", Some("JDoe@Example.com")),
        ("whatever", Some("jdoe@example.org")),
        ("jdoe", None),
        ("JDoe", Some("")),
        ("jdoe@example.org", None),
    ] {
        assert_eq!(rules.person_of(login, email), jdoe, "{login} {email:?}");
    }
    assert_eq!(
        rules.person_of("jdoe", Some("jdoe@other.com")).as_deref(),
        Some("jdoe@other.com")
    );
    let none = IdentityRules::default();
    assert_eq!(none.person_of("jdoe", None), None, "nothing tells");
    let two = IdentityRules {
        login_domains: vec!["a.com".into(), "b.com".into()],
        ..IdentityRules::default()
    };
    assert_eq!(
        two.person_of("jdoe", None),
        None,
        "one of two, and nobody knows which"
    );
}
