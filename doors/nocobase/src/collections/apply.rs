//! Whole definitions at once: `collections:apply`, `fields:apply`, `collections:setFields`. What is there is
//! changed, what is missing is made; only `setFields` also removes. Everything that is said is read before the
//! first change, so that a mistake in it changes nothing.

use std::{collections::HashSet, sync::Arc};

use domain::{access::Op, catalog::Table, decision::Allowed};
use serde_json::{Map, Value};

use super::{field, make, shown_to, spec};
use crate::{
    answer::Answer,
    failure::{self, Failure},
    request::{Request, text_property},
};

/// `collections:apply`: one collection, made or changed.
pub async fn collections(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let values = unwrapped(request.values()?);
    let name = text_property(&values, "name")?.flatten();
    let name = name.ok_or_else(|| Failure::bad("name is required"))?;
    let table = match named(request, allowed, &name) {
        None => make(request, allowed, values).await?,
        Some(table) => {
            let there = allowed.implied(Op::TableUpdate, &table).ok_or_else(Failure::forbidden)?;
            let plan = Plan::of(request, &table, fields_of(&values)?)?;
            plan.allowed(&there, &table)?;
            super::changeable(&table, &values)?;
            // Fields first: what records hold may stand against them, and nothing stands against the rest.
            let table = plan.carry_out(request, &there, &table).await?;
            super::change(request, &there, &table, &values).await?
        }
    };
    Ok(Answer::Data(Value::Object(shown_to(allowed, &table, true))))
}

/// `fields:apply`: one field of the collection named in the body.
pub async fn field(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let mut values = unwrapped(request.values()?);
    let collection = text_property(&values, "collectionName")?.flatten();
    let collection = collection.ok_or_else(|| Failure::bad("collectionName is required"))?;
    let table = named(request, allowed, &collection).ok_or_else(Failure::not_found)?;
    let name = text_property(&values, "name")?.flatten();
    let known = name.as_deref().and_then(|name| table.field(name));
    let op = if known.is_some() { Op::FieldUpdate } else { Op::FieldCreate };
    let there = allowed.implied(op, &table).ok_or_else(Failure::forbidden)?;
    values.remove("collectionName");
    let made = match known {
        Some(known) => field::change(request, &there, &table, known, &values).await?,
        None => field::make(request, &there, &table, values).await?,
    };
    Ok(Answer::Data(made))
}

/// `collections:setFields`: these fields and no others.
pub async fn set_fields(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let table = request.inner.data.table(allowed).map_err(|e| failure::data("collections", e))?;
    let values = match &request.body {
        Some(Value::Array(items)) => Map::from_iter([("fields".to_owned(), Value::Array(items.clone()))]),
        _ => unwrapped(request.values()?),
    };
    if !values.contains_key("fields") {
        return Err(Failure::bad("fields is required"));
    }
    let mut plan = Plan::of(request, &table, fields_of(&values)?)?;
    plan.remove_others(&table);
    plan.allowed(allowed, &table)?;
    let table = plan.carry_out(request, allowed, &table).await?;
    Ok(Answer::Data(Value::Object(shown_to(allowed, &table, true))))
}

/// What is to become of the fields of a collection.
struct Plan {
    changed: Vec<Map<String, Value>>,
    new: Vec<Map<String, Value>>,
    gone: Vec<String>,
}

impl Plan {
    fn of(request: &Request, table: &Table, fields: Vec<Map<String, Value>>) -> Result<Self, Failure> {
        let mut plan = Self { changed: Vec::new(), new: Vec::new(), gone: Vec::new() };
        let mut names = HashSet::new();
        for mut values in fields {
            values.remove("key");
            let name = text_property(&values, "name")?.flatten();
            if let Some(name) = &name
                && !names.insert(name.clone())
            {
                return Err(Failure::bad(format!("{name} is there twice")));
            }
            match name.and_then(|name| table.field(&name)) {
                Some(known) => {
                    field::patch_of(known, &values)?;
                    plan.changed.push(values);
                }
                None => {
                    spec::field(request, &request.inner.data.catalog(), &table.name, values.clone())?;
                    plan.new.push(values);
                }
            }
        }
        Ok(plan)
    }

    /// All that are not named, but for the key and the columns that those which stay rest on.
    fn remove_others(&mut self, table: &Table) {
        let named: HashSet<&str> =
            self.changed.iter().filter_map(|values| values.get("name")?.as_str()).collect();
        let stays = |name: &str| named.contains(name);
        let links = table.fields.iter().filter(|f| stays(&f.name)).filter_map(|f| f.link.as_ref());
        let rests: HashSet<&str> = links.map(|link| link.key.as_str()).collect();
        let gone = table.fields.iter().filter(|f| !f.primary && !stays(&f.name));
        self.gone = gone.filter(|f| !rests.contains(f.name.as_str())).map(|f| f.name.clone()).collect();
    }

    fn allowed(&self, allowed: &Allowed, table: &Arc<Table>) -> Result<(), Failure> {
        let needs = [
            (Op::FieldUpdate, self.changed.is_empty()),
            (Op::FieldCreate, self.new.is_empty()),
            (Op::FieldDelete, self.gone.is_empty()),
        ];
        let missing = needs.iter().any(|(op, not)| !not && allowed.implied(*op, table).is_none());
        if missing { Err(Failure::forbidden()) } else { Ok(()) }
    }

    async fn carry_out(
        self,
        request: &Request,
        allowed: &Allowed,
        table: &Arc<Table>,
    ) -> Result<Arc<Table>, Failure> {
        let data = &request.inner.data;
        let said = |error| failure::data(&table.name, error);
        for values in &self.changed {
            let name = values.get("name").and_then(Value::as_str).unwrap_or_default();
            let now = data.table(allowed).map_err(said)?;
            if let Some(known) = now.field(name) {
                field::change(request, allowed, &now, known, values).await?;
            }
        }
        for values in self.new {
            let now = data.table(allowed).map_err(said)?;
            field::make(request, allowed, &now, values).await?;
        }
        for name in self.gone {
            match data.drop_field(allowed, &name).await {
                Ok(()) | Err(data::DataError::NotFound) => {}
                Err(error) => return Err(said(error)),
            }
        }
        data.table(allowed).map_err(said)
    }
}

/// `{"values": …}` is how some clients wrap it.
fn unwrapped(mut values: Map<String, Value>) -> Map<String, Value> {
    match values.remove("values") {
        Some(Value::Object(inner)) => inner,
        Some(other) => {
            values.insert("values".to_owned(), other);
            values
        }
        None => values,
    }
}

fn fields_of(values: &Map<String, Value>) -> Result<Vec<Map<String, Value>>, Failure> {
    let bad = || Failure::bad("fields must be a list of objects");
    match values.get("fields") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => {
            spec::few_enough(items.len())?;
            items.iter().map(|i| i.as_object().cloned().ok_or_else(bad)).collect()
        }
        Some(_) => Err(bad()),
    }
}

fn named(request: &Request, allowed: &Allowed, name: &str) -> Option<Arc<Table>> {
    let catalog = request.inner.data.catalog();
    let base = match allowed.target() {
        domain::decision::Target::Base(base) => base.id,
        domain::decision::Target::Table(table) => table.base,
        domain::decision::Target::Server => return None,
    };
    catalog.table(base, name).filter(|table| table.name == name).cloned()
}
