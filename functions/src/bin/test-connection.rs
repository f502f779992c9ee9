//! The Lambda function `test-connection`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::TestConnection>()
}
