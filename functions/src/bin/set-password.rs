//! The Lambda function `set-password`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::SetPassword>()
}
