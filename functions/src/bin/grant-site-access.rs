//! The Lambda function `grant-site-access`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::GrantSiteAccess>()
}
