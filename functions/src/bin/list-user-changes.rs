//! The Lambda function `list-user-changes`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ListUserChanges>()
}
