//! The Lambda function `rotate-console-secret`.

fn main() -> std::process::ExitCode {
    lambda::rotation::serve()
}
