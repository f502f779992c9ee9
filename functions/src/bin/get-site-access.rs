//! The Lambda function `get-site-access`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::GetSiteAccess>()
}
