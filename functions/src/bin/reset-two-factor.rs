//! The Lambda function `reset-two-factor`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ResetTwoFactor>()
}
