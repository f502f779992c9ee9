//! The Lambda function `create-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::CreateUser>()
}
