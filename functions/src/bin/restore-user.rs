//! The Lambda function `restore-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::RestoreUser>()
}
