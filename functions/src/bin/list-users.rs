//! The Lambda function `list-users`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ListUsers>()
}
