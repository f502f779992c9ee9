//! Who is whose, rule by rule, and that nobody else ever is.

use insta::assert_snapshot;

use super::*;

mod properties;

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
    apac JDOE Doubtful: login: the one given, but for upper and lower case or blanks; email x@y.zz: the email of the account with nearly the login on apac
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
        "emea JDoe Doubtful: login: the part of jdoe@example.com before the @"
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

/// Whoever picks the one must not be told that there is no other.
#[test]
fn a_login_in_other_letters_is_a_doubt_on_every_surface() {
    let emea = [account("jdoe", "jane@example.com")];
    let platform = [account("jane@example.org", "jane@example.org")];
    let lists = [("emea", &emea[..]), ("platform", &platform[..])];
    assert_snapshot!(found(&rules(), by_login("JDoe "), &lists), @r"
    emea jdoe Doubtful: login: the one given, but for upper and lower case or blanks; email jane@example.com: the email of the account with nearly the login on emea; login: the local part of jdoe@example.com, by the rule of logins; but the account has another email
    platform jane@example.org Doubtful: email jane@example.org: the email of the account with nearly the login on emea
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

/// Whoever has nothing of the kind is proven to have no account.
#[test]
fn what_comes_near_is_a_doubt() {
    for (login, email, told) in [
        (
            "CORP\\mlane",
            "",
            "login: the part of mlane@example.com before the @",
        ),
        (
            "mlane@CORP.EXAMPLE",
            "",
            "login: the part of mlane@example.com before the @",
        ),
        (
            "MLane",
            "",
            "login: the part of mlane@example.com before the @",
        ),
        (
            "mlane",
            "maria.lane@example.com",
            "login: the part of mlane@example.com before the @; but the account has another email",
        ),
        (
            "ml",
            "MLane+admin@example.com",
            "email: mlane@example.com, but for what follows a +",
        ),
        (
            "mlane+admin@example.com",
            "",
            "login: mlane@example.com, but for what follows a +",
        ),
        (
            "ml",
            "Maria Lane <mlane@example.com>",
            "email: mlane@example.com is a part of it",
        ),
        (
            "ml",
            "mailto:mlane@example.com",
            "email: mlane@example.com is a part of it",
        ),
        (
            "ml",
            "boss@example.com; MLANE@example.com",
            "email: mlane@example.com is a part of it",
        ),
        (
            "ml",
            "mlane\u{200b}@example.com",
            "email: looks like mlane@example.com, in other letters",
        ),
        (
            "\u{ff4d}lane@example.com",
            "",
            "login: looks like mlane@example.com, in other letters",
        ),
    ] {
        let account = Account::new(login, Some(email));
        let found = found(
            &IdentityRules::default(),
            by_email("mlane@example.com"),
            &[("emea", &[account])],
        );
        assert_eq!(
            found,
            format!("emea {login} Doubtful: {told}"),
            "{login} {email}"
        );
    }
    for (login, email) in [
        ("mlane", "mlane@other.com"),
        ("mlane@other.com", "mlane@other.com"),
        ("ml", "mlane2@example.com"),
        ("xmlane", ""),
    ] {
        let account = Account::new(login, Some(email));
        let found = found(
            &IdentityRules::default(),
            by_email("mlane@example.com"),
            &[("emea", &[account])],
        );
        assert_eq!(found, "", "{login} {email}");
    }
    // The sign for kelvin is a letter of the same look, and somebody else's.
    let kelvin = account("mike", "mi\u{212a}e@example.com");
    let decomposed = account("zoe", "Zoe\u{308}@example.com");
    let lists: [(&str, &[Account]); 1] = [("emea", &[kelvin, decomposed])];
    assert_snapshot!(found(&IdentityRules::default(), by_email("mike@example.com"), &lists), @"emea mike Doubtful: email: looks like mike@example.com, in other letters");
    assert_snapshot!(found(&IdentityRules::default(), by_email("zo\u{eb}@example.com"), &lists), @"emea zoe Certain: email zoë@example.com: the email given");
}

#[test]
fn a_login_is_near_with_another_domain_while_nothing_tells_whose_it_is() {
    let emea = [
        Account::new("CORP\\mlane", None),
        account("ml", "mlane@example.com"),
    ];
    let platform = [account("mlane@example.com", "mlane@example.com")];
    let lists = [("emea", &emea[..]), ("platform", &platform[..])];
    assert_snapshot!(found(&IdentityRules::default(), by_login("mlane"), &lists), @r"
    emea CORP\mlane Doubtful: login: the one given, but for its domain
    platform mlane@example.com Doubtful: login: the one given, but for its domain
    ");
    let apac = [account("mlane", "maria.lane@example.com")];
    let lists = [
        ("emea", &emea[..]),
        ("apac", &apac[..]),
        ("platform", &platform[..]),
    ];
    assert_snapshot!(found(&IdentityRules::default(), by_login("mlane"), &lists), @r"
    emea CORP\mlane Doubtful: login: the one given, but for its domain
    apac mlane Certain: login: the one given
    ");
}

/// A row with both: whoever has the login has the address, or none.
#[test]
fn an_email_and_a_login_are_one_persons_or_nobodys() {
    let both = |email: &str| Person::Both {
        email: email.into(),
        login: "jdoe".into(),
    };
    let emea = [
        Account::new("jdoe", None),
        account("jane", "jane@example.com"),
    ];
    let apac = [account("jdoe", "Jane@Example.com")];
    let mut lists = read(&[("emea", &emea), ("apac", &apac)]);
    let none = IdentityRules::default();
    assert_snapshot!(told(&none, &both("jane@example.com"), &lists), @r"
    emea jdoe Certain: login: the one given
    emea jane Certain: email jane@example.com: the email given
    apac jdoe Certain: login: the one given; email jane@example.com: the email given
    ");
    assert_eq!(
        none.find(&both("jane@example.com"), &lists).contradiction,
        None
    );
    let other = none.find(&both("john@example.com"), &lists).contradiction;
    assert!(
        other
            .expect("two people")
            .contains("on apac the account with the login")
    );
    // What is not read may say that the login is somebody else's.
    lists[1].accounts = None;
    let found = none.find(&both("jane@example.com"), &lists).found;
    assert_eq!(
        [found[0][0].confidence, found[0][1].confidence],
        [Confidence::Certain, Confidence::Doubtful]
    );
    assert_eq!((found[0][0].index, found[0][1].index), (1, 0));
}

/// A row that names two people must not end the account of the one that the list happens to have.
#[test]
fn an_email_of_somebody_and_a_login_of_nobody_are_two_people() {
    let emea = [account("alice", "a@example.com")];
    let both = Person::Both {
        email: "a@example.com".into(),
        login: "bob".into(),
    };
    let none = IdentityRules::default();
    let mut lists = read(&[("emea", &emea)]);
    let told = none.find(&both, &lists).contradiction;
    assert!(
        told.expect("two people")
            .contains("on emea the account with the email")
    );
    // On a list that was not read, somebody may have the login.
    let unread = List {
        accounts: None,
        ..lists[0]
    };
    lists.push(unread);
    assert_eq!(none.find(&both, &lists).contradiction, None);
}

#[test]
fn an_apostrophe_is_a_letter_of_a_name() {
    let emea = [account("oneill", "o'neill@example.com")];
    let lists = read(&[("emea", &emea)]);
    let found = IdentityRules::default().find(&by_email("neill@example.com"), &lists);
    assert!(
        found.found.iter().all(|on| on.is_empty()),
        "{:?}",
        found.found
    );
}
