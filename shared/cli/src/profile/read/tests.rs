use super::*;

fn read(text: &str) -> Result<Profile, String> {
    let file = File::parsed(Path::new("/etc/r7user/config.toml"), text.to_owned());
    let file = file.map_err(|wrong| wrong.to_string())?;
    file.default_profile().map_err(|wrong| wrong.to_string())?;
    file.profile("work").map_err(|wrong| wrong.to_string())
}

#[test]
fn a_profile_is_read_whole() {
    let text = r#"
        default_profile = "work"
        [profiles.work]
        audit_file = "audit.jsonl"
        secret_ttl_seconds = 60
        [profiles.work.consoles.emea]
        url = "https://console.example.com:3780"
        username = "svc"
        password_command = ["pass", "show", "rapid7/emea"]
        certificate_sha256 = ["00", "11"]
        [profiles.work.platform]
        region = "eu"
        api_key_file = "key"
        [profiles.work.policy]
        allow_deletion = true
        protected_logins = ["nxadmin", "svc-*"]
    "#;
    // As some editors save it.
    let profile = read(&text.replace('\n', "\r\n")).expect("a profile");
    assert_eq!(profile.audit_file(), Some("/etc/r7user/audit.jsonl"));
    assert_eq!(profile.values["RAPID7_SECRET_TTL_SECONDS"], "60");
    assert_eq!(profile.values["RAPID7_ALLOW_DELETION"], "true");
    assert_eq!(profile.values["RAPID7_PROTECTED_LOGINS"], "nxadmin,svc-*");
    let console = &profile.consoles[0];
    assert_eq!(console.values["RAPID7_CONSOLE_CERTIFICATE_SHA256"], "00,11");
    assert!(matches!(&console.secret, Some(SecretAt::Command(words)) if words.len() == 3));
    let platform = profile.platform.expect("a platform");
    assert!(
        matches!(&platform.secret, Some(SecretAt::File(path)) if path == Path::new("/etc/r7user/key"))
    );
}

#[test]
fn what_is_wrong_is_told_by_line_and_key_and_never_by_value() {
    let console = "[profiles.work.consoles.emea]\nurl = \"https://x\"\nusername = \"svc\"\n";
    for (text, told) in [
        ("[profiles.work]\nx = canary", "line 2: it is no TOML"),
        ("[profiles.work]\nx = \"canary", "line 2: it is no TOML"),
        (
            "profile = 1\n[profiles.work]",
            "line 1: `profile`: no such setting here; perhaps `profiles` was meant",
        ),
        (
            "default_profile = \"canary\"\n[profiles.work]",
            "line 1: `default_profile`: there is no such profile; the only one is work",
        ),
        (
            "[profiles.work]\naudit_fil = \"canary\"",
            "line 2: `profiles.work.audit_fil`: no such setting here; perhaps `audit_file` was meant",
        ),
        (
            &format!("{console}passwrd = \"canary\""),
            "line 4: `profiles.work.consoles.emea.passwrd`: no such setting here; perhaps `password` was meant",
        ),
        (
            &format!("{console}password = 4711"),
            "line 4: `profiles.work.consoles.emea.password`: expected text in quotation marks, not a number",
        ),
        (
            &format!("{console}password = \"a\\u0007canary\""),
            "control characters",
        ),
        (
            &format!("{console}password = \"canary\"\npassword_env = \"X\""),
            "line 5: `profiles.work.consoles.emea.password_env`: `password` is set, too",
        ),
        (
            &format!("{console}password_command = \"pass canary\""),
            "expected a list of texts",
        ),
        (
            &format!("{console}password_command = []"),
            "expected not to be empty",
        ),
        (
            &format!("{console}ca_file = \"\""),
            "expected not to be empty",
        ),
        (
            "[profiles.work.consoles.EMEA]",
            "expected lower-case letters",
        ),
        (
            "[profiles.work.policy]\nmax_changes = \"canary\"",
            "expected a whole number, not text",
        ),
        (
            "[profiles.work.policy]\nprotected_logins = []",
            "expected not to be empty",
        ),
        (
            "[profiles.work.policy]\nprotected_logins = [\"a,canary\"]",
            "without commas",
        ),
        (
            "[profiles.work.policy]\nprotected_logins = \"canary\"",
            "expected a list of texts",
        ),
        (
            "[profiles.work]\nvia_lambda = \"acme\"\npolicy.allow_deletion = true",
            "`policy` is set, too",
        ),
        (
            "profiles = 3",
            "line 1: `profiles`: expected a table, not a number",
        ),
    ] {
        let error = read(text).expect_err(text);
        assert!(
            error.starts_with("/etc/r7user/config.toml") && error.contains(told),
            "{error}"
        );
        assert!(
            !error.contains("canary") && !error.contains("4711"),
            "{error}"
        );
    }
}
