//! The Lambda function `list-sites`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::ListSites>()
}
