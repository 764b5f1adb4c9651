//! `query`: measures over groups of records, with the rights of a list.

use serde_json::{Value, json};

use crate::world::{Nocobase, data, error, filter};

async fn sales() -> Nocobase {
    let nocobase = Nocobase::new().await;
    let shops = json!({"name": "shops", "fields": [{"name": "town", "type": "string"}, {"name": "code", "type": "string", "hidden": true}]});
    nocobase.admin.post("/api/collections:create", shops).await.expect(200);
    let fields = json!([
        {"name": "item", "type": "string"},
        {"name": "amount", "type": "integer"},
        {"name": "price", "type": "decimal"},
        {"name": "at", "type": "date"},
        {"name": "tags", "type": "array"},
        {"name": "cost", "type": "double", "hidden": true},
        {"name": "shop", "type": "belongsTo", "target": "shops", "foreignKey": "shopId"},
    ]);
    let sales = json!({"name": "sales", "createdBy": true, "fields": fields});
    nocobase.admin.post("/api/collections:create", sales).await.expect(200);
    for (town, code) in [("Bern", "x"), ("Oslo", "y")] {
        nocobase.admin.post("/api/shops:create", json!({"town": town, "code": code})).await.expect(200);
    }
    for (item, amount, price, at, shop) in [
        ("pen", 2, "1.50", "2026-01-02T03:00:00Z", 1),
        ("pen", 5, "1.25", "2026-01-31T23:30:00Z", 2),
        ("ink", 1, "9", "2026-02-03T00:00:00Z", 1),
    ] {
        let row =
            json!({"item": item, "amount": amount, "price": price, "at": at, "shopId": shop, "cost": 1});
        nocobase.admin.post("/api/sales:create", row).await.expect(200);
    }
    nocobase.admin.post("/api/sales:create", json!({"item": null, "amount": null})).await.expect(200);
    nocobase
}

async fn ask(nocobase: &Nocobase, question: Value) -> Value {
    data(nocobase.admin.post("/api/sales:query", question).await)
}

#[tokio::test]
async fn records_are_counted_and_added_up_by_what_they_share() {
    let nocobase = sales().await;
    let question = json!({
        "measures": [
            {"field": "id", "aggregation": "count", "alias": "n"},
            {"field": ["amount"], "aggregation": "sum"},
            {"field": "price", "aggregation": "avg", "alias": "price"},
            {"field": "at", "aggregation": "max", "alias": "last"},
        ],
        "dimensions": [{"field": "item", "alias": "what"}],
        "orders": [{"field": "amount", "order": "desc"}],
        "filter": {"item.$ne": null},
    });
    assert_eq!(
        ask(&nocobase, question).await,
        json!([
            {"what": "pen", "n": 2, "amount": 7, "price": 1.375, "last": "2026-01-31T23:30:00.000Z"},
            {"what": "ink", "n": 1, "amount": 1, "price": 9, "last": "2026-02-03T00:00:00.000Z"},
        ])
    );
    // Of everything at once; of nothing a sum is null and a count is zero.
    let whole = |filter: Value| {
        json!({"measures": [{"field": "*", "aggregation": "count", "alias": "n"}, {"field": "amount", "aggregation": "sum", "alias": "s"},
            {"field": "price", "aggregation": "min", "alias": "low"}, {"field": "item", "aggregation": "count", "distinct": true, "alias": "items"}], "filter": filter})
    };
    assert_eq!(ask(&nocobase, whole(json!({}))).await, json!([{"n": 4, "s": 8, "low": 1.25, "items": 2}]));
    assert_eq!(
        ask(&nocobase, whole(json!({"id": 99}))).await,
        json!([{"n": 0, "s": null, "low": null, "items": 0}])
    );
}

#[tokio::test]
async fn groups_are_of_what_is_linked_and_of_parts_of_dates() {
    let nocobase = sales().await;
    let count = json!([{"field": "id", "aggregation": "count", "alias": "n"}]);
    let by = |dimension: Value| json!({"measures": count, "dimensions": [dimension], "filter": {"shop.town.$exists": true}});
    let towns = by(json!({"field": ["shop", "town"], "alias": "town"}));
    assert_eq!(ask(&nocobase, towns).await, json!([{"town": "Bern", "n": 2}, {"town": "Oslo", "n": 1}]));
    let months = by(json!({"field": "at", "format": "YYYY-MM"}));
    assert_eq!(
        ask(&nocobase, months.clone()).await,
        json!([{"at": "2026-01", "n": 2}, {"at": "2026-02", "n": 1}])
    );
    // A day begins where the caller is.
    let eastern = nocobase.admin.header("x-timezone", "+08:00");
    assert_eq!(
        data(eastern.post("/api/sales:query", months).await),
        json!([{"at": "2026-01", "n": 1}, {"at": "2026-02", "n": 2}])
    );
    let quarter = by(json!({"field": "at", "format": "[Q]Q YY, DD HH:mm:ss.SSS", "alias": "q"}));
    assert_eq!(ask(&nocobase, quarter).await[0]["q"], "Q1 26, 02 03:00:00.000");
}

