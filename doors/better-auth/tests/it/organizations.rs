//! Organizations, their members, and the keys they own.

use serde_json::{Value, json};

use crate::world::{Auth, Person, code};

const CREATE: &str = "/api/auth/api-key/create";

async fn organization(person: &Person, slug: &str) -> Value {
    let body = json!({"name": "Acme", "slug": slug, "metadata": {"plan": "free"}});
    person.actor.post("/api/auth/organization/create", body).await.expect(200).json()
}

async fn add(auth: &Auth, organization: &Value, person: &Person, role: &str) -> test_world::Reply {
    let body = json!({"userId": person.id, "organizationId": organization["id"], "role": role});
    auth.server().post("/api/auth/organization/add-member", body).await
}

#[tokio::test]
async fn who_makes_an_organization_owns_it_and_it_is_the_active_one() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let made = organization(&ada, "acme").await;
    assert_eq!(
        (&made["slug"], &made["logo"], &made["metadata"]),
        (&json!("acme"), &Value::Null, &json!({"plan": "free"}))
    );
    assert_eq!(
        (&made["members"][0]["userId"], &made["members"][0]["role"]),
        (&json!(ada.id), &json!("owner"))
    );
    let active = async || {
        ada.actor.get("/api/auth/get-session").await.json()["session"]["activeOrganizationId"].clone()
    };
    assert_eq!(active().await, made["id"]);
    let listed = ada.actor.get("/api/auth/organization/list").await.expect(200).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let none = json!({"organizationId": null});
    assert_eq!(
        ada.actor.post("/api/auth/organization/set-active", none).await.expect(200).json(),
        Value::Null
    );
    assert_eq!(active().await, Value::Null);
    let again = json!({"organizationId": made["id"]});
    let chosen = ada.actor.post("/api/auth/organization/set-active", again.clone()).await.expect(200).json();
    assert_eq!((&chosen["id"], active().await), (&made["id"], made["id"].clone()));
    let bob = auth.person("bob").await;
    let refused = bob.actor.post("/api/auth/organization/set-active", again).await;
    assert_eq!(code(&refused), "403 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
    let taken = bob.actor.post("/api/auth/organization/create", json!({"name": "B", "slug": "acme"})).await;
    assert_eq!(code(&taken), "400 ORGANIZATION_ALREADY_EXISTS");
    let unknown = bob.actor.post("/api/auth/organization/set-active", json!({"organizationId": "x"})).await;
    assert_eq!(code(&unknown), "403 USER_IS_NOT_A_MEMBER_OF_THE_ORGANIZATION");
    assert_eq!(code(&auth.nobody().get("/api/auth/organization/list").await), "401 UNAUTHORIZED");
    let nobody = auth.nobody().post("/api/auth/organization/create", json!({"name": "B", "slug": "b"})).await;
    assert_eq!((nobody.code(), nobody.bytes.len()), (401, 0));
}

#[tokio::test]
async fn members_are_added_by_the_operator_alone() {
    let auth = Auth::new().await;
    let (ada, bob) = (auth.person("ada").await, auth.person("bob").await);
    let acme = organization(&ada, "acme").await;
    let added = add(&auth, &acme, &bob, "member").await.expect(200).json();
    assert_eq!(
        (&added["userId"], &added["role"], &added["organizationId"]),
        (&json!(bob.id), &json!("member"), &acme["id"])
    );
    assert_eq!(
        code(&add(&auth, &acme, &bob, "owner").await),
        "400 USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION"
    );
    assert_eq!(code(&add(&auth, &acme, &bob, "emperor").await), "400 VALIDATION_ERROR");
    let body = json!({"userId": bob.id, "organizationId": acme["id"], "role": "owner"});
    assert_eq!(code(&ada.actor.post("/api/auth/organization/add-member", body).await), "401 UNAUTHORIZED");
}

