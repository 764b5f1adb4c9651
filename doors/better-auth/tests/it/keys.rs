//! Making, reading, listing, changing and ending keys: every field, every refusal, in order.

use serde_json::{Value, json};

use crate::world::{Auth, Person, code};

const CREATE: &str = "/api/auth/api-key/create";
const UPDATE: &str = "/api/auth/api-key/update";

async fn create(person: &Person, body: Value) -> Value {
    person.actor.post(CREATE, body).await.expect(200).json()
}

async fn refused(person: &Person, path: &str, body: Value) -> String {
    code(&person.actor.post(path, body).await)
}

#[tokio::test]
async fn a_new_key_has_every_field_and_its_text_is_shown_once() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let made =
        create(&ada, json!({"name": "ci", "prefix": "my-", "metadata": {"a": [1]}, "expiresIn": 86_400}))
            .await;
    let text = made["key"].as_str().unwrap();
    assert!(text.starts_with("my-") && text.len() == 67, "{text}");
    assert!(text[3..].bytes().all(|b| b.is_ascii_alphabetic()));
    let got = ada.actor.get(&format!("/api/auth/api-key/get?id={}", made["id"].as_str().unwrap())).await;
    let mut got = got.expect(200).json();
    assert_eq!(got["start"], text[..6]);
    got.as_object_mut().unwrap().insert("key".to_owned(), json!(text));
    assert_eq!(got, made);
    for (field, want) in [
        ("configId", json!("default")),
        ("name", json!("ci")),
        ("prefix", json!("my-")),
        ("referenceId", json!(ada.id)),
        ("enabled", json!(true)),
        ("expiresAt", json!("2026-11-23T12:00:00.000Z")),
        ("remaining", Value::Null),
        ("refillAmount", Value::Null),
        ("refillInterval", Value::Null),
        ("lastRefillAt", Value::Null),
        ("rateLimitEnabled", json!(true)),
        ("rateLimitTimeWindow", json!(86_400_000)),
        ("rateLimitMax", json!(10)),
        ("requestCount", json!(0)),
        ("lastRequest", Value::Null),
        ("permissions", Value::Null),
        ("metadata", json!({"a": [1]})),
        ("createdAt", json!("2026-11-22T12:00:00.000Z")),
        ("updatedAt", json!("2026-11-22T12:00:00.000Z")),
    ] {
        assert_eq!(made[field], want, "{field}");
    }
}

#[tokio::test]
async fn each_configuration_has_its_own_defaults_and_an_unknown_one_is_the_default() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let public = create(&ada, json!({"configId": "public", "name": "p"})).await;
    assert!(public["key"].as_str().unwrap().starts_with("pk_"));
    assert_eq!((&public["prefix"], &public["permissions"]), (&json!("pk_"), &json!({"files": ["read"]})));
    assert_eq!((&public["rateLimitMax"], &public["rateLimitTimeWindow"]), (&json!(100), &json!(3_600_000)));
    assert_eq!(public["expiresAt"], "2026-11-29T12:00:00.000Z");
    let short = create(&ada, json!({"configId": "short"})).await;
    assert_eq!((short["key"].as_str().unwrap().len(), &short["start"]), (32, &Value::Null));
    assert_eq!(short["rateLimitEnabled"], false);
    assert_eq!(create(&ada, json!({"configId": "nonsense"})).await["configId"], "default");
}

