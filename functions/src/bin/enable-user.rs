//! The Lambda function `enable-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::EnableUser>()
}
