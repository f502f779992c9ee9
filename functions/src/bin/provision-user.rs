//! The Lambda function `provision-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ProvisionUser>()
}
