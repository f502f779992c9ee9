//! The journal in a table of DynamoDB: an item for each account, changed under conditions only.

use std::time::{Duration, SystemTime};

use actions::{
    Found, Holder, Journal, JournalEntry, JournalError, JournalErrorKind, JournalKey, Lease,
};
use rapid7::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::dynamodb::{DynamoDb, Refused};
use super::times::{lapsed, millis, time};
use crate::aws::Chain;

/// What is done is kept so long, for whoever read the account before.
const DONE_FOR: Duration = Duration::from_secs(3600);
/// So long after its lease has ended an entry is kept that has nothing to give back.
const LAPSED_FOR: Duration = Duration::from_secs(24 * 3600);

/// How often to begin anew where others change the item in between.
const TRIES: u32 = 3;

// The requests that DynamoDB is sent, by the name that its permission has too.
const GET: &str = "GetItem";
const UPDATE: &str = "UpdateItem";

/// The item is there to be worked on, if one of these is so: nothing is left in it; the same holder asks again;
/// the lease has ended, and nothing has to be given back.
const FREE: &str = "attribute_not_exists(#entry) \
    OR (#holder = :me AND attribute_not_exists(#taken_over)) \
    OR (#until <= :now AND attribute_not_exists(#give_back))";

/// A journal that everybody shares who may use the table.
pub struct Table {
    name: String,
    chain: Chain,
    client: OnceCell<DynamoDb>,
}

/// What an item holds.
#[derive(Debug, Default, PartialEq)]
struct Item {
    holder: Option<String>,
    until: u64,
    /// As it was written, and whether that has something to give back.
    entry: Option<String>,
    give_back: bool,
    taken_over: bool,
    ended: Option<u64>,
}

impl Item {
    /// From an answer. What is not there says so by being absent.
    fn of(attributes: &Value) -> Option<Self> {
        let text = |name: &str| attributes[name]["S"].as_str().map(str::to_owned);
        let number = |name: &str| attributes[name]["N"].as_str()?.parse().ok();
        let flag = |name: &str| attributes[name]["BOOL"] == true;
        attributes.as_object()?;
        Some(Self {
            holder: text("holder"),
            until: number("until").unwrap_or_default(),
            entry: text("entry"),
            give_back: flag("give_back"),
            taken_over: flag("taken_over"),
            ended: number("ended"),
        })
    }

    fn is_of(&self, holder: &Holder) -> bool {
        self.holder.as_ref() == Some(&holder.id)
    }

    fn at_work(&self, now: u64) -> bool {
        self.entry.is_some() && self.holder.is_some() && self.until > now
    }

    fn has_to_be_finished(&self) -> bool {
        self.entry.is_some() && self.give_back
    }

    /// When the work on it ended last.
    fn ended(&self, now: SystemTime) -> Option<SystemTime> {
        let gone = self.holder.as_ref().map(|_| lapsed(time(self.until), now));
        self.ended.map(time).max(gone)
    }

    /// What somebody is at work with, if that can be read.
    fn entry(&self) -> Option<Box<JournalEntry>> {
        serde_json::from_str(self.entry.as_deref()?).ok()
    }
}

impl Table {
    /// A table of this name, by this way to AWS. Nothing is asked yet.
    #[must_use]
    pub fn new(name: String, chain: Chain) -> Self {
        Self {
            name,
            chain,
            client: OnceCell::new(),
        }
    }

    /// With a client that was made already.
    #[cfg(test)]
    pub(super) fn of(name: &str, client: DynamoDb) -> Self {
        Self {
            client: OnceCell::new_with(Some(client)),
            ..Self::new(name.to_owned(), Chain::ENVIRONMENT)
        }
    }

    async fn client(&self) -> Result<&DynamoDb, JournalError> {
        let client = self.client.get_or_try_init(|| DynamoDb::new(self.chain));
        client.await.map_err(|why| JournalError {
            why,
            kind: JournalErrorKind::Misconfigured,
        })
    }

    async fn ask(
        &self,
        key: &JournalKey,
        holder: &Holder,
        entry: &JournalEntry,
    ) -> Result<Lease, JournalError> {
        for _ in 0..TRIES {
            let now = SystemTime::now();
            let item = match self.take(key, holder, entry, now).await? {
                Ok(ended) => return Ok(Lease::Begun { ended }),
                Err(item) => item,
            };
            match self.take_over(key, holder, item, millis(now)).await? {
                Some(lease) => return Ok(lease),
                // Its holder has finished meanwhile.
                None => continue,
            }
        }
        Ok(Lease::Busy {
            entry: None,
            until: None,
        })
    }

