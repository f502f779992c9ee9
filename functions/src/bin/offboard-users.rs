//! The Lambda function `offboard-users`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::OffboardUsers>()
}
