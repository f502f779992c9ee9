//! The console that an audit record is of.

use actions::{Entry, Error, Services};
use rapid7::printable;
use serde_json::{Map, Value};

/// Names the console that a record is of, where nobody did: each is known by its address.
pub(crate) async fn name_console(
    entry: &Entry,
    services: &Services,
    input: &mut Map<String, Value>,
) -> actions::Result<()> {
    let record = input
        .get("record")
        .filter(|_| entry.console && !entry.platform);
    let target = record.and_then(|record| record["target"].as_str());
    let Some(target) = target.filter(|_| !input.contains_key("console")) else {
        return Ok(());
    };
    let mut known = Vec::new();
    for name in services.consoles.names() {
        match services.consoles.open(name).await {
            Ok(console) if console.client.address() == target => {
                let name = name.clone();
                input.insert("console".into(), name.into());
                return Ok(());
            }
            Ok(console) => known.push(format!("{name} ({})", console.client.address())),
            // The only one tells by itself what is wrong.
            Err(error) if services.consoles.names().len() == 1 => return Err(error),
            Err(error) => known.push(format!("{name} (which can't be opened: {})", error.message)),
        }
    }
    if known.is_empty() {
        return Ok(());
    }
    Err(Error::invalid_input(
        "record.target",
        &format!(
            "the record is of the console {}, and none of those that are configured has this address: {}",
            printable(target),
            known.join(", ")
        ),
    )
    .next("configure that console, or choose the settings that have it"))
}
