//! The Lambda function `list-platform-api-keys`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ListPlatformApiKeys>()
}
