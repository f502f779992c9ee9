//! The Lambda function `set-asset-group-access`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::SetAssetGroupAccess>()
}
