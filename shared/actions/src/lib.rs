//! Everything that the pack decides: what an operation reads, plans, refuses, writes and proves.
//!
//! An operation reads freely, computes a [`Plan`] with a plain function, and hands it to
//! `ConsoleContext::apply`, the only code that writes. This crate sees no environment, no AWS, no
//! command line: those belong to its callers.

mod access;
mod access_report;
mod account_input;
mod action;
mod apply;
mod audit;
mod choice;
mod console_context;
mod context;
mod create_platform_user;
mod create_user;
mod delete_platform_user;
mod delete_user;
mod deliver;
mod diff;
mod disable_user;
mod enable_user;
mod error;
mod get_asset_group_access;
mod get_platform_user;
mod get_site_access;
mod get_user;
mod grant_asset_group_access;
mod grant_site_access;
mod grants;
mod guard;
mod id_or_name;
mod input;
mod list_asset_groups;
mod list_authentication_sources;
mod list_platform_api_keys;
mod list_platform_users;
mod list_roles;
mod list_sites;
mod list_user_changes;
mod list_users;
mod lookup;
mod new_account;
mod offboard_user;
mod offboard_users;
mod outcome;
mod password;
mod person;
mod plan;
mod platform;
mod provision_user;
mod registry;
mod reset_two_factor;
mod resolve_identity;
mod resource_view;
mod restore_platform_user;
mod restore_user;
mod revoke_asset_group_access;
mod revoke_platform_api_keys;
mod revoke_product_access;
mod revoke_site_access;
mod role_change;
pub mod schema;
mod set_asset_group_access;
mod set_password;
mod set_role;
mod set_site_access;
mod surfaces;
mod suspend_platform_user;
mod test_connection;
mod test_platform_connection;
#[cfg(test)]
mod testing;
mod unlock_user;
mod update_user;
mod user_changes;
mod verify;
mod view;
mod write;

pub use access::Place;
pub use access_report::{
    AccessReport, AccessReportAnswer, AccessReportInput, AccountRef, Finding, FindingKind,
    ReportAccess, ReportFormat, ReportedAccount, Severity, SurfaceKind, SurfaceSummary, findings,
    to_csv, to_html,
};
pub use account_input::AuthenticationType;
pub use action::{Action, Effect, Spec};
pub use audit::{Audit, AuditRecord, Phase};
pub use console_context::ConsoleContext;
pub use context::{
    Caller, OnlyTarget, Progress, RunContext, Scope, SecretReader, SecretWriter, Services, Staged,
    Target, Targets,
};
pub use create_user::{CreateUser, CreateUserInput};
pub use delete_user::{DeleteUser, DeleteUserInput};
pub use diff::FieldChange;
pub use disable_user::{DisableUser, DisableUserInput};
pub use enable_user::{EnableUser, EnableUserInput};
pub use error::{Changed, Error, ErrorKind, Result};
pub use get_asset_group_access::{AssetGroupAccess, GetAssetGroupAccess, GetAssetGroupAccessInput};
pub use get_site_access::{GetSiteAccess, GetSiteAccessInput, SiteAccess};
pub use get_user::{GetUser, GetUserInput, Include, UserDetails};
pub use grant_asset_group_access::{GrantAssetGroupAccess, GrantAssetGroupAccessInput};
pub use grant_site_access::{GrantSiteAccess, GrantSiteAccessInput};
pub use guard::Policy;
pub use id_or_name::IdOrName;
pub use input::{Common, Input};
pub use list_asset_groups::{AssetGroupList, ListAssetGroups, ListAssetGroupsInput};
pub use list_authentication_sources::{
    AuthenticationSourceList, AuthenticationSourceView, ListAuthenticationSources,
    ListAuthenticationSourcesInput,
};
pub use list_roles::{ListRoles, ListRolesInput, RoleList, RoleView};
pub use list_sites::{ListSites, ListSitesInput, SiteList};
pub use list_user_changes::{ListUserChanges, ListUserChangesInput, UserChangeList};
pub use list_users::{ListUsers, ListUsersInput, UserList};
pub use lookup::Selector;
pub use offboard_user::{OffboardUser, OffboardUserInput};
pub use offboard_users::{OffboardUsers, OffboardUsersInput, PeopleReport};
pub use outcome::{AccountId, Outcome, Subject};
pub use password::{CharacterClass, generate_password};
pub use person::{
    AccountPick, Candidate, Confidence, IdentityRules, Options, PersonEntry, PersonReport,
    PersonRow, PersonView, PickedId, PlatformStep, Presence, RowResult, Summary, SurfaceIdentity,
    SurfaceReport, SurfaceVerdict,
};
pub use plan::{AccessChange, Change, Delivery, Plan, Snapshot};
pub use platform::{
    ApiKeyView, Left, PlatformChange, PlatformContext, PlatformPlan, PlatformSelector,
    PlatformSnapshot, PlatformUserView, ProductView,
};
pub use provision_user::{ProvisionUser, ProvisionUserInput};
pub use registry::{ALL, Entry, Operation, Run, SPECS, invoke};
pub use reset_two_factor::{ResetTwoFactor, ResetTwoFactorInput};
pub use resolve_identity::{Identity, ResolveIdentity, ResolveIdentityInput};
pub use resource_view::ResourceView;
pub use restore_user::{Recorded, RecordedState, RestoreRecord, RestoreUser, RestoreUserInput};
pub use revoke_asset_group_access::{RevokeAssetGroupAccess, RevokeAssetGroupAccessInput};
pub use revoke_site_access::{RevokeSiteAccess, RevokeSiteAccessInput};
pub use set_asset_group_access::{SetAssetGroupAccess, SetAssetGroupAccessInput};
pub use set_password::{SetPassword, SetPasswordInput};
pub use set_role::{SetRole, SetRoleInput};
pub use set_site_access::{SetSiteAccess, SetSiteAccessInput};
pub use surfaces::Surfaces;
pub use test_connection::{Check, ConnectionReport, TestConnection, TestConnectionInput, Verdict};
pub use unlock_user::{UnlockUser, UnlockUserInput};
pub use update_user::{UpdateUser, UpdateUserInput};
pub use user_changes::{UserChange, UserChangeKind};
pub use view::UserView;

// On the Insight Platform.
pub use create_platform_user::{CreatePlatformUser, CreatePlatformUserInput};
pub use delete_platform_user::{DeletePlatformUser, DeletePlatformUserInput};
pub use get_platform_user::{GetPlatformUser, GetPlatformUserInput, PlatformInclude};
pub use list_platform_api_keys::{
    ApiKeyKind, ApiKeyList, ListPlatformApiKeys, ListPlatformApiKeysInput,
};
pub use list_platform_users::{
    InsightvmUserView, ListPlatformUsers, ListPlatformUsersInput, PlatformListing, PlatformStatus,
    PlatformUserList,
};
pub use restore_platform_user::{
    PlatformRecorded, PlatformRecordedState, PlatformRestoreRecord, RestorePlatformUser,
    RestorePlatformUserInput,
};
pub use revoke_platform_api_keys::{RevokePlatformApiKeys, RevokePlatformApiKeysInput};
pub use revoke_product_access::{RevokeProductAccess, RevokeProductAccessInput};
pub use suspend_platform_user::{SuspendPlatformUser, SuspendPlatformUserInput};
pub use test_platform_connection::{
    PlatformConnectionReport, TestPlatformConnection, TestPlatformConnectionInput,
};
