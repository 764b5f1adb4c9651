//! Collections of an installation, as the body its screens would send to make them here. Making them goes the way
//! every request goes. What a field cannot be here is left out and said, so that the rest of its collection comes.

use std::collections::{HashMap, HashSet};

use domain::catalog::{Catalog, FieldKind, Table};
use keys::{Foreign, ForeignRow, StoreError};
use serde_json::{Map, Value, json};

use super::{
    PRODUCT_TABLES,
    fields::{self, Known, Pair},
    people::UserColumns,
};
use crate::{
    collections::{RESERVED, kept_as, options_of},
    role::HOME,
};

/// What marks a collection as one of an installation: the key it had there.
const MARK: &str = "importedKey";

/// Something that cannot come, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    pub table: &'static str,
    pub name: String,
    pub reason: String,
}

/// The fields of each collection, in their order.
type FieldsOf = HashMap<String, Vec<Map<String, Value>>>;

/// One collection that can be made here.
#[derive(Clone, Debug)]
pub struct Collection {
    pub name: String,
    /// For `collections:create`.
    pub body: Value,
    /// What is left out.
    pub notes: Vec<String>,
    /// What its data table is called.
    pub data_table: String,
    /// Where its records have no key of one column: by which fields two of them are the same.
    pub same: Vec<String>,
    /// Whether it only joins two others: a row without both ends is none.
    pub pairs: bool,
    /// Collections that have to be here first, where they can.
    pub needs: Vec<String>,
    pub(super) key: String,
    /// Fields whose value is the number of a user.
    pub(super) user_columns: HashSet<String>,
    /// Fields whose column is called something else.
    pub(super) columns: HashMap<String, String>,
    /// Fields that hold instants as a count: how many milliseconds one is.
    pub(super) ticks: HashMap<String, i64>,
}

impl Collection {
    /// Whether this table is what an earlier import made of it.
    pub fn is(&self, table: &Table) -> bool {
        mark(table).is_some_and(|key| key == self.key)
    }

    /// What the column of a field is called.
    pub fn column_of<'n>(&'n self, field: &'n str) -> &'n str {
        self.columns.get(field).map_or(field, String::as_str)
    }

    /// The same without the values its fields begin with; some are no values here.
    pub fn body_without_defaults(&self) -> Value {
        let mut body = self.body.clone();
        let fields = body.get_mut("fields").and_then(Value::as_array_mut);
        for field in fields.into_iter().flatten().filter_map(Value::as_object_mut) {
            field.remove("defaultValue");
        }
        body
    }
}

fn mark(table: &Table) -> Option<String> {
    options_of(table.extra.as_deref()).get(MARK)?.as_str().map(str::to_owned)
}

/// Tables that were here before, by name: no role of the installation opens them.
pub(super) fn own_tables(foreign: &Foreign, catalog: &Catalog) -> Result<Vec<String>, StoreError> {
    let theirs: HashSet<String> =
        collections(foreign)?.into_iter().filter_map(Result::ok).map(|collection| collection.key).collect();
    let home = catalog.base(HOME).map(|base| base.id);
    let tables = catalog.tables.values().filter(|table| Some(table.base) == home);
    let ours = tables.filter(|table| mark(table).is_none_or(|key| !theirs.contains(&key)));
    let mut names: Vec<String> = ours.map(|table| table.name.clone()).collect();
    names.sort_unstable();
    Ok(names)
}

/// Each of them, or why it cannot come.
type Collections = Vec<Result<Collection, Unfit>>;

/// All of them, or why one cannot come; tables of pairs first, because whoever joins by one makes it where it is
/// missing.
pub fn collections(foreign: &Foreign) -> Result<Collections, StoreError> {
    let mut fields = read_fields(foreign)?;
    let mut rows = foreign.rows("collections")?;
    rows.retain(|row| row.text("name").is_some_and(|name| !RESERVED.contains(&name.as_str())));
    let known = Known::new(&rows, &fields);
    let people = UserColumns::of(&fields);
    let mut all: Collections = unlisted_pairs(foreign, &known)
        .into_iter()
        .map(|(name, pair, types)| Ok(pair_table(name, pair, &types, &people)))
        .collect();
    let mut others = Collections::new();
    for row in rows {
        let Some(name) = row.text("name") else { continue };
        let given = fields.remove(&name).unwrap_or_default();
        let into = if known.pairs.contains_key(&name) { &mut all } else { &mut others };
        into.push(collection(name, &row, given, &known, &people));
    }
    all.extend(others);
    all.extend(fields_of_users(&fields).into_iter().map(Err));
    Ok(all)
}

/// A field, with the place it has in its collection.
type Placed = (i64, Map<String, Value>);

