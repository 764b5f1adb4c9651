//! The walk itself: the to-dos guide, step by step, then what no guide shows: a refusal and its explanation.

use serde_json::{Value, json};

use super::walk::{Step, Walk};
use crate::{config::Administrator, error::Failure};

/// Password of the dedicated user; the server that knows it ends with the demo.
const USER: &str = "todos-api";

pub async fn run(walk: &mut Walk, administrator: &Administrator) -> Result<(), Failure> {
    walk.chapter("1. Sign in as the administrator");
    let account = json!({ "account": administrator.email, "password": administrator.password.expose() });
    sign_in(walk, "sign in", "TOKEN", account).await?;
    collection(walk).await?;
    role_and_user(walk, administrator).await?;
    key(walk).await?;
    records(walk).await?;
    refusals(walk).await
}

async fn sign_in(
    walk: &mut Walk,
    title: &str,
    variable: &'static str,
    account: Value,
) -> Result<(), Failure> {
    let answer = walk.go(Step::post(title, "/api/auth:signIn", account)).await?;
    let token = text(&answer.body, "/data/token")?;
    walk.learn(variable, &token);
    Ok(())
}

async fn collection(walk: &mut Walk) -> Result<(), Failure> {
    walk.chapter("2. A collection with three records");
    let todos = json!({
        "name": "todos",
        "title": "To-Dos",
        "fields": [
            { "name": "id", "type": "bigInt", "autoIncrement": true, "primaryKey": true, "interface": "id" },
            { "name": "title", "type": "string", "interface": "input" },
            { "name": "completed", "type": "boolean", "interface": "checkbox", "defaultValue": false },
        ],
    });
    walk.go(Step::post("the collection todos", "/api/collections:create", todos).bearer("TOKEN")).await?;
    for title in ["eat food", "sleep", "play games"] {
        walk.go(Step::post("a record", "/api/todos:create", json!({ "title": title })).bearer("TOKEN"))
            .await?;
    }
    Ok(())
}

async fn role_and_user(walk: &mut Walk, administrator: &Administrator) -> Result<(), Failure> {
    walk.chapter("3. A role that may do everything with todos and nothing else, and a user for it");
    let role =
        json!({ "name": "todosApi", "title": "To Dos API Role", "snippets": ["pm.api-keys.configuration"] });
    walk.go(Step::post("the role", "/api/roles:create", role).bearer("TOKEN")).await?;
    let actions = ["view", "create", "update", "destroy"]
        .map(|name| json!({ "name": name, "fields": ["id", "title", "completed"] }));
    let resource =
        json!({ "name": "todos", "dataSourceKey": "main", "usingActionsConfig": true, "actions": actions });
    let path = "/api/roles/todosApi/dataSourceResources:create";
    walk.go(Step::post("what it may do", path, resource).bearer("TOKEN")).await?;
    // The administrator's password is random already; a second one would only lengthen the walk.
    let password = administrator.password.expose();
    let user = json!({ "username": USER, "nickname": "To Dos API User", "password": password, "roles": ["todosApi"] });
    walk.go(Step::post("a dedicated user", "/api/users:create", user).bearer("TOKEN")).await?;
    sign_in(walk, "sign in as that user", "USER_TOKEN", json!({ "account": USER, "password": password }))
        .await
}

async fn key(walk: &mut Walk) -> Result<(), Failure> {
    walk.chapter("4. The API key: shown once");
    let wanted = json!({ "name": "guide key", "role": { "name": "todosApi" }, "expiresIn": "30d" });
    let answer = walk.go(Step::post("create it", "/api/apiKeys:create", wanted).bearer("USER_TOKEN")).await?;
    let key = text(&answer.body, "/data/token")?;
    walk.learn("KEY", &key);
    Ok(())
}

async fn records(walk: &mut Walk) -> Result<(), Failure> {
    walk.chapter("5. Use it");
    walk.go(Step::get("list", "/api/todos:list").bearer("KEY")).await?;
    let new = json!({ "title": "read the docs" });
    let made = walk.go(Step::post("create", "/api/todos:create", new).bearer("KEY")).await?;
    let id = made.body.pointer("/data/id").cloned().unwrap_or_default();
    let update = format!("/api/todos:update?filterByTk={id}");
    walk.go(Step::post("update", update, json!({ "completed": true })).bearer("KEY")).await?;
    let filtered = "/api/todos:list?filter=%7B%22completed%22:true%7D&fields=id,title&sort=-id";
    walk.go(Step::get("only what is done", filtered).bearer("KEY")).await?;
    let destroy = format!("/api/todos:destroy?filterByTk={id}");
    walk.go(Step::post("delete", destroy, json!({})).bearer("KEY")).await?;
    Ok(())
}

async fn refusals(walk: &mut Walk) -> Result<(), Failure> {
    walk.chapter("6. What does not pass, and why");
    walk.learn("WRONG", "kw_live_000000000000000000000000000000000");
    walk.go(Step::get("a wrong key", "/api/todos:list").bearer("WRONG").expect(401)).await?;
    let diary = json!({ "name": "diary", "fields": [{ "name": "entry", "type": "text" }] });
    walk.go(Step::post("another collection", "/api/collections:create", diary).bearer("TOKEN")).await?;
    let denied = Step::get("the key outside of its role", "/api/diary:list").bearer("KEY").expect(403);
    let denied = walk.go(denied).await?;
    let id = denied.decision.ok_or_else(|| Failure::new("the refusal carried no decision id"))?;
    let told =
        walk.go(Step::get("look the refusal up", format!("/v1/decisions/{id}")).bearer("ROOT")).await?;
    let key_id = text(&told.body, "/key_id")?;
    let question = json!({ "key_id": key_id, "operation": "record.read", "resource": "main/diary" });
    let ask = Step::post("ask what would have allowed it (nothing is spent)", "/v1/decisions", question);
    walk.go(ask.bearer("ROOT")).await?;
    Ok(())
}

fn text(body: &Value, pointer: &str) -> Result<String, Failure> {
    let found = body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::new(format!("the demo stopped: no {pointer} in {body}")))
}
