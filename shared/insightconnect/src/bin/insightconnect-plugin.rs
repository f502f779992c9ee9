//! The pack as an InsightConnect plugin.

fn main() -> std::process::ExitCode {
    insightconnect::main()
}
