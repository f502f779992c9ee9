//! The Lambda function `list-roles`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListRoles>()
}
