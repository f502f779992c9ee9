//! The Lambda function `delete-platform-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::DeletePlatformUser>()
}
