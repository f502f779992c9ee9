//! The Lambda function `unlock-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::UnlockUser>()
}
