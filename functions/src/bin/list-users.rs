//! The Lambda function `list-users`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListUsers>()
}
