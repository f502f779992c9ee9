//! Reading the members of a JSON object one by one, so that what is left over is known too.

use serde_json::{Map, Value};

use crate::answer::Problem;

/// The members of one object that nobody has read yet.
pub(crate) struct Members {
    left: Map<String, Value>,
    /// What comes before a member's name in messages, e.g. `role.`.
    prefix: &'static str,
}

impl Members {
    pub(crate) fn of(value: Value, prefix: &'static str) -> Result<Members, Problem> {
        let Value::Object(mut left) = value else {
            let what = if prefix.is_empty() {
                "The request body"
            } else {
                prefix.trim_end_matches('.')
            };
            return Err(Problem::bad(format!("{what} must be an object.")));
        };
        // Null is the same as left out (vendor API file: "undefined/null").
        left.retain(|_, value| !value.is_null());
        Ok(Members { left, prefix })
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name)
    }

    fn take_as<T>(
        &mut self,
        name: &str,
        what: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let prefix = self.prefix;
        self.take(name)
            .map(|value| {
                read(&value).ok_or_else(|| Problem::bad(format!("{prefix}{name} must be {what}.")))
            })
            .transpose()
    }

    pub(crate) fn string(&mut self, name: &str) -> Result<Option<String>, Problem> {
        self.take_as(name, "a string", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Problem> {
        self.take_as(name, "a boolean", Value::as_bool)
    }

    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, Problem> {
        self.take_as(name, "an integer", Value::as_i64)
    }

    pub(crate) fn object(
        &mut self,
        name: &str,
        prefix: &'static str,
    ) -> Result<Option<Members>, Problem> {
        self.take(name)
            .map(|value| Members::of(value, prefix))
            .transpose()
    }

    /// Removes members that only the console may write; refuses them if told to.
    pub(crate) fn read_only(&mut self, names: &[&str], reject: bool) -> Result<(), Problem> {
        for name in names {
            if self.take(name).is_some() && reject {
                let prefix = self.prefix;
                return Err(Problem::bad(format!("{prefix}{name} is read-only.")));
            }
        }
        Ok(())
    }

    /// What nobody has read.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.left
    }
}
