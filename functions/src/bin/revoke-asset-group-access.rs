//! The Lambda function `revoke-asset-group-access`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::RevokeAssetGroupAccess>()
}
