//! The Lambda function `set-site-access`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::SetSiteAccess>()
}
