//! The Lambda function `list-asset-groups`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ListAssetGroups>()
}
