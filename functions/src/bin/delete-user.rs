//! The Lambda function `delete-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::DeleteUser>()
}
