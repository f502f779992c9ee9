//! The Lambda function `resolve-identity`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ResolveIdentity>()
}
