//! `list-platform-products`: so that a person can find codes and tokens.

use schemars::JsonSchema;
use serde::Serialize;

use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::input::input;
use crate::core::spec::{Effect, Spec};
use crate::platform::catalogue_view::ListedProductView;
use crate::platform::context::PlatformContext;

input! {
    /// No input is required.
    pub struct ListPlatformProductsInput {}
}

/// All products. An incomplete list is an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlatformProductList {
    /// Number of products.
    pub count: usize,
    /// The products, in the platform's order.
    pub products: Vec<ListedProductView>,
}

/// Lists the organization's products.
pub struct ListPlatformProducts;

impl Action for ListPlatformProducts {
    type Input = ListPlatformProductsInput;
    type Output = PlatformProductList;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "list-platform-products",
        title: "List the products of the Insight Platform",
        effect: Effect::Read,
        example: "{}",
    };

    async fn run(
        context: &PlatformContext,
        _input: ListPlatformProductsInput,
    ) -> Result<PlatformProductList> {
        let found = context.platform().products().await?;
        let products: Vec<ListedProductView> = found.iter().map(ListedProductView::from).collect();
        Ok(PlatformProductList {
            count: products.len(),
            products,
        })
    }
}
