//! The Lambda function `grant-site-access`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::GrantSiteAccess>()
}
