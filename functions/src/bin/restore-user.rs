//! The Lambda function `restore-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::RestoreUser>()
}
