//! The Lambda function `set-asset-group-access`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::SetAssetGroupAccess>()
}
