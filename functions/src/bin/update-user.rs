//! The Lambda function `update-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::UpdateUser>()
}
