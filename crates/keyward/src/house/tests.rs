//! The end of a process that can no longer trust what it knows: seen from outside, as whatever watches over it sees it.

use std::{path::PathBuf, process::Command};

use domain::secret::Secret;

use super::{EXIT_BROKEN, House, RootKey};
use crate::config::{Config, Values};

/// Where the child finds its data folder; without it the child is not one.
const FOLDER: &str = "KEYWARD_TEST_BROKEN_FOLDER";

#[test]
fn a_process_that_cannot_trust_its_memory_ends_with_a_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "house::tests::a_house_that_breaks_down", "--ignored"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(EXIT_BROKEN), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[tokio::test]
#[ignore = "ends its process: the test above starts it in one of its own"]
async fn a_house_that_breaks_down() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut config = Config::read(&Values::with_defaults()).unwrap();
    config.server.data = PathBuf::from(folder);
    let (house, _) = House::open(&config, RootKey::Ephemeral, "http://127.0.0.1:7420").await.unwrap();
    house.store.subscribe(Box::new(|_| panic!("as ordered")));
    let _ =
        house.keys.first_administrator(None, Some("ada".to_owned()), Secret::new("a long password")).await;
    panic!("the process went on with a memory that does not follow the disk");
}
