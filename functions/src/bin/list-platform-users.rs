//! The Lambda function `list-platform-users`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListPlatformUsers>()
}
