//! The Lambda function `list-sites`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::ListSites>()
}
