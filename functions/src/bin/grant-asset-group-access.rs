//! The Lambda function `grant-asset-group-access`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::GrantAssetGroupAccess>()
}
