//! The Lambda function `revoke-asset-group-access`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::RevokeAssetGroupAccess>()
}
