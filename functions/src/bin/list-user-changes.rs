//! The Lambda function `list-user-changes`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListUserChanges>()
}