#[tokio::test]
async fn what_a_client_may_not_set_or_gets_wrong_is_refused_in_order() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    for (body, want) in [
        (json!({"permissions": {}}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"refillAmount": 1}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"refillInterval": 1}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"rateLimitMax": 1}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"rateLimitTimeWindow": 1}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"rateLimitEnabled": true}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"remaining": 0}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"remaining": null}), "200 "),
        (json!({"remaining": 0, "userId": ada.id}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"userId": ada.id}), "401 UNAUTHORIZED_SESSION"),
        (json!({"configId": "org"}), "400 ORGANIZATION_ID_REQUIRED"),
        (json!({"configId": "public", "name": "x", "metadata": {"a": 1}}), "400 METADATA_DISABLED"),
        (json!({"metadata": "text"}), "400 INVALID_METADATA_TYPE"),
        (json!({"metadata": 7, "expiresIn": 1}), "400 INVALID_METADATA_TYPE"),
        (json!({"metadata": [1]}), "200 "),
        (json!({"metadata": false}), "200 "),
        (json!({"configId": "public", "expiresIn": 86_400}), "400 KEY_DISABLED_EXPIRATION"),
        (json!({"expiresIn": 86_399}), "400 EXPIRES_IN_IS_TOO_SMALL"),
        (json!({"expiresIn": 365 * 86_400}), "200 "),
        (json!({"expiresIn": 365 * 86_400 + 1}), "400 EXPIRES_IN_IS_TOO_LARGE"),
        (json!({"prefix": "p".repeat(33)}), "400 INVALID_PREFIX_LENGTH"),
        (json!({"prefix": "a b"}), "400 VALIDATION_ERROR"),
        (json!({"prefix": ""}), "400 VALIDATION_ERROR"),
        (json!({"prefix": "kw_live_"}), "400 VALIDATION_ERROR"),
        (json!({"name": "n".repeat(33)}), "400 INVALID_NAME_LENGTH"),
        (json!({"name": "😀".repeat(16)}), "200 "),
        (json!({"name": "😀".repeat(17)}), "400 INVALID_NAME_LENGTH"),
        (json!({"configId": "public"}), "400 NAME_REQUIRED"),
        (json!({"configId": "public", "name": ""}), "400 NAME_REQUIRED"),
        (json!({"name": null}), "400 VALIDATION_ERROR"),
        (json!({"expiresIn": 0}), "400 VALIDATION_ERROR"),
        (json!({"expiresIn": "60"}), "400 VALIDATION_ERROR"),
        (json!({"remaining": -1}), "400 VALIDATION_ERROR"),
    ] {
        assert_eq!(refused(&ada, CREATE, body.clone()).await, want, "{body}");
    }
    let nobody = auth.nobody();
    for (body, want) in [
        (json!({}), "401 UNAUTHORIZED_SESSION"),
        (json!({"remaining": 1}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"userId": ada.id}), "401 UNAUTHORIZED_SESSION"),
    ] {
        assert_eq!(code(&nobody.post(CREATE, body.clone()).await), want, "{body}");
    }
}

#[tokio::test]
async fn the_server_sets_everything_for_whom_it_names() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let made = auth
        .key(
            &ada,
            json!({"remaining": 5, "refillAmount": 7, "refillInterval": 1_000, "rateLimitMax": 1_000_000_000,
                   "rateLimitTimeWindow": 0, "rateLimitEnabled": false, "permissions": {"z": ["b", "a"], "a": []}}),
        )
        .await;
    for (field, want) in [
        ("referenceId", json!(ada.id)),
        ("remaining", json!(5)),
        ("refillAmount", json!(7)),
        ("refillInterval", json!(1_000)),
        ("rateLimitMax", json!(1_000_000_000)),
        ("rateLimitTimeWindow", json!(0)),
        ("rateLimitEnabled", json!(false)),
        ("permissions", json!({"z": ["b", "a"], "a": []})),
    ] {
        assert_eq!(made[field], want, "{field}");
    }
    let listed = ada.actor.get("/api/auth/api-key/list").await.json();
    assert_eq!(listed["apiKeys"][0]["id"], made["id"], "it is her own key");
    for (body, want) in [
        (json!({}), "401 UNAUTHORIZED_SESSION"),
        (json!({"userId": ada.id, "refillAmount": 1}), "400 REFILL_AMOUNT_AND_INTERVAL_REQUIRED"),
        (
            json!({"userId": ada.id, "refillAmount": 1, "refillInterval": 0}),
            "400 REFILL_AMOUNT_AND_INTERVAL_REQUIRED",
        ),
        (json!({"userId": ada.id, "refillInterval": 1}), "400 REFILL_INTERVAL_AND_AMOUNT_REQUIRED"),
        (json!({"userId": ada.id, "expiresIn": 1}), "400 EXPIRES_IN_IS_TOO_SMALL"),
        (json!({"userId": ada.id, "remaining": 1.5}), "400 VALIDATION_ERROR"),
        (json!({"userId": ada.id, "rateLimitMax": -1}), "400 VALIDATION_ERROR"),
        (json!({"userId": ada.id, "permissions": {"a": "b"}}), "400 VALIDATION_ERROR"),
    ] {
        assert_eq!(code(&auth.server().post(CREATE, body.clone()).await), want, "{body}");
    }
    let foreign = json!({"userId": "customer-42"});
    let foreign = auth.server().post(CREATE, foreign).await.expect(200).json();
    assert_eq!((&foreign["referenceId"], &foreign["configId"]), (&json!("customer-42"), &json!("default")));
    let change = json!({"userId": "customer-42", "keyId": foreign["id"], "enabled": false});
    let changed = auth.server().post(UPDATE, change).await.expect(200).json();
    assert_eq!(changed["enabled"], false);
    let stranger = json!({"userId": "customer-43", "keyId": foreign["id"], "enabled": true});
    assert_eq!(code(&auth.server().post(UPDATE, stranger).await), "404 KEY_NOT_FOUND");
}

