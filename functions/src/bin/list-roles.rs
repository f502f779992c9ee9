//! The Lambda function `list-roles`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ListRoles>()
}
