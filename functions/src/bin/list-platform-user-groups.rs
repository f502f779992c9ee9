//! The Lambda function `list-platform-user-groups`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListPlatformUserGroups>()
}
