//! The user actions of the vendor's own plugin, so that a workflow that was written for it need not
//! be rewritten: the same names, with inputs and outputs that its steps expect.

mod access;
mod action;
mod catalogs;
mod deleting;
mod listing;
mod shapes;
#[cfg(test)]
mod tests;
mod writing;

pub(crate) use action::Given;
pub use action::VendorAction;

/// Every one of them, in the vendor's order.
pub(crate) static ALL: &[VendorAction] = &[
    listing::GET_USERS,
    listing::GET_USER,
    writing::CREATE_USER,
    writing::UPDATE_USER,
    deleting::DELETE_USER,
    writing::DISABLE_USER,
    writing::ENABLE_USER,
    writing::UPDATE_USER_ROLE,
    access::ADD_SITE,
    access::REMOVE_SITE,
    access::UPDATE_SITES,
    access::ADD_ASSET_GROUP,
    access::REMOVE_ASSET_GROUP,
    access::UPDATE_ASSET_GROUPS,
    catalogs::GET_ROLES,
    catalogs::GET_ROLE,
    catalogs::GET_SOURCES,
    catalogs::GET_SOURCE,
];

/// The actions that take and answer what the same ones of the vendor's plugin do.
pub fn vendor_actions() -> impl Iterator<Item = &'static VendorAction> {
    ALL.iter()
}
