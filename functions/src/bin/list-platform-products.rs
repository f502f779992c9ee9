//! The Lambda function `list-platform-products`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListPlatformProducts>()
}
