//! What every variable says, for documents.

use super::known::{
    ALLOW_REMOTE_SHUTDOWN, AT_ONCE, AUDIT_FILE, CONFIG_FILE, FUNCTION_PREFIX, LOG,
    METRICS_NAMESPACE, PROFILE, SECRET_TTL, VIA_LAMBDA,
};
use super::{consoles, journal, platform, policy};

/// Variables that belong together.
pub struct Group {
    /// What they are about.
    pub title: &'static str,
    /// The variables.
    pub settings: &'static [Setting],
}

/// A variable.
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it says, in Markdown; links are from the folder of the documents.
    pub what: &'static str,
    /// What counts without it.
    pub default: &'static str,
}

const fn setting(name: &'static str, what: &'static str, default: &'static str) -> Setting {
    Setting {
        name,
        what,
        default,
    }
}

/// Every variable that any program of this pack reads, and those of others that it heeds.
pub const GROUPS: &[Group] = &[
    Group {
        title: "The console",
        settings: &[
            setting(
                consoles::SECRET,
                "Name or ARN of the console's [secret](#secrets) in AWS Secrets Manager. One of this, the file, the user name, or several consoles.",
                "",
            ),
            setting(consoles::SECRET_FILE, "A file with the same JSON.", ""),
            setting(
                consoles::USERNAME,
                "The user name of a Global Administrator. Needs the password and the address, too.",
                "",
            ),
            setting(consoles::PASSWORD, "The password.", ""),
            setting(consoles::TOKEN, "The current two-factor token.", ""),
            setting(
                consoles::URL,
                "The console's address, such as `https://console.example.com:3780`.",
                "the secret's `url`",
            ),
            setting(
                consoles::PINS,
                "SHA-256 fingerprints of the certificates to trust, comma-separated. The line that `openssl x509 -noout -fingerprint -sha256` prints is understood, too.",
                "the secret's, or public authorities",
            ),
            setting(
                consoles::CA_FILE,
                "A PEM file with the authorities to trust, or with the console's own certificate.",
                "the secret's, or public authorities",
            ),
            setting(
                consoles::NO_TLS_VERIFICATION,
                "`true` trusts any certificate. Logs, outcomes and `test-connection` warn of it.",
                "`false`",
            ),
            setting(
                consoles::WIRE_FORM,
                "`vendor` or `guide`: the [form](limits.md#about-the-console) of the console's users.",
                "read from what the console returns",
            ),
            setting(
                consoles::PROXY,
                "The HTTP [proxy](#proxies) to the consoles, such as `http://user:password@proxy.example.com:3128`. The plugin does not read it.",
                "none",
            ),
            setting(
                consoles::CONSOLES,
                "Several consoles, as `NAME=SECRET,NAME=SECRET`. On a laptop, a secret may be `file:PATH`. See [several consoles](#several-consoles).",
                "",
            ),
            setting(
                AT_ONCE,
                "How many requests of one run may be on their way to a console at once, 1 to 4. Each is a login: if the password changes in the middle of a run, so many may be refused, and a console locks an account after a few. With 4, long lists, `access-report` and `offboard-users` are up to four times as fast.",
                "1",
            ),
        ],
    },
    Group {
        title: "The Insight Platform",
        settings: &[
            setting(
                platform::SECRET,
                "Name or ARN of the platform's [secret](#secrets) in AWS Secrets Manager. One of this, the file, or the key.",
                "",
            ),
            setting(platform::SECRET_FILE, "A file with the same JSON.", ""),
            setting(platform::API_KEY, "The API key itself.", ""),
            setting(
                platform::REGION,
                "`us`, `us2`, `us3`, `eu`, `ca`, `au`, `ap`, `aps2`, `me1`, or a new one.",
                "the secret's",
            ),
            setting(
                platform::URL,
                "The platform's address, if the region does not say it.",
                "the region's",
            ),
            setting(
                platform::KEY_TYPE,
                "`organization` or `user`: whose key it is.",
                "the secret's, or found out",
            ),
            setting(
                platform::KEY_ID,
                "The id of the key, so that the pack never deletes its own key.",
                "the secret's",
            ),
            setting(
                platform::ORGANIZATION_ID,
                "The UUID of the organization, for a key over several.",
                "the secret's",
            ),
            setting(
                platform::CA_FILE,
                "A PEM file with the authorities to trust, if the network opens TLS on the way.",
                "public authorities",
            ),
        ],
    },
    Group {
        title: "The policy",
        settings: &[
            setting(
                policy::ALLOW_DELETION,
                "`true` allows accounts to be deleted.",
                "`false`",
            ),
            setting(
                policy::ALLOW_PRIVILEGED,
                "`true` allows administrators to be made, and given passwords and two-factor seeds.",
                "`false`",
            ),
            setting(
                policy::ALLOW_OWN_PASSWORD,
                "`true` allows the password of the pack's own account to be set.",
                "`false`",
            ),
            setting(
                policy::PROTECTED_LOGINS,
                "Logins of accounts that are never changed or made, comma-separated; `*` stands for any characters.",
                "none",
            ),
            setting(
                policy::ALLOWED_OPERATIONS,
                "The only operations that may run, comma-separated.",
                "all",
            ),
            setting(
                policy::MAX_CHANGES,
                "How many accounts and grants one run may change.",
                "any number",
            ),
            setting(
                policy::LOGIN_DOMAINS,
                "Domains, comma-separated: the login `jdoe` is `jdoe@` one of them. See [people](people.md).",
                "none",
            ),
            setting(
                policy::SAME_DOMAINS,
                "Domains, comma-separated: addresses in them with the same part before the `@` are the same person's.",
                "none",
            ),
        ],
    },
    Group {
        title: "Running",
        settings: &[
            setting(
                journal::TABLE,
                "A DynamoDB table for the [journal](safety.md#the-journal), by name or ARN.",
                "none",
            ),
            setting(
                journal::FOLDER,
                "A folder for the journal instead, for `r7user` and the plugin.",
                "`r7user`: in the state folder; plugin: its memory",
            ),
            setting(
                SECRET_TTL,
                "After how many seconds a secret is read again.",
                "300",
            ),
            setting(
                LOG,
                "How much a function logs: `error`, `warn`, `info` or `debug`.",
                "`info`",
            ),
            setting(
                METRICS_NAMESPACE,
                "The CloudWatch namespace of a function's [metrics](logs-and-metrics.md).",
                "no metrics",
            ),
            setting(
                FUNCTION_PREFIX,
                "`http-api` only: what the names of the functions begin with, such as `acme-`. May be empty.",
                "",
            ),
            setting(
                AUDIT_FILE,
                "`r7user` only: where to append audit records, as `--audit-file`.",
                "in the state folder",
            ),
            setting(
                PROFILE,
                "`r7user` only: the [profile](command-line.md#profiles), as `--profile`.",
                "the file's `default_profile`",
            ),
            setting(
                CONFIG_FILE,
                "`r7user` only: the file of profiles.",
                "in the configuration folder",
            ),
            setting(
                VIA_LAMBDA,
                "`r7user` only: the stack whose functions do the work, as `--via-lambda`.",
                "none",
            ),
            setting(
                ALLOW_REMOTE_SHUTDOWN,
                "The plugin's server only: `true` lets other machines shut it down.",
                "`false`",
            ),
        ],
    },
    Group {
        title: "Variables of others",
        settings: &[
            setting(
                "HTTPS_PROXY",
                "The [proxy](#proxies) to AWS and the platform. `https_proxy`, `ALL_PROXY` and `all_proxy` count, too; the first that is set.",
                "none",
            ),
            setting(
                "NO_PROXY",
                "Hosts that are reached without the proxy. `no_proxy` counts, too.",
                "none",
            ),
            setting(
                "AWS_CA_BUNDLE",
                "A PEM file with the authorities to trust for AWS, if the network opens TLS on the way.",
                "public authorities",
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::variables;
    use super::*;

    #[test]
    fn every_variable_is_described_once() {
        let described = GROUPS.iter().flat_map(|group| group.settings);
        let names: Vec<&str> = described.map(|setting| setting.name).collect();
        let all: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(names.len(), all.len());
        for name in variables() {
            assert!(all.contains(name), "{name} is not described");
        }
        for name in all.iter().filter(|name| name.starts_with("RAPID7_")) {
            assert!(variables().contains(name), "{name} is no variable");
        }
    }
}
