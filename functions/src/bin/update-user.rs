//! The Lambda function `update-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::UpdateUser>()
}
