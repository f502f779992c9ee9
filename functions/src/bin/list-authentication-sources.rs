//! The Lambda function `list-authentication-sources`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListAuthenticationSources>()
}