#[tokio::test]
async fn a_key_of_another_of_another_configuration_or_of_nobody_is_the_same_404() {
    let auth = Auth::new().await;
    let (ada, bob) = (auth.person("ada").await, auth.person("bob").await);
    let key = create(&ada, json!({"configId": "short"})).await;
    let id = key["id"].as_str().unwrap();
    let get = async |person: &Person, query: String| {
        person.actor.get(&format!("/api/auth/api-key/get?{query}")).await
    };
    get(&ada, format!("id={id}&configId=short")).await.expect(200);
    let answers = [
        get(&bob, format!("id={id}&configId=short")).await,
        get(&ada, format!("id={id}")).await,
        get(&ada, "id=nonsense".to_owned()).await,
        get(&ada, format!("id={}&configId=short", "00000000-0000-0000-0000-000000000000")).await,
    ];
    for answer in &answers {
        assert_eq!((code(answer).as_str(), &answer.bytes), ("404 KEY_NOT_FOUND", &answers[0].bytes));
    }
    assert_eq!(code(&auth.nobody().get(&format!("/api/auth/api-key/get?id={id}")).await), "401 UNAUTHORIZED");
    assert_eq!(code(&ada.actor.get("/api/auth/api-key/get").await), "400 VALIDATION_ERROR");
    assert_eq!(code(&ada.actor.get("/api/auth/api-key/get?id=a&id=b").await), "400 VALIDATION_ERROR");
    assert_eq!(
        refused(&bob, UPDATE, json!({"keyId": id, "configId": "short", "enabled": false})).await,
        "404 KEY_NOT_FOUND"
    );
    assert_eq!(
        refused(&bob, "/api/auth/api-key/delete", json!({"keyId": id, "configId": "short"})).await,
        "404 KEY_NOT_FOUND"
    );
}

#[tokio::test]
async fn keys_of_other_doors_are_not_here() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let owner = domain::key::Owner::User(ada.id.parse().unwrap());
    let native = auth.world.key(|key| key.owner = owner).await;
    assert_eq!(ada.actor.get("/api/auth/api-key/list").await.json()["total"], 0);
    let get = format!("/api/auth/api-key/get?id={}", native.id);
    assert_eq!(code(&ada.actor.get(&get).await), "404 KEY_NOT_FOUND");
    let verified = auth.verify(&json!({"key": native.secret})).await;
    assert_eq!(verified["error"]["code"], "INVALID_API_KEY");
}

