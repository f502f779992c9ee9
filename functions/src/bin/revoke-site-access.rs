//! The Lambda function `revoke-site-access`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::RevokeSiteAccess>()
}
