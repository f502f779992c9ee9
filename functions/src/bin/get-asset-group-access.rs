//! The Lambda function `get-asset-group-access`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::GetAssetGroupAccess>()
}
