//! The Lambda function `offboard-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::OffboardUser>()
}
