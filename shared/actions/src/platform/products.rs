//! Products by code or token.

use rapid7::platform::Product;

use crate::core::error::{Error, Result};
use crate::core::text::{printable, solid};

/// A product in a few words: `IVM (0F…)`.
pub(crate) fn product_line(product: &Product) -> String {
    match product.code() {
        Some(code) => format!("{} ({})", printable(code), product.token()),
        None => product.token().to_string(),
    }
}

/// The products that a text names: the one with that token, or all with that code, upper and lower case
/// alike. A code may belong to several, one for each organization.
pub(crate) fn named<'a>(products: &'a [Product], text: &str) -> Vec<&'a Product> {
    let code = text.to_lowercase();
    let fits = |product: &&Product| {
        let same_code = product.code().map(str::to_lowercase) == Some(code.clone());
        product.token().as_str() == text || same_code
    };
    products.iter().filter(fits).collect()
}

/// Refuses names of products that are empty, or have spaces around them.
///
/// # Errors
/// `InvalidInput`, with the place in the list.
pub(crate) fn check_names(names: &[String]) -> Result<()> {
    for (index, name) in names.iter().enumerate() {
        solid(&format!("products[{index}]"), name)?;
    }
    Ok(())
}

/// What to say of a name that no product has.
pub(crate) fn unknown(index: usize, products: &[Product]) -> Error {
    let lines: Vec<String> = products.iter().map(product_line).collect();
    Error::invalid_input(
        &format!("products[{index}]"),
        &format!(
            "expected the code or token of one of this organization's products: {}",
            lines.join(", ")
        ),
    )
}

/// The one product that each name means.
///
/// # Errors
/// `InvalidInput` for a name that no product has, or several have.
pub(crate) fn one_each(products: &[Product], names: &[String]) -> Result<Vec<Product>> {
    let mut found: Vec<Product> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match named(products, name).as_slice() {
            [] => return Err(unknown(index, products)),
            [product] => {
                if found.iter().all(|one| one.token() != product.token()) {
                    found.push((*product).clone());
                }
            }
            several => {
                let tokens: Vec<&str> = several.iter().map(|p| p.token().as_str()).collect();
                return Err(Error::invalid_input(
                    &format!("products[{index}]"),
                    &format!(
                        "several products have this code: expected one of the tokens {}",
                        tokens.join(", ")
                    ),
                ));
            }
        }
    }
    Ok(found)
}