#[tokio::test]
async fn lists_are_sorted_paged_and_counted_truly() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    for name in ["b", "c", "a"] {
        create(&ada, json!({"name": name})).await;
        auth.world.advance(10);
    }
    create(&ada, json!({"configId": "short"})).await;
    let list = async |query: &str| {
        let body = ada.actor.get(&format!("/api/auth/api-key/list{query}")).await.expect(200).json();
        let names: Vec<String> =
            body["apiKeys"].as_array().unwrap().iter().map(|k| k["name"].to_string()).collect();
        (names.join(" "), body["total"].as_u64().unwrap(), body["limit"].clone(), body["offset"].clone())
    };
    let none = Value::Null;
    assert_eq!(list("").await, (r#""b" "c" "a" null"#.to_owned(), 4, none.clone(), none.clone()));
    assert_eq!(list("?configId=default").await.1, 3);
    assert_eq!(list("?configId=unknown").await.1, 0);
    assert_eq!(list("?sortBy=name").await.0, r#"null "a" "b" "c""#);
    let page = list("?sortBy=name&sortDirection=desc&limit=2&offset=1").await;
    assert_eq!(page, (r#""b" "a""#.to_owned(), 4, json!(2), json!(1)));
    assert_eq!(list("?limit=0").await.0, "");
    for query in
        ["?limit=-1", "?limit=x", "?limit=1.5", "?sortBy=nonsense", "?sortDirection=up", "?limit=1&limit=2"]
    {
        let reply = ada.actor.get(&format!("/api/auth/api-key/list{query}")).await;
        assert_eq!(code(&reply), "400 VALIDATION_ERROR", "{query}");
    }
    assert_eq!(code(&auth.nobody().get("/api/auth/api-key/list").await), "401 UNAUTHORIZED");
}

#[tokio::test]
async fn more_than_a_page_of_the_core_is_listed_whole() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let owner = domain::key::Owner::User(ada.id.parse().unwrap());
    for _ in 0..1_100 {
        auth.world.key(|key| (key.owner, key.door) = (owner, Some("better-auth/default".to_owned()))).await;
    }
    let body = ada.actor.get("/api/auth/api-key/list?offset=1099").await.json();
    assert_eq!((&body["total"], body["apiKeys"].as_array().unwrap().len()), (&json!(1_100), 1));
}

#[tokio::test]
async fn an_older_client_gets_a_bare_list() {
    let auth = Auth::with(|s| s.list = door_better_auth::ListShape::Older).await;
    let ada = auth.person("ada").await;
    create(&ada, json!({"name": "x"})).await;
    let body = ada.actor.get("/api/auth/api-key/list").await.json();
    assert_eq!((&body[0]["name"], &body[0]["userId"]), (&json!("x"), &json!(ada.id)));
}

#[tokio::test]
async fn a_client_changes_name_end_metadata_and_whether_it_is_on() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let id =
        create(&ada, json!({"name": "x", "metadata": {"a": 1}, "expiresIn": 86_400})).await["id"].clone();
    let update = async |mut body: Value| {
        body.as_object_mut().unwrap().insert("keyId".to_owned(), id.clone());
        ada.actor.post(UPDATE, body).await
    };
    let changed =
        update(json!({"name": "y", "enabled": false, "metadata": {"b": 2}, "expiresIn": 172_800})).await;
    let changed = changed.expect(200).json();
    assert_eq!((&changed["name"], &changed["enabled"]), (&json!("y"), &json!(false)));
    assert_eq!(
        (&changed["metadata"], &changed["expiresAt"]),
        (&json!({"b": 2}), &json!("2026-11-24T12:00:00.000Z"))
    );
    let cleared =
        update(json!({"metadata": null, "expiresIn": null, "userId": ada.id})).await.expect(200).json();
    assert_eq!((&cleared["metadata"], &cleared["expiresAt"]), (&Value::Null, &Value::Null));
    for (body, want) in [
        (json!({}), "400 NO_VALUES_TO_UPDATE"),
        (json!({"name": ""}), "400 INVALID_NAME_LENGTH"),
        (json!({"expiresIn": 1}), "400 EXPIRES_IN_IS_TOO_SMALL"),
        (json!({"metadata": 1}), "400 INVALID_METADATA_TYPE"),
        (json!({"remaining": 1}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"permissions": null}), "400 SERVER_ONLY_PROPERTY"),
        (json!({"userId": "somebody", "permissions": null}), "401 UNAUTHORIZED_SESSION"),
        (json!({"enabled": "no"}), "400 VALIDATION_ERROR"),
    ] {
        assert_eq!(code(&update(body.clone()).await), want, "{body}");
    }
    let anonymous = json!({"keyId": id, "remaining": 1});
    assert_eq!(code(&auth.nobody().post(UPDATE, anonymous).await), "401 UNAUTHORIZED_SESSION");
    let public = create(&ada, json!({"configId": "public", "name": "p"})).await["id"].clone();
    let body = json!({"keyId": public, "configId": "public", "metadata": {"a": 1}});
    assert_eq!(
        refused(&ada, UPDATE, body).await,
        "400 NO_VALUES_TO_UPDATE",
        "metadata is ignored where it is off"
    );
    let body = json!({"keyId": public, "configId": "public", "expiresIn": null});
    assert_eq!(refused(&ada, UPDATE, body).await, "400 KEY_DISABLED_EXPIRATION");
}

#[tokio::test]
async fn the_server_changes_what_only_it_may() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let id = auth.key(&ada, json!({})).await["id"].clone();
    let update = async |mut body: Value| {
        body.as_object_mut()
            .unwrap()
            .extend([("keyId".to_owned(), id.clone()), ("userId".to_owned(), json!(ada.id))]);
        auth.server().post(UPDATE, body).await
    };
    let changed = update(json!({"refillAmount": 3, "refillInterval": 500})).await.expect(200).json();
    assert_eq!(
        (&changed["refillAmount"], &changed["remaining"]),
        (&json!(3), &Value::Null),
        "no quota: no effect"
    );
    auth.world.advance(5_000);
    let changed = update(json!({"remaining": 9, "permissions": {"a": ["b"]}, "rateLimitMax": 4}))
        .await
        .expect(200)
        .json();
    for (field, want) in [
        ("remaining", json!(9)),
        ("refillAmount", json!(3)),
        ("refillInterval", json!(500)),
        ("lastRefillAt", Value::Null),
        ("permissions", json!({"a": ["b"]})),
        ("rateLimitMax", json!(4)),
        ("rateLimitTimeWindow", json!(86_400_000)),
    ] {
        assert_eq!(changed[field], want, "{field}");
    }
    let cleared = update(json!({"permissions": null, "rateLimitEnabled": false})).await.expect(200).json();
    assert_eq!((&cleared["permissions"], &cleared["rateLimitEnabled"]), (&Value::Null, &json!(false)));
    assert_eq!(code(&update(json!({"remaining": 0})).await), "400 VALIDATION_ERROR");
    assert_eq!(code(&update(json!({"refillAmount": 1})).await), "400 REFILL_AMOUNT_AND_INTERVAL_REQUIRED");
    assert_eq!(code(&update(json!({})).await), "400 NO_VALUES_TO_UPDATE");
    let nameless = json!({"keyId": id, "enabled": false});
    assert_eq!(code(&auth.server().post(UPDATE, nameless).await), "401 UNAUTHORIZED_SESSION");
}

