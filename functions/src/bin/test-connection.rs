//! The Lambda function `test-connection`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::TestConnection>()
}
