//! The Lambda function `list-platform-users`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ListPlatformUsers>()
}