fn read_fields(foreign: &Foreign) -> Result<FieldsOf, StoreError> {
    let mut sorted: HashMap<String, Vec<Placed>> = HashMap::new();
    foreign.for_each("fields", &mut |row| {
        let (Some(collection), Some(name), Some(kind)) =
            (row.text("collectionName"), row.text("name"), row.text("type"))
        else {
            return;
        };
        let mut field = options(&row);
        field.insert("name".to_owned(), json!(name));
        field.insert("type".to_owned(), json!(kind));
        field.extend(row.text("key").map(|key| ("key".to_owned(), json!(key))));
        if let Some(interface) = row.text("interface") {
            field.insert("interface".to_owned(), json!(interface));
        }
        sorted.entry(collection).or_default().push((row.int("sort").unwrap_or(i64::MAX), field));
    })?;
    let in_order = |mut fields: Vec<Placed>| {
        fields.sort_by_key(|(sort, _)| *sort);
        fields.into_iter().map(|(_, field)| field).collect()
    };
    Ok(sorted.into_iter().map(|(name, fields)| (name, in_order(fields))).collect())
}

fn options(row: &ForeignRow) -> Map<String, Value> {
    match row.json("options") {
        Some(Value::Object(options)) => options,
        _ => Map::new(),
    }
}

fn collection(
    name: String,
    row: &ForeignRow,
    mut fields: Vec<Map<String, Value>>,
    known: &Known,
    people: &UserColumns,
) -> Result<Collection, Unfit> {
    let mut body = options(row);
    let data_table = fields::text(&body, "tableName").unwrap_or_else(|| name.clone());
    if let Some(reason) = unfit(&body, &data_table) {
        return Err(Unfit { table: "collections", name, reason });
    }
    let key = row.text("key").unwrap_or_else(|| name.clone());
    let mut made = Collection {
        notes: Vec::new(),
        data_table,
        same: known.pairs.get(&name).map(|pair| pair.columns.clone()).unwrap_or_default(),
        pairs: known.pairs.contains_key(&name),
        needs: Vec::new(),
        user_columns: people.of_collection(&name),
        columns: HashMap::new(),
        ticks: HashMap::new(),
        body: Value::Null,
        key,
        name,
    };
    let mut kept = Vec::new();
    add_missing_ends(&mut fields, &made.same);
    let own: HashSet<String> = fields.iter().filter_map(|field| fields::text(field, "name")).collect();
    for mut field in fields {
        let name = fields::text(&field, "name").unwrap_or_default();
        match fields::fit(&mut field, &own, known) {
            Ok(fit) => {
                made.note_column(&name, fit.kind, &field);
                made.notes.extend(fit.note);
                kept.push(field);
            }
            Err(reason) => made.notes.push(format!("the field {name} is left out: {reason}")),
        }
    }
    made.one_key(&mut kept);
    made.columns_once(&mut kept);
    body.insert(MARK.to_owned(), json!(made.key));
    body.insert("name".to_owned(), json!(made.name));
    body.insert("title".to_owned(), json!(row.text("title").unwrap_or_else(|| made.name.clone())));
    body.insert("fields".to_owned(), kept.into_iter().map(Value::Object).collect());
    made.body = Value::Object(body);
    Ok(made)
}

/// Of a table of pairs whose columns are listed nowhere.
fn add_missing_ends(fields: &mut Vec<Map<String, Value>>, ends: &[String]) {
    for end in ends {
        if !fields.iter().any(|field| fields::text(field, "name").as_ref() == Some(end)) {
            let field = json!({ "name": end, "type": "bigInt", "isForeignKey": true });
            fields.extend(field.as_object().cloned());
        }
    }
}

impl Collection {
    fn note_column(&mut self, name: &str, kind: FieldKind, field: &Map<String, Value>) {
        if let Some(column) = fields::text(field, "field").filter(|column| column != name) {
            self.columns.insert(name.to_owned(), column);
        }
        if kind == FieldKind::DateTime && field.get("type") == Some(&json!("unixTimestamp")) {
            self.ticks.insert(name.to_owned(), fields::tick_ms(field));
        }
        if kind == FieldKind::Password {
            self.notes.push(format!("the values of {name} are passwords and do not come"));
        }
    }

