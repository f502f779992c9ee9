//! The Lambda function `disable-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::DisableUser>()
}