#[tokio::test]
async fn keys_of_an_organization_belong_to_its_owners_alone() {
    let auth = Auth::new().await;
    let (ada, bob, eve) = (auth.person("ada").await, auth.person("bob").await, auth.person("eve").await);
    let acme = organization(&ada, "acme").await;
    add(&auth, &acme, &bob, "admin").await.expect(200);
    let body = json!({"configId": "org", "organizationId": acme["id"], "name": "deploy"});
    let key = ada.actor.post(CREATE, body.clone()).await.expect(200).json();
    assert_eq!((&key["referenceId"], &key["prefix"]), (&acme["id"], &json!("org_")));
    assert_eq!(code(&bob.actor.post(CREATE, body.clone()).await), "403 INSUFFICIENT_API_KEY_PERMISSIONS");
    assert_eq!(code(&eve.actor.post(CREATE, body.clone()).await), "403 USER_NOT_MEMBER_OF_ORGANIZATION");
    assert_eq!(code(&auth.nobody().post(CREATE, body).await), "401 UNAUTHORIZED_SESSION");
    let id = key["id"].as_str().unwrap();
    let get = format!("/api/auth/api-key/get?id={id}&configId=org");
    ada.actor.get(&get).await.expect(200);
    assert_eq!(code(&bob.actor.get(&get).await), "403 INSUFFICIENT_API_KEY_PERMISSIONS");
    assert_eq!(code(&eve.actor.get(&get).await), "403 USER_NOT_MEMBER_OF_ORGANIZATION");
    assert_eq!(code(&ada.actor.get(&format!("/api/auth/api-key/get?id={id}")).await), "404 KEY_NOT_FOUND");
    let list = async |person: &Person, query: &str| {
        person.actor.get(&format!("/api/auth/api-key/list{query}")).await
    };
    let of = format!("?organizationId={}", acme["id"].as_str().unwrap());
    assert_eq!(list(&ada, &of).await.json()["total"], 1);
    assert_eq!(list(&ada, "").await.json()["total"], 0);
    assert_eq!(list(&ada, "?configId=org").await.json()["total"], 0);
    assert_eq!(code(&list(&eve, &of).await), "403 USER_NOT_MEMBER_OF_ORGANIZATION");
    let update = json!({"keyId": id, "configId": "org", "name": "renamed"});
    assert_eq!(
        code(&bob.actor.post("/api/auth/api-key/update", update.clone()).await),
        "403 INSUFFICIENT_API_KEY_PERMISSIONS"
    );
    assert_eq!(
        ada.actor.post("/api/auth/api-key/update", update).await.expect(200).json()["name"],
        "renamed"
    );
    let mut server = json!({"keyId": id, "configId": "org", "userId": ada.id, "remaining": 2});
    auth.server().post("/api/auth/api-key/update", server.clone()).await.expect(200);
    server["userId"] = json!(eve.id);
    assert_eq!(
        code(&auth.server().post("/api/auth/api-key/update", server).await),
        "403 USER_NOT_MEMBER_OF_ORGANIZATION"
    );
    assert_eq!(auth.verify(&key).await["key"]["remaining"], 1);
    let delete = json!({"keyId": id, "configId": "org"});
    assert_eq!(
        code(&eve.actor.post("/api/auth/api-key/delete", delete.clone()).await),
        "403 USER_NOT_MEMBER_OF_ORGANIZATION"
    );
    ada.actor.post("/api/auth/api-key/delete", delete).await.expect(200);
    assert_eq!(auth.verify(&key).await["error"]["code"], "INVALID_API_KEY");
}

#[tokio::test]
async fn the_server_makes_keys_of_an_organization_for_one_of_its_owners() {
    let auth = Auth::new().await;
    let (ada, bob) = (auth.person("ada").await, auth.person("bob").await);
    let acme = organization(&ada, "acme").await;
    let body =
        |user: &str| json!({"configId": "org", "organizationId": acme["id"], "userId": user, "remaining": 4});
    let key = auth.server().post(CREATE, body(&ada.id)).await.expect(200).json();
    assert_eq!((&key["referenceId"], &key["remaining"]), (&acme["id"], &json!(4)));
    assert_eq!(code(&auth.server().post(CREATE, body(&bob.id)).await), "403 USER_NOT_MEMBER_OF_ORGANIZATION");
    let nobody = json!({"configId": "org", "organizationId": acme["id"]});
    assert_eq!(code(&auth.server().post(CREATE, nobody).await), "401 UNAUTHORIZED_SESSION");
}

#[tokio::test]
async fn an_administrator_sees_no_key_of_somebody_else_here() {
    let auth = Auth::new().await;
    let ada = auth.person("ada").await;
    let owner = domain::key::Owner::User(ada.id.parse().unwrap());
    // As if the configuration had been about users once.
    let key = auth.world.key(|key| (key.owner, key.door) = (owner, Some("better-auth/org".to_owned()))).await;
    let root = auth.world.root_user("root").await;
    let root = auth.nobody().bearer(&auth.world.session(&root).await);
    let get = format!("/api/auth/api-key/get?id={}&configId=org", key.id);
    assert_eq!(code(&root.get(&get).await), "404 KEY_NOT_FOUND");
    ada.actor.get(&get).await.expect(200);
    let plain = auth.key(&ada, json!({})).await;
    let get = format!("/api/auth/api-key/get?id={}", plain["id"].as_str().unwrap());
    assert_eq!(code(&root.get(&get).await), "404 KEY_NOT_FOUND");
    assert_eq!(root.get("/api/auth/api-key/list").await.json()["total"], 0);
}

/// Roles as somebody defined them beside the conformance profile.
const ROLES: &str = r#"{"configurations": [{"configId": "default"},
    {"configId": "org", "references": "organization"}],
  "roles": {"admin": {"apiKey": ["create", "read"]}, "janitor": {"apiKey": ["delete"]}}}"#;

