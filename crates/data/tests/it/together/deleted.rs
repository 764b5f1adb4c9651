//! What becomes of records whose key goes with a record that is deleted.

use data::{DataError, FieldPatch, Which};
use domain::{access::Op, catalog::OnDelete};
use serde_json::json;

use super::{create, house, keys, limited, new, rows, to};
use crate::world::{limit, texts};

#[tokio::test]
async fn what_goes_with_a_record_is_the_schemas_to_say_and_the_more_careful_side_of_a_link_holds() {
    let world = house().await;
    let owner = world.owner();
    let said = async |table: &str, link: &str, on_delete| {
        let patch = FieldPatch { on_delete: Some(on_delete), ..FieldPatch::default() };
        world.patch_field(&owner.on(Op::FieldUpdate, table), link, patch).await.unwrap();
    };
    let note = || to("note", vec![new(json!({"title": "n"}))]);
    let task = || vec![to("project", keys(&[1])), to("labels", keys(&[1, 2])), note()];
    create(&world, &owner, "tasks", json!({"title": "a"}), task()).await.unwrap();
    create(&world, &owner, "tasks", json!({"title": "b"}), vec![to("labels", keys(&[1]))]).await.unwrap();
    // Whoever may delete the project and nothing else.
    let few =
        limited(&world, vec![("projects", vec![limit(&[Op::RecordDelete, Op::RecordRead], vec![], None)])]);
    let delete = async || world.data.delete(&few.on(Op::RecordDelete, "projects"), &Which::key(1)).await;
    let left =
        async || (texts(&rows(&world, "tasks").await, "title"), rows(&world, "pairs").await.rows.len());
    said("projects", "tasks", OnDelete::Delete).await;
    // Down to the note, which must not lose its key: nothing of all that happens.
    for on_delete in [OnDelete::Refuse, OnDelete::Clear] {
        said("tasks", "note", on_delete).await;
        let refused = delete().await;
        // Whoever may not read the notes is not told that there are any, what may read them is.
        let unnamed = matches!(&refused, Err(DataError::Validation(why)) if why[0] == "other records are linked with it");
        assert!(unnamed, "{refused:?}");
        let named = world.data.delete(&owner.on(Op::RecordDelete, "projects"), &Which::key(1)).await;
        assert!(matches!(&named, Err(DataError::Validation(why)) if why[0].contains("notes")), "{named:?}");
        assert_eq!(left().await, (vec!["a".to_owned(), "b".to_owned()], 3));
    }
    said("tasks", "note", OnDelete::Delete).await;
    said("tasks", "project", OnDelete::Refuse).await;
    assert!(delete().await.is_err(), "the other side of the link says no");
    said("tasks", "project", OnDelete::Keep).await;
    assert_eq!(delete().await.unwrap(), 1, "what goes with it is not counted");
    assert_eq!(left().await, (vec!["b".to_owned()], 1));
    assert!(rows(&world, "notes").await.rows.is_empty() && rows(&world, "projects").await.rows.is_empty());
}
