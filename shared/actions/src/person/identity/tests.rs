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

/// Lists that were read: consoles', and the platform's.
fn read<'a>(lists: &[(&'a str, &'a [Account])]) -> Vec<List<'a>> {
    let lists = lists.iter().map(|(name, accounts)| List {
        name,
        accounts: Some(accounts),
        lends: *name != "platform",
    });
    lists.collect()
}

/// What was found, by the names of the lists.
fn found(rules: &IdentityRules, person: Person, lists: &[(&str, &[Account])]) -> String {
    told(rules, &person, &read(lists))
}

fn told(rules: &IdentityRules, person: &Person, lists: &[List<'_>]) -> String {
    let matches = rules.find(person, lists);
    let mut lines = Vec::new();
    for (list, found) in lists.iter().zip(&matches.found) {
        let (name, accounts) = (list.name, list.accounts.expect("read"));
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
    apac JDOE Doubtful: login: the one given, but for upper and lower case or blanks
    platform jane@example.com Certain: email jane@example.com: the email of the account with the login on emea
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
    assert_snapshot!(found(&rules(), by_email("jdoe@example.com"), &lists), @r"
    emea jane Certain: email jdoe@example.com: the email given
    emea jdoe Doubtful: login: the local part of jdoe@example.com, by the rule of logins; but the account has another email
    ");
}

/// John is `jdoe` on one console and Jane on the other; whose it is on a third one, nothing tells.
#[test]
fn one_login_of_two_people_is_nobodys() {
    let emea = [account("jdoe", "jane@example.com")];
    let apac = [account("jdoe", "john@example.com")];
    let amer = [Account::new("jdoe", None)];
    let lists = [
        ("emea", &emea[..]),
        ("apac", &apac[..]),
        ("amer", &amer[..]),
    ];
    assert_snapshot!(found(&rules(), by_login("jdoe"), &lists), @r"
    emea jdoe Doubtful: login: the one given; but the accounts with it have different emails
    apac jdoe Doubtful: login: the one given; but the accounts with it have different emails
    amer jdoe Doubtful: login: the one given; but the accounts with it have different emails
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

/// What the list that is not read says of the login may be the contradiction.
#[test]
fn a_login_is_nobodys_while_a_console_is_not_read() {
    let emea = [account("jdoe", "jane@example.com")];
    let apac = [account("jdoe", "john@example.com")];
    let platform = [account("john@example.com", "john@example.com")];
    let mut lists = read(&[("emea", &emea), ("apac", &apac), ("platform", &platform)]);
    let confidence = |person: Person, lists: &[List<'_>]| {
        let matches = rules().find(&person, lists);
        let found = matches.found.iter().flatten();
        let found: Vec<Confidence> = found.map(|found| found.confidence).collect();
        (found, matches.untold.is_some(), matches.emails.is_empty())
    };
    use Confidence::{Certain, Doubtful};
    let login = || by_login("jdoe");
    assert_eq!(
        confidence(login(), &lists),
        (vec![Doubtful; 3], false, true)
    );
    lists[0].accounts = None;
    assert_eq!(confidence(login(), &lists), (vec![Doubtful; 2], true, true));
    assert_eq!(
        rules().find(&login(), &lists).untold.as_deref(),
        Some("the login's owner can't be told while emea is not read")
    );
    // An address says by itself who is meant; and the platform knows of no login.
    let email = by_email("john@example.com");
    assert_eq!(confidence(email, &lists), (vec![Certain; 2], false, false));
    lists[0].accounts = Some(&[]);
    lists[2].accounts = None;
    assert_eq!(confidence(login(), &lists), (vec![Certain], false, false));
}

/// `jdoe` is somebody's of a.com or of b.com.
#[test]
fn of_two_domains_of_logins_none_is_guessed() {
    let two = IdentityRules {
        login_domains: vec!["a.com".into(), "b.com".into()],
        ..IdentityRules::default()
    };
    let emea = [Account::new("jdoe", None)];
    let lists = [("emea", &emea[..])];
    assert_snapshot!(found(&two, by_email("jdoe@a.com"), &lists), @"emea jdoe Doubtful: login: the local part of jdoe@a.com, by the rule of logins; but logins may be of several domains");
    let platform = [account("jdoe@a.com", "jdoe@a.com")];
    let lists = [("emea", &emea[..]), ("platform", &platform[..])];
    assert_snapshot!(found(&two, by_login("jdoe"), &lists), @r"
    emea jdoe Certain: login: the one given
    platform jdoe@a.com Doubtful: email jdoe@a.com: the login given is its local part, by the rule of logins; but logins may be of several domains
    ");
    let alike = IdentityRules {
        same_domains: two.login_domains.clone(),
        ..two
    };
    assert_snapshot!(found(&alike, by_email("jdoe@a.com"), &lists[..1]), @"emea jdoe Likely: login: the local part of jdoe@a.com, by the rule of logins");
}

#[test]
fn a_login_that_is_an_address_is_not_the_address_of_an_account_with_another() {
    let emea = [account("jdoe@x.com", "asmith@x.com")];
    let platform = [
        account("jdoe@x.com", "jdoe@x.com"),
        account("asmith@x.com", "asmith@x.com"),
    ];
    let lists = [("emea", &emea[..]), ("platform", &platform[..])];
    assert_snapshot!(found(&rules(), by_login("jdoe@x.com"), &lists), @r"
    emea jdoe@x.com Doubtful: login: the one given; but the accounts with it have different emails
    platform jdoe@x.com Doubtful: login: the one given; but the accounts with it have different emails
    platform asmith@x.com Doubtful: email asmith@x.com: the email of the account with the login on emea; but the accounts with it have different emails
    ");
    assert_snapshot!(found(&rules(), by_email("jdoe@x.com"), &lists), @r"
    emea jdoe@x.com Doubtful: login jdoe@x.com: the email given; but the account has another email
    platform jdoe@x.com Certain: email jdoe@x.com: the email given
    ");
}

#[test]
fn a_shared_mailbox_tells_nobody_on_other_surfaces() {
    let emea = [
        account("jdoe", "team@example.com"),
        account("asmith", "team@example.com"),
    ];
    let apac = [account("bob", "team@example.com")];
    let amer = [account("jdoe", "team@example.com")];
    let platform = [account("team@example.com", "team@example.com")];
    let lists = [
        ("emea", &emea[..]),
        ("apac", &apac[..]),
        ("amer", &amer[..]),
        ("platform", &platform[..]),
    ];
    assert_snapshot!(found(&rules(), by_login("jdoe"), &lists), @r"
    emea jdoe Certain: login: the one given
    emea asmith Certain: email team@example.com: the email of the account with the login on emea
    apac bob Doubtful: email team@example.com: the email of the account with the login on emea; but several accounts of emea may be theirs
    amer jdoe Certain: login: the one given
    platform team@example.com Doubtful: email team@example.com: the email of the account with the login on emea; but several accounts of emea may be theirs
    ");
}

#[test]
fn blanks_around_an_address_make_nobody_else_of_it() {
    let emea = [
        account("jane", " JDoe@example.com\t"),
        account(" jdoe@example.com", " "),
    ];
    let lists = [("emea", &emea[..])];
    assert_snapshot!(found(&IdentityRules::default(), by_email("jdoe@example.com"), &lists), @r"
    emea jane Certain: email jdoe@example.com: the email given
    emea  jdoe@example.com Certain: login jdoe@example.com: the email given
    ");
    let person = IdentityRules::default().person_of("jane", Some(" JDoe@example.com\t"));
    assert_eq!(person.as_deref(), Some("jdoe@example.com"));
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
fn any_local() -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(vec!["jdoe", "JDoe", "jane", "xjdoe"])
}

fn any_email() -> impl Strategy<Value = String> {
    let domain = prop::sample::select(vec!["example.com", "Example.org", "corp.example"]);
    (any_local(), domain).prop_map(|(local, domain)| format!("{local}@{domain}"))
}

/// None, those of one company, and logins of two that have nothing to do with each other.
fn any_rules() -> impl Strategy<Value = IdentityRules> {
    let two = IdentityRules {
        login_domains: vec!["example.com".into(), "corp.example".into()],
        ..rules()
    };
    prop::sample::select(vec![IdentityRules::default(), rules(), two])
}

fn any_account() -> impl Strategy<Value = Account> {
    let login = prop_oneof![any_local().prop_map(str::to_owned), any_email()];
    (login, prop::option::of(any_email()))
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
        let matches = IdentityRules::default().find(&person, &read(&lists));
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
            let matches = rules().find(&person, &read(&lists));
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
        let with = rules().find(&person, &read(&[("one", &more)]));
        let without = rules().find(&person, &read(&[("one", &list)]));
        prop_assert_eq!(with.found, without.found);
        prop_assert_eq!(with.emails, without.emails);
    }

    /// What is not read can only be missing: an outage makes nobody surer.
    #[test]
    fn an_outage_makes_nobody_surer(
        rules in any_rules(), person in any_person(),
        lists in prop::collection::vec(any_list(), 2..4), emails in prop::collection::btree_set(any_email(), 0..4),
        down in 0..4_usize,
    ) {
        let platform: Vec<Account> = emails.iter().map(|email| account(email, email)).collect();
        let names = ["emea", "apac", "amer"];
        let consoles = names.into_iter().zip(lists.iter().map(Vec::as_slice));
        let all: Vec<_> = consoles.chain([("platform", &platform[..])]).collect();
        let up = read(&all);
        let down = down.min(up.len() - 1);
        let mut rest = up.clone();
        rest[down].accounts = None;
        let before = rules.find(&person, &up);
        let after = rules.find(&person, &rest);
        for (place, (before, after)) in before.found.iter().zip(&after.found).enumerate() {
            for found in after {
                let was = before.iter().find(|was| was.index == found.index);
                prop_assert!(
                    found.is_doubtful() || was.is_some_and(|was| was.confidence <= found.confidence),
                    "{} without {}: {found:?}, was {was:?}", up[place].name, up[down].name,
                );
            }
        }
        prop_assert!(after.found[down].is_empty());
    }

    /// Nobody is taken for sure whose own address is not the person's.
    #[test]
    fn nobody_with_somebody_elses_address_is_certain(
        rules in any_rules(), person in any_person(), one in any_list(), other in any_list(),
    ) {
        let lists = read(&[("one", &one), ("other", &other)]);
        let matches = rules.find(&person, &lists);
        for (list, found) in lists.iter().zip(&matches.found) {
            for found in found.iter().filter(|found| found.confidence == Confidence::Certain) {
                let account = list.accounts().nth(found.index).expect("an account");
                let email = account.email.as_deref();
                let theirs = |email: &str| {
                    let mut all = matches.emails.iter();
                    !matches.emails.is_empty() && all.all(|other| rules.are_alike(email, other))
                };
                prop_assert!(email.is_none_or(theirs), "{account:?} for {person:?}");
            }
        }
    }

    /// An address is looked for the same way in whatever order, to the last word.
    #[test]
    fn by_email_each_list_tells_for_itself(
        rules in any_rules(), email in any_email(), one in any_list(), other in any_list(),
    ) {
        let person = Person::Email(email);
        let both = rules.find(&person, &read(&[("one", &one), ("other", &other)]));
        let swapped = rules.find(&person, &read(&[("other", &other), ("one", &one)]));
        let alone = rules.find(&person, &read(&[("one", &one)]));
        prop_assert_eq!(&both.found[0], &swapped.found[1]);
        prop_assert_eq!(&both.found[1], &swapped.found[0]);
        prop_assert_eq!(&both.found[0], &alone.found[0]);
        prop_assert_eq!(both.emails, swapped.emails);
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