#[tokio::test]
async fn a_role_does_to_keys_of_its_organization_what_its_definition_lists() {
    let roles = door_better_auth::Configurations::parse(ROLES).unwrap();
    let auth = Auth::with(|settings| settings.configurations = roles).await;
    let ada = auth.person("ada").await;
    let acme = organization(&ada, "acme").await;
    let mut done = Vec::new();
    for (name, role) in [
        ("admin", json!("admin")),
        ("member", json!("member")),
        ("janitor", json!("janitor")),
        ("both", json!(["member", "janitor", "admin"])),
        ("owner", json!("owner")),
    ] {
        let person = auth.person(name).await;
        let body = json!({"userId": person.id, "organizationId": acme["id"], "role": role});
        let added = auth.server().post("/api/auth/organization/add-member", body).await.expect(200).json();
        assert_eq!(added["role"].as_str().unwrap().split(',').count(), role.as_array().map_or(1, Vec::len));
        done.push((name, everything(&person, &ada, &acme["id"]).await));
    }
    assert_eq!(
        done,
        [
            ("admin", vec!["create", "get", "list"]),
            ("member", vec![]),
            ("janitor", vec!["delete"]),
            ("both", vec!["create", "get", "list", "delete"]),
            ("owner", vec!["create", "get", "list", "update", "delete"]),
        ]
    );
}

/// What a member may do to a key its owner made; everything else must be the one refusal.
async fn everything(person: &Person, owner: &Person, organization: &Value) -> Vec<&'static str> {
    let body = json!({"configId": "org", "organizationId": organization});
    let key = owner.actor.post(CREATE, body.clone()).await.expect(200).json();
    let id = key["id"].as_str().unwrap();
    let change = json!({"keyId": id, "configId": "org", "name": "x"});
    let of = organization.as_str().unwrap();
    let replies = [
        ("create", person.actor.post(CREATE, body).await),
        ("get", person.actor.get(&format!("/api/auth/api-key/get?configId=org&id={id}")).await),
        ("list", person.actor.get(&format!("/api/auth/api-key/list?organizationId={of}")).await),
        ("update", person.actor.post("/api/auth/api-key/update", change.clone()).await),
        ("delete", person.actor.post("/api/auth/api-key/delete", change).await),
    ];
    let mut allowed = Vec::new();
    for (name, reply) in replies {
        match reply.code() {
            200 => allowed.push(name),
            _ => assert_eq!(code(&reply), "403 INSUFFICIENT_API_KEY_PERMISSIONS", "{name}"),
        }
    }
    allowed
}

#[tokio::test]
async fn an_organization_is_chosen_by_id_or_slug_and_stays_chosen_when_none_is_named() {
    let auth = Auth::new().await;
    let (ada, bob) = (auth.person("ada").await, auth.person("bob").await);
    let acme = organization(&ada, "acme").await;
    let choose = async |person: &Person, body: Value| {
        person.actor.post("/api/auth/organization/set-active", body).await
    };
    assert_eq!(choose(&ada, json!({})).await.expect(200).json()["id"], acme["id"]);
    let stay = json!({"name": "B", "slug": "second", "keepCurrentActiveOrganization": true});
    let second = ada.actor.post("/api/auth/organization/create", stay).await.expect(200).json();
    assert!(second.get("metadata").is_none(), "nothing was sent");
    assert_eq!(choose(&ada, json!({})).await.json()["slug"], "acme");
    assert_eq!(choose(&ada, json!({"organizationSlug": "second"})).await.json()["id"], second["id"]);
    assert_eq!(choose(&ada, json!({"organizationId": ""})).await.json()["slug"], "second");
    let none = json!({"organizationId": null, "organizationSlug": "acme"});
    assert_eq!(choose(&ada, none).await.json(), Value::Null);
    assert_eq!(choose(&ada, json!({})).await.json(), Value::Null);
    let foreign = json!({"organizationSlug": "acme"});
    assert_eq!(code(&choose(&bob, foreign).await), "400 ORGANIZATION_NOT_FOUND", "nor that it is there");
}

#[tokio::test]
async fn without_organizations_their_routes_are_not_there_and_their_keys_cannot_be_managed() {
    let auth = Auth::with(|s| s.organizations = false).await;
    let ada = auth.person("ada").await;
    for path in ["create", "set-active", "add-member"] {
        let reply = auth.server().post(&format!("/api/auth/organization/{path}"), json!({})).await;
        assert_eq!((reply.code(), reply.bytes.len()), (404, 0), "{path}");
    }
    assert_eq!(ada.actor.get("/api/auth/organization/list").await.code(), 404);
    let session = ada.actor.get("/api/auth/get-session").await.expect(200).json()["session"].clone();
    assert!(session.get("activeOrganizationId").is_none(), "{session}");
    let body = json!({"configId": "org", "organizationId": "x"});
    let refused = ada.actor.post(CREATE, body.clone()).await.expect(500).json();
    assert_eq!(refused["code"], "ORGANIZATION_PLUGIN_REQUIRED");
    assert_eq!(
        code(&auth.nobody().post(CREATE, body).await),
        "401 UNAUTHORIZED_SESSION",
        "who asks comes first"
    );
    assert_eq!(
        code(&ada.actor.post(CREATE, json!({"configId": "org"})).await),
        "400 ORGANIZATION_ID_REQUIRED"
    );
    let path = "/api/auth/api-key/list?organizationId=x";
    assert_eq!(code(&ada.actor.get(path).await), "500 ORGANIZATION_PLUGIN_REQUIRED");
    ada.actor.post(CREATE, json!({})).await.expect(200);
}
