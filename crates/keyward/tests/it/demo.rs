//! The demo walks the whole guide; a step that does not answer as it should ends it with an error.

use crate::program::{Folder, json};

#[test]
fn the_demo_walks_the_guide_to_an_explained_refusal() {
    let folder = Folder::new();
    let walked = json(&folder.data(), &["demo", "--exit"]);
    let steps = walked["steps"].as_array().expect("steps");
    let titles: Vec<_> = steps.iter().filter_map(|step| step["title"].as_str()).collect();
    for title in ["list", "create", "update", "delete", "a wrong key", "look the refusal up"] {
        assert!(titles.contains(&title), "{title} in {titles:?}");
    }
    let listed = steps.iter().find(|step| step["title"] == "list").expect("the list");
    assert_eq!(listed["answer"]["data"].as_array().map(Vec::len), Some(3), "{listed}");
    assert!(
        listed["request"].as_str().is_some_and(|line| line.starts_with("curl ") && line.contains("$KEY"))
    );
    assert!(!folder.data().exists(), "nothing of the demo is kept");
}