    /// The product lists the column of an association as a field of its own; here it comes with the association.
    fn columns_once(&mut self, fields: &mut Vec<Map<String, Value>>) {
        let links: Vec<(String, String)> = fields.iter().filter_map(fields::held_key).collect();
        for (link, column) in links {
            let Some(at) = fields.iter().position(|f| fields::text(f, "name").as_ref() == Some(&column))
            else {
                continue;
            };
            let Some(plain) = fields.get(at) else { continue };
            if plain.get("hidden") == Some(&json!(true)) {
                self.notes.push(format!("the field {link} is left out: its key {column} is in no answer"));
                fields.retain(|f| fields::text(f, "name").as_ref() != Some(&link));
                continue;
            }
            let is_text = fields::text(plain, "type")
                .and_then(|name| kept_as(&name))
                .is_some_and(|kind| kind.is_text());
            let target = fields.iter().find(|f| fields::text(f, "name").as_ref() == Some(&link));
            // What kind of key it is can only be seen there.
            self.needs.extend(target.and_then(|f| fields::text(f, "target")).filter(|_| is_text));
            fields.remove(at);
        }
    }

    /// A key of several columns becomes columns like others, beside an id.
    fn one_key(&mut self, fields: &mut [Map<String, Value>]) {
        let is_key = |field: &Map<String, Value>| field.get("primaryKey") == Some(&json!(true));
        let keys: Vec<String> =
            fields.iter().filter(|f| is_key(f)).filter_map(|f| fields::text(f, "name")).collect();
        if keys.len() < 2 {
            return;
        }
        for field in fields {
            field.remove("primaryKey");
        }
        self.notes.push(format!("its key of {} becomes an id beside them", keys.join(" and ")));
        self.same = keys;
    }
}

/// Why it cannot be a collection here.
fn unfit(options: &Map<String, Value>, data_table: &str) -> Option<String> {
    let is = |name: &str| options.get(name).is_some_and(|v| v == &json!(true));
    let template = fields::text(options, "template").unwrap_or_default();
    if is("view") || is("viewName") || template == "view" || options.get("viewName").is_some() {
        return Some("a view: its query is not imported".to_owned());
    }
    if template == "sql" || options.get("sql").is_some_and(|sql| !sql.is_null()) {
        return Some("a statement of SQL, which is not imported".to_owned());
    }
    if options.get("inherits").and_then(Value::as_array).is_some_and(|parents| !parents.is_empty()) {
        return Some("it inherits from another collection, which cannot be had here".to_owned());
    }
    if PRODUCT_TABLES.iter().any(|table| table.eq_ignore_ascii_case(data_table)) {
        return Some(format!("it shows {data_table}, a table of the product itself"));
    }
    None
}

/// Tables of pairs that have no row among the collections (the product makes those in memory, too), with their two
/// columns and the types of those.
fn unlisted_pairs(foreign: &Foreign, known: &Known) -> Vec<(String, Pair, Vec<&'static str>)> {
    let mut all = Vec::new();
    for (name, pair) in &known.pairs {
        let product = PRODUCT_TABLES.iter().any(|table| table.eq_ignore_ascii_case(name));
        if product || known.names.contains(name) || RESERVED.contains(&name.as_str()) {
            continue;
        }
        let Some(table) = foreign.data_table(name) else { continue };
        let type_of = |column: &String| {
            let there = table.column(column).unwrap_or(column);
            if foreign.declares_text(&table, there) { "string" } else { "bigInt" }
        };
        all.push((name.clone(), pair.clone(), pair.columns.iter().map(type_of).collect()));
    }
    all
}

fn pair_table(name: String, pair: Pair, types: &[&'static str], people: &UserColumns) -> Collection {
    let (columns, key) = (pair.columns, format!("pairs {}", pair.key));
    let fields: Vec<Value> = columns
        .iter()
        .zip(types)
        .map(|(column, kind)| {
            json!({ "name": column, "type": kind, "interface": "integer", "isForeignKey": true })
        })
        .collect();
    let body = json!({
        "name": name, "title": name, "hidden": true, "isThrough": true, "autoGenId": false, MARK: key,
        "fields": fields,
    });
    Collection {
        body,
        key,
        data_table: name.clone(),
        notes: Vec::new(),
        same: columns,
        pairs: true,
        needs: Vec::new(),
        user_columns: people.of_collection(&name),
        columns: HashMap::new(),
        ticks: HashMap::new(),
        name,
    }
}

/// Users are people here, with the fields people have.
fn fields_of_users(fields: &FieldsOf) -> Vec<Unfit> {
    const KNOWN: [&str; 18] = [
        "id",
        "nickname",
        "username",
        "email",
        "phone",
        "password",
        "passwordChangeTz",
        "appLang",
        "resetToken",
        "systemSettings",
        "createdAt",
        "updatedAt",
        "createdBy",
        "createdById",
        "updatedBy",
        "updatedById",
        "sort",
        "roles",
    ];
    let names = fields.get("users").into_iter().flatten().filter_map(|field| fields::text(field, "name"));
    names
        .filter(|name| !KNOWN.contains(&name.as_str()))
        .map(|name| Unfit {
            table: "fields",
            name: format!("users.{name}"),
            reason: "users have no further fields here".to_owned(),
        })
        .collect()
}
