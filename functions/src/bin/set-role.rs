//! The Lambda function `set-role`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::SetRole>()
}
