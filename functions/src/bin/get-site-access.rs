//! The Lambda function `get-site-access`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::GetSiteAccess>()
}
