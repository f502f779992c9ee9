//! The Lambda function `http-api`: the operations over HTTP, behind API Gateway.

fn main() -> std::process::ExitCode {
    http_api::serve()
}
