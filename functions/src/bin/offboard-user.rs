//! The Lambda function `offboard-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::OffboardUser>()
}
