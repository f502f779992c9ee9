//! The Lambda function `revoke-platform-api-keys`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::RevokePlatformApiKeys>()
}
