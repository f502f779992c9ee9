//! The Lambda function `list-platform-api-keys`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListPlatformApiKeys>()
}
