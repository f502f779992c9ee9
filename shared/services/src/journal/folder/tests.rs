use std::process::{Command, Stdio};

use super::*;
use crate::journal::tests::{entry, holder, key};

/// By which a test that is started by another one knows its folder.
const CHILD: &str = "JOURNAL_OF_A_CHILD";

async fn begin(journal: &Folder, id: &str, gives_back: bool) -> Result<Lease, JournalError> {
    journal
        .begin(&key("3"), &holder(id), &entry(id, gives_back))
        .await
}

fn file(folder: &Path, end: &str) -> PathBuf {
    let files = fs::read_dir(folder).expect("the folder");
    let mut files = files.map(|file| file.expect("a file").path());
    files
        .find(|file| file.extension().is_some_and(|is| is == end))
        .expect(end)
}

#[tokio::test]
async fn a_child_takes_a_lease_and_waits_to_be_killed() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    let journal = Folder::new(folder.into());
    begin(&journal, "child", true).await.expect("begun");
    println!("begun");
    std::thread::sleep(Duration::from_secs(60));
}

#[tokio::test]
async fn the_lease_of_a_killed_process_is_free_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "--nocapture"])
        .arg("journal::folder::tests::a_child_takes_a_lease_and_waits_to_be_killed")
        .env(CHILD, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a child");
    let journal = Folder::new(folder.path().into());
    let output = child.stdout.take().expect("its output");
    let mut lines = io::BufRead::lines(io::BufReader::new(output));
    let begun = lines.any(|line| line.is_ok_and(|line| line.ends_with("begun")));
    let busy = begin(&journal, "parent", false).await;
    let seen = journal.look(&key("3")).await;
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(begun);
    let entry = || Box::new(entry("child", true));
    let Ok(Lease::Busy {
        entry: Some(found),
        until: Some(until),
    }) = busy
    else {
        panic!("{busy:?}");
    };
    assert!(found == entry() && until > SystemTime::now());
    assert_eq!(
        seen,
        Ok(Found::Busy {
            entry: Some(entry())
        })
    );
    assert_eq!(
        journal.look(&key("3")).await,
        Ok(Found::LeftBehind(entry()))
    );
    let left = begin(&journal, "parent", false).await;
    assert_eq!(left, Ok(Lease::LeftBehind(entry())));
}

#[tokio::test]
async fn what_was_cut_does_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = Folder::new(folder.path().into());
    begin(&journal, "one", true).await.expect("begun");
    drop(journal);
    let whole = file(folder.path(), "json");
    fs::write(whole.with_extension("new"), "{\"target\": \"htt").expect("written");
    let journal = Folder::new(folder.path().into());
    let left = begin(&journal, "two", true).await;
    assert_eq!(left, Ok(Lease::LeftBehind(Box::new(entry("one", true)))));
    journal
        .end(&key("3"), &holder("two"), true)
        .await
        .expect("ended");
    let begun = begin(&journal, "three", true).await;
    assert!(
        matches!(begun, Ok(Lease::Begun { ended: Some(_) })),
        "{begun:?}"
    );
    assert!(!whole.with_extension("new").exists());
}

#[tokio::test]
async fn what_can_t_be_read_is_told_with_its_name_and_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = Folder::new(folder.path().into());
    begin(&journal, "one", true).await.expect("begun");
    journal.abandon(&key("3"), &holder("one"));
    let path = file(folder.path(), "json");
    let name = path.display().to_string();
    fs::write(&path, "canary {").expect("written");
    for error in [
        begin(&journal, "two", true).await.expect_err("accepted"),
        journal.look(&key("3")).await.expect_err("accepted"),
    ] {
        assert!(
            error.why.starts_with(&name) && !error.why.contains("canary"),
            "{error}"
        );
    }
    assert_eq!(fs::read_to_string(&path).expect("there"), "canary {");
    // The lock was given back each time.
    fs::remove_file(&path).expect("deleted");
    begin(&journal, "three", true).await.expect("begun");
}

#[tokio::test]
async fn a_folder_that_can_t_be_used_is_told_and_leaves_no_lease() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().join("journal");
    fs::write(&at, "").expect("a file");
    let journal = Folder::new(at.clone());
    let error = begin(&journal, "one", true).await.expect_err("begun");
    assert!(error.why.starts_with(&at.display().to_string()), "{error}");
    fs::remove_file(&at).expect("deleted");
    begin(&journal, "one", true).await.expect("begun");
    journal
        .end(&key("3"), &holder("one"), true)
        .await
        .expect("ended");
    // An entry that can't be put in its place.
    let entry = file(&at, "lock").with_extension("json");
    fs::create_dir_all(entry.join("sub")).expect("in its place");
    let error = begin(&journal, "two", true).await.expect_err("begun");
    assert!(
        error.why.starts_with(&entry.display().to_string()),
        "{error}"
    );
    fs::remove_dir_all(&entry).expect("deleted");
    let begun = begin(&Folder::new(at), "three", true).await;
    assert!(matches!(begun, Ok(Lease::Begun { .. })), "{begun:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn all_of_it_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path().join("state/journal");
    let journal = Folder::new(at.clone());
    begin(&journal, "one", true).await.expect("begun");
    assert_eq!(
        (mode(&at), mode(&folder.path().join("state"))),
        (0o700, 0o700)
    );
    let path = file(&at, "json");
    assert_eq!((mode(&path), mode(&file(&at, "lock"))), (0o600, 0o600));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("set");
    journal.look(&key("3")).await.expect("found");
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn what_is_done_leaves_nothing_but_its_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = Folder::new(folder.path().into());
    for (id, gives_back, finished) in [("one", true, true), ("two", false, false)] {
        begin(&journal, id, gives_back).await.expect("begun");
        let ended = journal.end(&key("3"), &holder(id), finished).await;
        ended.expect("ended");
        let left = fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(left, 1);
    }
}

#[test]
fn names_are_for_people_and_of_one_account_each() {
    let name_of = |target: &str, account: &str| {
        name(&JournalKey {
            target: target.into(),
            account: account.into(),
        })
    };
    let usual = name_of("https://console.example.com:3780", "3");
    assert_eq!(
        usual.rsplit_once('_').expect("a hash").0,
        "console.example.com_3780_3"
    );
    let strange = name_of("https://../../etc", "../a b\0\u{1f980}");
    assert!(strange.starts_with(".._.._etc_.._a_b__"), "{strange}");
    assert_ne!(name_of("https://a", "b_c"), name_of("https://a_b", "c"));
    assert_ne!(name_of("https://a", "A"), name_of("http://a", "A"));
    assert!(name_of(&"a".repeat(400), &"b".repeat(400)).len() < 200);
}