#[tokio::test]
async fn a_deleted_key_is_gone_for_good() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let key = create(&ada, json!({})).await;
    let body = json!({"keyId": key["id"]});
    let gone = ada.actor.post("/api/auth/api-key/delete", body.clone()).await.expect(200).json();
    assert_eq!(gone, json!({"success": true}));
    assert_eq!(refused(&ada, "/api/auth/api-key/delete", body).await, "404 KEY_NOT_FOUND");
    assert_eq!(auth.verify(&key).await["error"]["code"], "INVALID_API_KEY");
}

#[tokio::test]
async fn expired_keys_are_cleared_away_by_the_way_at_most_every_ten_seconds() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let there = |key: &Value| {
        let secret = domain::secret::Secret::new(key["key"].as_str().unwrap());
        auth.world.guard.find(&secret).is_some()
    };
    let short = json!({"configId": "short", "expiresIn": 1});
    let list = async || drop(ada.actor.get("/api/auth/api-key/list").await.expect(200));
    let first = create(&ada, short.clone()).await;
    auth.world.advance(2_000);
    let second = create(&ada, short).await;
    auth.world.advance(2_000);
    list().await;
    assert!(there(&first) && there(&second), "it was done four seconds ago");
    auth.world.advance(6_000);
    list().await;
    assert!(!there(&first) && !there(&second));
}
