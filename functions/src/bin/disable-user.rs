//! The Lambda function `disable-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::DisableUser>()
}
