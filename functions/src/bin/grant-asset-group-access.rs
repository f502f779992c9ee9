//! The Lambda function `grant-asset-group-access`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::GrantAssetGroupAccess>()
}
