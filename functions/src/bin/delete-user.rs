//! The Lambda function `delete-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::DeleteUser>()
}
