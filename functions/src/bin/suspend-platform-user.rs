//! The Lambda function `suspend-platform-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::SuspendPlatformUser>()
}