#[tokio::test]
async fn groups_are_chosen_ordered_and_paged() {
    let nocobase = sales().await;
    let question = |more: Value| {
        let mut all = json!({"measures": [{"field": "id", "aggregation": "count", "alias": "n"}], "dimensions": [{"field": "item"}]});
        all.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        all
    };
    let names =
        |rows: Value| -> Vec<Value> { rows.as_array().unwrap().iter().map(|r| r["item"].clone()).collect() };
    assert_eq!(names(ask(&nocobase, question(json!({}))).await), [json!(null), json!("ink"), json!("pen")]);
    assert_eq!(names(ask(&nocobase, question(json!({"having": {"n.$gt": 1}}))).await), [json!("pen")]);
    assert_eq!(
        names(ask(&nocobase, question(json!({"having": {"$or": [{"n": 2}, {"item.$empty": true}]}}))).await),
        [json!(null), json!("pen")]
    );
    assert_eq!(
        names(ask(&nocobase, question(json!({"orders": ["-item"], "limit": 1, "offset": 1}))).await),
        [json!("ink")]
    );
    assert_eq!(
        names(ask(&nocobase, json!({"dimensions": [{"field": "item"}]})).await).len(),
        3,
        "without measures, what there is"
    );
    // The address asks as well.
    let path = "/api/sales:query?measures[0][field]=id&measures[0][aggregation]=count&measures[0][alias]=n&filter[item]=pen";
    assert_eq!(data(nocobase.admin.get(path).await), json!([{"n": 2}]));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let nocobase = sales().await;
    let count = json!([{"field": "id", "aggregation": "count"}]);
    for (question, status) in [
        (json!({}), 400),
        (json!([]), 400),
        (json!({"measures": "id"}), 400),
        (json!({"measures": [{"field": "id", "aggregation": "median"}]}), 400),
        (json!({"measures": [{"aggregation": "sum"}]}), 400),
        (json!({"measures": [{"field": "item", "aggregation": "sum"}]}), 400),
        (json!({"measures": [{"field": "tags", "aggregation": "max"}]}), 400),
        (json!({"measures": [{"field": "nope", "aggregation": "count"}]}), 400),
        (json!({"measures": [{"field": "shop", "aggregation": "count"}]}), 400),
        (json!({"measures": count, "dimensions": [{"field": "tags"}]}), 400),
        (json!({"measures": count, "dimensions": [{"field": "item", "format": "YYYY"}]}), 400),
        (json!({"measures": count, "dimensions": [{"field": "at", "format": "'; DROP"}]}), 400),
        (json!({"measures": count, "dimensions": [{"field": "item", "alias": "id"}]}), 400),
        (json!({"measures": count, "orders": [{"field": "item"}]}), 400),
        (json!({"measures": count, "having": {"item": 1}}), 400),
        (json!({"measures": count, "having": {"id.$includes": "1"}}), 400),
        (json!({"measures": count, "having": {"id": "many"}}), 400),
        (json!({"measures": count, "filter": {"a.$wat": 1}}), 400),
        (json!({"measures": count, "limit": -1}), 400),
        (json!({"measures": [{"field": "cost", "aggregation": "sum"}]}), 403),
        (json!({"measures": count, "dimensions": [{"field": "cost"}]}), 403),
        (json!({"measures": count, "dimensions": [{"field": "shop.code"}]}), 403),
        (json!({"measures": count, "filter": {"shop.code": "x"}}), 403),
    ] {
        let reply = nocobase.admin.post("/api/sales:query", question.clone()).await;
        assert_eq!(error(&reply).0, status, "{question} {}", reply.text());
    }
    let odd = json!({"measures": [{"field": "id", "aggregation": "count", "alias": "a\"b`]'; --"}]});
    assert_eq!(ask(&nocobase, odd).await, json!([{"a\"b`]'; --": 4}]), "a name is only a name");
}

#[tokio::test]
async fn only_what_may_be_listed_is_summed_up() {
    let nocobase = sales().await;
    let sum = json!({"measures": [{"field": "amount", "aggregation": "sum", "alias": "s"}]});
    nocobase.nobody().post("/api/sales:query", sum.clone()).await.expect(401);
    nocobase.role("writer", json!({"strategy": {"actions": ["create"]}})).await;
    let (_, writer) = nocobase.user("wim", &["writer"]).await;
    writer.post("/api/sales:query", sum.clone()).await.expect(403);
    // Only records of one's own.
    nocobase.role("own", json!({"strategy": {"actions": ["view:own", "create"]}})).await;
    let (_, own) = nocobase.user("olga", &["own"]).await;
    assert_eq!(data(own.post("/api/sales:query", sum.clone()).await), json!([{"s": null}]));
    own.post("/api/sales:create", json!({"amount": 3})).await.expect(200);
    assert_eq!(data(own.post("/api/sales:query", sum.clone()).await), json!([{"s": 3}]));
    // Only the fields and rows of the entry.
    let entry = json!({"name": "sales", "dataSourceKey": "main", "usingActionsConfig": true, "actions": [
        {"name": "view", "fields": ["item", "shopId"], "scope": {"scope": {"item": "pen"}}}]});
    nocobase.role("pens", json!({})).await;
    nocobase.admin.post("/api/roles/pens/dataSourceResources:create", entry).await.expect(200);
    let (_, pens) = nocobase.user("pia", &["pens"]).await;
    let items = json!({"measures": [{"field": "item", "aggregation": "count", "alias": "n"}], "dimensions": [{"field": "item"}]});
    assert_eq!(data(pens.post("/api/sales:query", items.clone()).await), json!([{"item": "pen", "n": 2}]));
    pens.post("/api/sales:query", sum).await.expect(403);
    let town = json!({"measures": [{"field": "id", "aggregation": "count"}], "dimensions": [{"field": "shop.town"}]});
    pens.post("/api/sales:query", town).await.expect(403);
    let mut hinted = items;
    hinted["filter"] = json!({"amount.$gt": 3});
    pens.post("/api/sales:query", hinted).await.expect(403);
    // Nor does a filter in the address help.
    let path = format!("/api/sales:query?{}", filter(json!({"item": "ink"})));
    let all = json!({"measures": [{"field": "id", "aggregation": "count", "alias": "n"}]});
    assert_eq!(data(pens.post(&path, all).await), json!([{"n": 0}]));
}
