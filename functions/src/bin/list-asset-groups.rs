//! The Lambda function `list-asset-groups`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListAssetGroups>()
}
