//! The Lambda function `access-report`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ReportAccess>()
}
