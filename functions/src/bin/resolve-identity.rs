//! The Lambda function `resolve-identity`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ResolveIdentity>()
}
