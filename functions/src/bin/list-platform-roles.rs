//! The Lambda function `list-platform-roles`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListPlatformRoles>()
}
