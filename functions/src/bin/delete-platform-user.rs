//! The Lambda function `delete-platform-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::DeletePlatformUser>()
}
