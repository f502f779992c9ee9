//! The Lambda function `set-site-access`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::SetSiteAccess>()
}
