//! `create-platform-user`: a new account of the Insight Platform.

use rapid7::platform::{NewUser, Product};

use crate::core::action::Action;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::input::input;
use crate::core::outcome::Outcome;
use crate::core::spec::{Effect, Spec};
use crate::core::text::{as_address, solid};
use crate::platform::context::PlatformContext;
use crate::platform::lookup::{PlatformSelector, line};
use crate::platform::new_user::differences;
use crate::platform::plan::{PlatformChange, PlatformPlan};
use crate::platform::products::{check_names, one_each, product_line};
use crate::platform::snapshot::{Keys, PlatformSnapshot};
use crate::platform::view::PlatformUserView;

input! {
    /// The account to create.
    pub struct CreatePlatformUserInput {
        /// Email address. It is also the login name, and can't be changed later.
        pub email: String,
        /// First name.
        pub first_name: String,
        /// Last name.
        pub last_name: String,
        /// Whether the user is a platform administrator. The policy must allow privileged accounts.
        /// Always sent explicitly.
        #[serde(default)]
        #[schemars(example = false)]
        pub platform_admin: bool,
        /// Time zone, such as `Europe/Dublin`. If left out, the platform decides.
        #[schemars(example = &"Europe/Dublin")]
        pub timezone: Option<String>,
        /// Products to give access to: codes such as `IVM`, or tokens if a code is not enough. How the
        /// platform handles this request is unconfirmed.
        #[serde(default)]
        pub products: Vec<String>,
    }
}

/// Creates an account on the platform, which invites the person by email. If the same account already
/// exists, only missing products are given. If it differs, the run is an error that lists the
/// differences.
pub struct CreatePlatformUser;

impl Action for CreatePlatformUser {
    type Input = CreatePlatformUserInput;
    type Output = Outcome<PlatformUserView>;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "create-platform-user",
        title: "Create an Insight Platform account, with product access",
        effect: Effect::Write,
        example: r#"{"email": "jsmith@example.com", "first_name": "John", "last_name": "Smith", "products": ["IVM"], "ticket": "HR-77"}"#,
    };

    async fn run(
        context: &PlatformContext,
        input: CreatePlatformUserInput,
    ) -> Result<Outcome<PlatformUserView>> {
        let wanted = wanted(&input)?;
        check_names(&input.products)?;
        let selector = PlatformSelector::Email(wanted.email.clone());
        let products = async {
            match input.products.is_empty() {
                true => Ok(Vec::new()),
                false => one_each(&context.platform().products().await?, &input.products),
            }
        };
        let existing = async {
            // Nobody has it, most of the time, and only the whole list proves that.
            context.users().await?;
            match context.find_user(&selector).await {
                Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
                user => user.map(Some),
            }
        };
        let (products, existing) = tokio::try_join!(products, existing)?;
        let Some(existing) = existing else {
            return context.apply_new(plan(wanted, products)).await;
        };
        let before = match products.is_empty() {
            true => PlatformSnapshot::of_user(existing),
            false => context.snapshot(existing, Keys::Unread).await?,
        };
        let plan = plan_for_existing(&wanted, products, &before)?;
        context.apply(before, plan).await
    }
}

fn wanted(input: &CreatePlatformUserInput) -> Result<NewUser> {
    let email = as_address("email", &input.email)?;
    let timezone = input.timezone.as_deref();
    Ok(NewUser {
        email,
        first_name: solid("first_name", &input.first_name)?,
        last_name: solid("last_name", &input.last_name)?,
        platform_admin: Some(input.platform_admin),
        timezone: timezone.map(|zone| solid("timezone", zone)).transpose()?,
    })
}

/// The plan for an email address that nobody has.
fn plan(wanted: NewUser, products: Vec<Product>) -> PlatformPlan {
    let create = PlatformChange::CreateUser(Box::new(wanted));
    let grants = products.into_iter().map(PlatformChange::GrantProduct);
    PlatformPlan {
        changes: [create].into_iter().chain(grants).collect(),
        ..PlatformPlan::default()
    }
}

/// An account that is there already: what it lacks if it is the same, an error if it is not.
fn plan_for_existing(
    wanted: &NewUser,
    products: Vec<Product>,
    before: &PlatformSnapshot,
) -> Result<PlatformPlan> {
    let existing = &before.user;
    let (differing, untold) = differences(wanted, existing);
    let mut lines: Vec<String> = differing
        .iter()
        .map(|field| format!("{} is {}, not {}", field.field, field.after, field.before))
        .collect();
    if existing.status() == Some("DISABLED") {
        lines.push("it is disabled".into());
    }
    if !lines.is_empty() {
        return Err(Error::new(
            ErrorKind::Refused,
            format!("the account exists and differs: {}", lines.join("; ")),
        )
        .about(line(existing))
        .next(
            "if it is the same person, change the account in the platform instead of creating it",
        ));
    }
    let mut plan = PlatformPlan {
        warnings: untold,
        ..PlatformPlan::default()
    };
    if products.is_empty() {
        return Ok(plan);
    }
    let had = before.known_products()?;
    let is_in = |products: &[Product], product: &Product| {
        products.iter().any(|one| one.token() == product.token())
    };
    let more: Vec<String> = had
        .iter()
        .filter(|product| !is_in(&products, product))
        .map(product_line)
        .collect();
    if !more.is_empty() {
        plan.warnings.push(format!(
            "the account exists and may use more, which stays: {}",
            more.join(", ")
        ));
    }
    let missing = products.into_iter().filter(|product| !is_in(had, product));
    plan.changes = missing.map(PlatformChange::GrantProduct).collect();
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::*;
    use crate::platform::testing::{jdoe, plan_text, product, user};

    fn jane() -> NewUser {
        NewUser {
            email: "JDoe@example.com".into(),
            first_name: "Jane".into(),
            last_name: "Doe".into(),
            platform_admin: Some(false),
            timezone: None,
        }
    }

    #[test]
    fn a_new_account_comes_first_and_its_products_after() {
        let text = plan_text(Ok(plan(jane(), vec![product("IVM", 1)])));
        assert_snapshot!(text, @r#"
        create "JDoe@example.com": Jane Doe
        give access to the product IVM (IVM01)
        "#);
    }

    #[test]
    fn an_account_that_is_the_same_gets_what_it_lacks_and_no_more() {
        let text = |products| plan_text(plan_for_existing(&jane(), products, &jdoe()));
        assert_snapshot!(text(vec![]), @"");
        assert_snapshot!(text(vec![product("IVM", 1), product("IDR", 1)]), @"");
        assert_snapshot!(text(vec![product("IVM", 1), product("OPS", 1)]), @r"
        give access to the product OPS (OPS01)
        warning: the account exists and may use more, which stays: IDR (IDR01)
        ");
    }

    #[test]
    fn an_account_that_differs_is_not_the_one_that_is_meant() {
        let text = |more| {
            let before = PlatformSnapshot::of_user(user(more));
            plan_text(plan_for_existing(&jane(), vec![], &before))
        };
        assert_snapshot!(text(json!({"first_name": "John", "platform_admin": true})), @r#"Refused: the account exists and differs: first_name is "John", not "Jane"; platform_admin is true, not false"#);
        assert_snapshot!(text(json!({"status": "DISABLED"})), @"Refused: the account exists and differs: it is disabled");
        assert_snapshot!(text(json!({"platform_admin": null})), @"warning: the platform does not tell platform_admin, so it was not compared");
    }
}
