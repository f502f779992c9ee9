//! `revoke-product-access`: products of the Insight Platform away from a person.

use rapid7::platform::Product;

use crate::core::action::Action;
use crate::core::error::{Error, Result};
use crate::core::outcome::Outcome;
use crate::core::spec::{Effect, Spec};
use crate::platform::context::PlatformContext;
use crate::platform::input::platform_user_input;
use crate::platform::lookup::line;
use crate::platform::plan::{PlatformChange, PlatformPlan};
use crate::platform::products::{check_names, named, unknown};
use crate::platform::snapshot::{Keys, PlatformSnapshot};
use crate::platform::view::PlatformUserView;

platform_user_input! {
    /// The account, and the products to take away.
    pub struct RevokeProductAccessInput {
        /// The products: codes such as `IVM`, or tokens. If the user has a product with this code in
        /// several organizations, all of them are taken away. Either this or `all`.
        pub products: Option<Vec<String>>,
        /// Take all products away.
        #[serde(default)]
        #[schemars(example = true)]
        pub all: bool,
    }
}

/// Takes product access away from a user of the platform. Products that the user does not have are
/// skipped. How the platform handles this request is unconfirmed, so the result is proven by reading
/// back.
pub struct RevokeProductAccess;

impl Action for RevokeProductAccess {
    type Input = RevokeProductAccessInput;
    type Output = Outcome<PlatformUserView>;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "revoke-product-access",
        title: "Take Insight Platform product access away from a person",
        effect: Effect::Destructive,
        example: r#"{"email": "jdoe@example.com", "products": ["IVM"], "ticket": "SEC-12"}"#,
    };
    const QUESTION: &'static str = "Take products away from {}";

    async fn run(
        context: &PlatformContext,
        input: RevokeProductAccessInput,
    ) -> Result<Outcome<PlatformUserView>> {
        let selector = input.selector()?;
        let wanted = wanted(&input)?;
        let user = context.find_user(&selector).await?;
        let before = context.snapshot(user, Keys::Unread).await?;
        let plan = async {
            let (plan, not_had) = plan(&before, wanted)?;
            if !not_had.is_empty() {
                // A product that the user can't use is fine; one that does not exist is a mistake.
                let products = context.platform().products().await?;
                check_known(&products, &not_had, wanted.unwrap_or_default())?;
            }
            Ok(plan)
        };
        let plan = plan
            .await
            .map_err(|error: Error| error.about(line(&before.user)))?;
        context.apply(before, plan).await
    }
}

/// The names that are given, or `None` for all products.
fn wanted(input: &RevokeProductAccessInput) -> Result<Option<&[String]>> {
    match (&input.products, input.all) {
        (None, true) => Ok(None),
        (Some(names), false) if !names.is_empty() => {
            check_names(names)?;
            Ok(Some(names))
        }
        (Some(_), false) => Err(Error::invalid_input("products", "expected at least one")),
        (Some(_), true) => Err(Error::invalid_input(
            "products, all",
            "expected one of them, got both",
        )),
        (None, false) => Err(Error::invalid_input(
            "products, all",
            "expected one of them, got none",
        )),
    }
}

/// What is taken, and the places of the names that the user has no product of.
fn plan(
    before: &PlatformSnapshot,
    wanted: Option<&[String]>,
) -> Result<(PlatformPlan, Vec<usize>)> {
    let had = before.known_products()?;
    let mut plan = PlatformPlan {
        warnings: vec![
            "the person's API keys were not read: they stay, and revoke-platform-api-keys ends them"
                .into(),
        ],
        ..PlatformPlan::default()
    };
    let mut not_had = Vec::new();
    let mut take: Vec<&Product> = Vec::new();
    match wanted {
        None => take.extend(had),
        Some(names) => {
            for (index, name) in names.iter().enumerate() {
                let found = named(had, name);
                if found.is_empty() {
                    not_had.push(index);
                }
                take.extend(found);
            }
        }
    }
    for product in take {
        let change = PlatformChange::RevokeProduct(product.clone());
        if !plan.changes.contains(&change) {
            plan.changes.push(change);
        }
    }
    Ok((plan, not_had))
}

fn check_known(products: &[Product], places: &[usize], names: &[String]) -> Result<()> {
    for place in places {
        let name = names.get(*place).map(String::as_str).unwrap_or_default();
        if named(products, name).is_empty() {
            return Err(unknown(*place, products));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::platform::testing::{jdoe, plan_text, product};

    fn text(before: &PlatformSnapshot, wanted: Option<&[&str]>) -> String {
        let names: Option<Vec<String>> =
            wanted.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let planned = plan(before, names.as_deref());
        plan_text(planned.map(|(plan, _)| plan))
    }

    #[test]
    fn a_code_means_all_products_that_have_it_and_a_token_one() {
        let mut before = jdoe();
        before.products = Some(vec![
            product("IVM", 1),
            product("IDR", 1),
            product("IVM", 2),
        ]);
        assert_snapshot!(text(&before, Some(&["ivm", "IVM02"])), @r"
        take away access to the product IVM (IVM01)
        take away access to the product IVM (IVM02)
        warning: the person's API keys were not read: they stay, and revoke-platform-api-keys ends them
        ");
        assert_snapshot!(text(&before, Some(&["IVM02", "OPS"])), @r"
        take away access to the product IVM (IVM02)
        warning: the person's API keys were not read: they stay, and revoke-platform-api-keys ends them
        ");
        assert_snapshot!(text(&before, None), @r"
        take away access to the product IVM (IVM01)
        take away access to the product IDR (IDR01)
        take away access to the product IVM (IVM02)
        warning: the person's API keys were not read: they stay, and revoke-platform-api-keys ends them
        ");
    }

    #[test]
    fn what_could_not_be_read_is_not_taken() {
        let mut before = jdoe();
        before.products = None;
        assert_snapshot!(text(&before, None), @"Unexpected: the products that the user may use could not be read, and have to be known for this");
    }

    proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(
            had in prop::collection::btree_set((0..3_usize, 0..3_u8), 0..6),
            names in prop::option::of(prop::collection::vec(0..4_usize, 1..4)),
        ) {
            let codes = ["IVM", "IDR", "OPS", "NONE"];
            let mut before = jdoe();
            let had = had.into_iter().map(|(code, number)| product(codes[code], number));
            before.products = Some(had.collect());
            let names: Option<Vec<String>> =
                names.map(|names| names.iter().map(|name| codes[*name].to_owned()).collect());
            let (first, _) = plan(&before, names.as_deref()).expect("a plan");
            let after = first.intended(&before).expect("an account");
            let (again, _) = plan(&after, names.as_deref()).expect("a plan");
            prop_assert!(again.changes.is_empty());
        }
    }
}
