//! The Lambda function `unlock-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::UnlockUser>()
}
