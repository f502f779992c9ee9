//! The Lambda function `enable-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::EnableUser>()
}
