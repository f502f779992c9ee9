//! The smallest useful Lambda function: what a start, an invocation and a megabyte cost before
//! anything of this project is added. The bench subtracts it; keep it bare.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Input {
    name: String,
}

#[derive(Serialize)]
struct Output {
    message: String,
}

// Current-thread, as the real functions: starting worker threads would be measured too.
fn main() -> Result<(), Error> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(lambda_runtime::run(service_fn(hello)))
}

async fn hello(event: LambdaEvent<Input>) -> Result<Output, Error> {
    Ok(Output {
        message: format!("Hello, {}", event.payload.name),
    })
}
