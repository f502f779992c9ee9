//! What holds for whatever accounts there are.

use proptest::prelude::*;

use super::*;

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
