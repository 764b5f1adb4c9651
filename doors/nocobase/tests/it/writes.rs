//! What a write of records leaves as it was, and what it answers.

use serde_json::json;

use crate::world::{Nocobase, data};

#[tokio::test]
async fn who_made_a_record_stays() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let admin = &nocobase.admin;
    for values in
        [json!({"createdById": null}), json!({"createdById": 99, "title": "x"}), json!({"createdBy": null})]
    {
        admin.post("/api/todos:update?filterByTk=1", values).await.expect(200);
    }
    let row = data(admin.get("/api/todos:get/1").await);
    assert_eq!((&row["createdById"], &row["title"]), (&json!(1), &json!("x")));
}

#[tokio::test]
async fn an_emptied_association_is_null() {
    let nocobase = Nocobase::new().await;
    nocobase.todos().await;
    let admin = &nocobase.admin;
    let owner = json!({"name": "owner", "type": "belongsTo", "target": "users"});
    admin.post("/api/collections/todos/fields:create", owner).await.expect(200);
    let made = data(admin.post("/api/todos:create", json!({"title": "a", "owner": null})).await);
    assert_eq!((made.get("owner"), &made["updatedById"]), (Some(&json!(null)), &json!(1)));
    admin.post("/api/todos:update?filterByTk=1", json!({"owner": 1})).await.expect(200);
    let emptied = data(admin.post("/api/todos:update?filterByTk=1", json!({"owner": null})).await);
    assert_eq!((emptied[0].get("owner"), &emptied[0]["ownerId"]), (Some(&json!(null)), &json!(null)));
}

#[tokio::test]
async fn a_new_record_behind_a_one_to_one_takes_the_place_of_the_old_one() {
    let nocobase = Nocobase::new().await;
    let admin = &nocobase.admin;
    let text = json!({"name": "text", "type": "string"});
    for values in [
        json!({"name": "briefs", "fields": [text]}),
        json!({"name": "projects", "fields": [{"name": "brief", "type": "hasOne", "target": "briefs", "foreignKey": "projectId"}]}),
    ] {
        admin.post("/api/collections:create", values).await.expect(200);
    }
    admin.post("/api/projects:create", json!({"brief": {"text": "old"}})).await.expect(200);
    admin.post("/api/projects:update?filterByTk=1", json!({"brief": {"text": "new"}})).await.expect(200);
    assert_eq!(data(admin.get("/api/projects/1/brief:get?fields=text").await), json!({"text": "new"}));
    assert_eq!(data(admin.get("/api/briefs:get/1").await)["projectId"], json!(null));
}
