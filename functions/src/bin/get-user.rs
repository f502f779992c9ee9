//! The Lambda function `get-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::GetUser>()
}
