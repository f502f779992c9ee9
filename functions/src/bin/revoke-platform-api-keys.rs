//! The Lambda function `revoke-platform-api-keys`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::RevokePlatformApiKeys>()
}
