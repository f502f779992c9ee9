//! The Lambda function `list-authentication-sources`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ListAuthenticationSources>()
}
