//! The Lambda function `provision-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ProvisionUser>()
}
