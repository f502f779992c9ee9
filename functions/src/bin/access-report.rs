//! The Lambda function `access-report`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ReportAccess>()
}
