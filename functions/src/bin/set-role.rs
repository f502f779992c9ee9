//! The Lambda function `set-role`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::SetRole>()
}
