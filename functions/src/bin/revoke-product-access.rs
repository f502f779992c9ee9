//! The Lambda function `revoke-product-access`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::RevokeProductAccess>()
}
