//! The Lambda function `offboard-users`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::OffboardUsers>()
}
