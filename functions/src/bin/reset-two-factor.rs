//! The Lambda function `reset-two-factor`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ResetTwoFactor>()
}