    /// Takes a free item. Answers with when the work on it ended last, or what is in the way.
    async fn take(
        &self,
        key: &JournalKey,
        holder: &Holder,
        entry: &JournalEntry,
        now: SystemTime,
    ) -> Result<Result<Option<SystemTime>, Item>, JournalError> {
        let gives_back = entry.give_back.is_some();
        let entry = serde_json::to_string(entry).map_err(|error| error.to_string())?;
        let update = if gives_back {
            "SET #holder = :me, #until = :until, #entry = :entry, #give_back = :yes \
             REMOVE #expires, #taken_over"
        } else {
            "SET #holder = :me, #until = :until, #entry = :entry, #expires = :expires \
             REMOVE #give_back, #taken_over"
        };
        let mut values = values(holder);
        values.insert(":now".into(), number(millis(now)));
        values.insert(":entry".into(), json!({"S": entry}));
        if gives_back {
            values.insert(":yes".into(), json!({"BOOL": true}));
        } else {
            values.insert(":expires".into(), seconds(holder.until + LAPSED_FOR));
        }
        let updated = self.update(key, update, FREE, values, "ALL_OLD").await?;
        let Updated { item, again } = match updated {
            Ok(updated) => updated,
            Err(item) => return Ok(Err(item)),
        };
        let item = item.unwrap_or_default();
        // What had been there, if the first attempt was carried out, nobody knows any more.
        Ok(Ok(match (item.is_of(holder), again) {
            (true, true) => Some(now),
            (true, false) => item.ended.map(time),
            (false, _) => item.ended(now),
        }))
    }

    /// What an item means that is not free. Nothing, if it is by now.
    async fn take_over(
        &self,
        key: &JournalKey,
        holder: &Holder,
        mut item: Item,
        now: u64,
    ) -> Result<Option<Lease>, JournalError> {
        for _ in 0..TRIES {
            let own = item.is_of(holder);
            if item.at_work(now) && !own {
                return Ok(Some(Lease::Busy {
                    entry: item.entry(),
                    until: Some(time(item.until)),
                }));
            }
            if !item.has_to_be_finished() {
                return Ok(None);
            }
            // Before anything is changed: what can't be read must stay as it is.
            let left = item.entry().ok_or_else(|| self.unreadable(key))?;
            if own && item.taken_over && item.until == millis(holder.until) {
                return Ok(Some(Lease::LeftBehind(left)));
            }
            let mut values = values(holder);
            values.insert(":yes".into(), json!({"BOOL": true}));
            values.insert(":old".into(), number(item.until));
            let condition = match &item.holder {
                Some(gone) => {
                    values.insert(":gone".into(), json!({"S": gone}));
                    "#until = :old AND #give_back = :yes AND #holder = :gone"
                }
                None => "#until = :old AND #give_back = :yes AND attribute_not_exists(#holder)",
            };
            let update = "SET #holder = :me, #until = :until, #taken_over = :yes";
            match self.update(key, update, condition, values, "NONE").await? {
                Ok(_) => return Ok(Some(Lease::LeftBehind(left))),
                // Somebody else was faster; or it is this holder's, and the answer was lost.
                Err(changed) => item = changed,
            }
        }
        Ok(None)
    }

    async fn finish(
        &self,
        key: &JournalKey,
        holder: &Holder,
        finished: bool,
    ) -> Result<(), JournalError> {
        let now = SystemTime::now();
        let mut values = Map::new();
        values.insert(":me".into(), json!({"S": holder.id}));
        values.insert(":now".into(), number(millis(now)));
        let update = if finished {
            values.insert(":expires".into(), seconds(now + DONE_FOR));
            "SET #ended = :now, #expires = :expires \
             REMOVE #holder, #until, #entry, #give_back, #taken_over"
        } else {
            values.insert(":zero".into(), number(0));
            "SET #ended = :now, #until = :zero REMOVE #holder, #taken_over"
        };
        // Somebody else's by now, or ended already where an answer was lost: nothing to do either way.
        let ended = self.update(key, update, "#holder = :me", values, "NONE");
        ended.await.map(|_| ())
    }

    async fn found(&self, key: &JournalKey) -> Result<Found, JournalError> {
        let item = self.get(key).await?.unwrap_or_default();
        if item.at_work(millis(SystemTime::now())) {
            return Ok(Found::Busy {
                entry: item.entry(),
            });
        }
        if !item.has_to_be_finished() {
            return Ok(Found::Nothing);
        }
        let left = item.entry().ok_or_else(|| self.unreadable(key))?;
        Ok(Found::LeftBehind(left))
    }

