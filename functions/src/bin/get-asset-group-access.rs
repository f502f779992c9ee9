//! The Lambda function `get-asset-group-access`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::GetAssetGroupAccess>()
}
