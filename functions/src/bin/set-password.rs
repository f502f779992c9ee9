//! The Lambda function `set-password`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::SetPassword>()
}
