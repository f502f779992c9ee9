//! The Lambda function `revoke-product-access`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::RevokeProductAccess>()
}