    async fn get(&self, key: &JournalKey) -> Result<Option<Item>, JournalError> {
        let request = json!({
            "TableName": self.name, "Key": {"id": {"S": key.to_string()}}, "ConsistentRead": true,
        });
        let client = self.client().await?;
        let answer = client.call(GET, &request).await;
        let answer = answer.map_err(|refused| self.explain(GET, client, refused))?;
        Ok(Item::of(&answer.value["Item"]))
    }

    /// Changes an item under a condition, and answers with what it was before where that is asked for; or with what
    /// it is, if the condition does not hold.
    async fn update(
        &self,
        key: &JournalKey,
        update: &str,
        condition: &str,
        values: Map<String, Value>,
        returned: &str,
    ) -> Result<Result<Updated, Item>, JournalError> {
        let named = |name: &&str| {
            let word = format!("#{name}");
            update.contains(&word) || condition.contains(&word)
        };
        let all = [
            "holder",
            "until",
            "entry",
            "give_back",
            "taken_over",
            "ended",
            "expires",
        ];
        let names = all.iter().filter(|name| named(name));
        let names = names.map(|name| (format!("#{name}"), (*name).into()));
        let names: Map<String, Value> = names.collect();
        let request = json!({
            "TableName": self.name,
            "Key": {"id": {"S": key.to_string()}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ReturnValues": returned,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        });
        let client = self.client().await?;
        match client.call(UPDATE, &request).await {
            Ok(answer) => Ok(Ok(Updated {
                item: Item::of(&answer.value["Attributes"]),
                again: answer.again,
            })),
            Err(Refused::Aws { code, answer, .. }) if code == "ConditionalCheckFailedException" => {
                Ok(Err(match Item::of(&answer["Item"]) {
                    Some(item) => item,
                    None => self.get(key).await?.unwrap_or_default(),
                }))
            }
            Err(refused) => Err(self.explain(UPDATE, client, refused)),
        }
    }

    fn unreadable(&self, key: &JournalKey) -> String {
        let name = &self.name;
        format!(
            "the item \"{key}\" of the table {name:?} is no entry of a journal: see whether that account has \
             what it should, and then delete the item"
        )
    }

    fn explain(&self, request: &str, client: &DynamoDb, refused: Refused) -> JournalError {
        let (name, region) = (&self.name, &client.region);
        let not_asked =
            |why: String| format!("DynamoDB could not be asked for the table {name:?}: {why}");
        let why = match refused {
            Refused::Other(why) => not_asked(why),
            Refused::NotAws(why) => {
                return JournalError {
                    why: not_asked(why),
                    kind: JournalErrorKind::Untrusted,
                };
            }
            Refused::Aws { code, reason, .. } => match code.as_str() {
                "ResourceNotFoundException" => {
                    format!("DynamoDB has no table {name:?} in the region {region}: {reason}")
                }
                "AccessDeniedException" => format!(
                    "the table {name:?} may not be used: allow dynamodb:{request} on it ({reason})"
                ),
                _ => format!("DynamoDB refused {request} on the table {name:?}: {code} {reason}"),
            },
        };
        why.into()
    }
}

struct Updated {
    item: Option<Item>,
    again: bool,
}

fn values(holder: &Holder) -> Map<String, Value> {
    let mut values = Map::new();
    values.insert(":me".into(), json!({"S": holder.id}));
    values.insert(":until".into(), number(millis(holder.until)));
    values
}

fn number(number: u64) -> Value {
    json!({"N": number.to_string()})
}

/// A time as DynamoDB's time to live has it.
fn seconds(time: SystemTime) -> Value {
    number(millis(time) / 1000)
}

impl Journal for Table {
    fn begin<'a>(
        &'a self,
        key: &'a JournalKey,
        holder: &'a Holder,
        entry: &'a JournalEntry,
    ) -> BoxFuture<'a, Result<Lease, JournalError>> {
        Box::pin(self.ask(key, holder, entry))
    }

    fn end<'a>(
        &'a self,
        key: &'a JournalKey,
        holder: &'a Holder,
        finished: bool,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(self.finish(key, holder, finished))
    }

    fn look<'a>(&'a self, key: &'a JournalKey) -> BoxFuture<'a, Result<Found, JournalError>> {
        Box::pin(self.found(key))
    }

    fn place(&self) -> String {
        format!("the table {:?} in DynamoDB", self.name)
    }

    fn outlives_the_process(&self) -> bool {
        true
    }
}
