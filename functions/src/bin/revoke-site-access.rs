//! The Lambda function `revoke-site-access`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::RevokeSiteAccess>()
}
