//! Whole definitions at once: `collections:apply`, `fields:apply`, `collections:setFields`. What is there is
//! changed, what is missing is made; only `setFields`, and `apply` with `replaceFields`, also remove. All of a call is
//! written as one, or nothing of it.

use std::{collections::HashSet, sync::Arc};

use data::{FieldPatch, FieldSpec};
use domain::{access::Op, catalog::Table, decision::Allowed};
use serde_json::{Map, Value, json};

use super::{
    around::Around,
    field, make, options_of, preset, shown_to,
    sketch::{Gathered, Sketch, rest_on},
    spec,
};
use crate::{
    answer::Answer,
    failure::{self, Failure},
    request::{Request, bool_property, text_property},
    rules,
};

/// `collections:apply`: one collection, made or changed.
pub async fn collections(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let values = unwrapped(request.values()?);
    let name = text_property(&values, "name")?.flatten();
    let name = name.ok_or_else(|| Failure::bad("name is required"))?;
    let table = match named(request, allowed, &name) {
        None => {
            let given = spec::listed(&values)?.unwrap_or_default();
            make(request, allowed, preset::completed(values, &name, given)).await?
        }
        Some(table) => {
            let there = allowed.implied(Op::TableUpdate, &table).ok_or_else(Failure::forbidden)?;
            let mut plan = Plan::of(request, &table, spec::listed(&values)?.unwrap_or_default())?;
            if bool_property(&values, "replaceFields")? == Some(true) && values.contains_key("fields") {
                plan.remove_others(&table);
            }
            let mut sketch = Sketch::new(request)?;
            plan.into_sketch(&mut sketch, &table)?;
            super::patched(&mut sketch, &table, &values)?;
            sketch.carry_out(request, &there, &table.name).await?
        }
    };
    Ok(inside(Value::Object(shown_to(allowed, &table, true))))
}

/// `fields:apply`: one field of the collection named in the body.
pub async fn field(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let mut values = unwrapped(request.values()?);
    let collection = text_property(&values, "collectionName")?.flatten();
    let collection = collection.ok_or_else(|| Failure::bad("collectionName is required"))?;
    let table = named(request, allowed, &collection).ok_or_else(Failure::not_found)?;
    let name = text_property(&values, "name")?.flatten();
    let known = name.as_deref().is_some_and(|name| table.field(name).is_some());
    let op = if known { Op::FieldUpdate } else { Op::FieldCreate };
    let there = allowed.implied(op, &table).ok_or_else(Failure::forbidden)?;
    values.remove("collectionName");
    let (table, name) = write(request, &there, &table, values).await?;
    Ok(inside(field::told(&table, &name)))
}

/// `collections:setFields`: these fields and no others.
pub async fn set_fields(request: &Request, allowed: &Allowed) -> Result<Answer, Failure> {
    let _editing = request.inner.editing.lock().await;
    let table = request.inner.data.table(allowed).map_err(|e| failure::data("collections", e))?;
    let values = match &request.body {
        Some(Value::Array(items)) => Map::from_iter([("fields".to_owned(), Value::Array(items.clone()))]),
        _ => unwrapped(request.values()?),
    };
    let fields = spec::listed(&values)?.ok_or_else(|| Failure::bad("fields is required"))?;
    let mut plan = Plan::of(request, &table, fields)?;
    plan.remove_others(&table);
    let mut sketch = Sketch::new(request)?;
    plan.into_sketch(&mut sketch, &table)?;
    let table = sketch.carry_out(request, allowed, &table.name).await?;
    Ok(Answer::Data(Value::Object(shown_to(allowed, &table, true))))
}

/// Makes or changes one field, with all it rests on. Answers the collection as it is then, and the field's name.
pub(super) async fn write(
    request: &Request,
    allowed: &Allowed,
    table: &Arc<Table>,
    values: Map<String, Value>,
) -> Result<(Arc<Table>, String), Failure> {
    let plan = Plan::of(request, table, vec![values])?;
    let changed = plan.changed.first().map(|(name, _)| name.clone());
    let name = changed.or_else(|| plan.new.first().map(|spec| spec.name.clone())).unwrap_or_default();
    let mut sketch = Sketch::new(request)?;
    plan.into_sketch(&mut sketch, table)?;
    Ok((sketch.carry_out(request, allowed, &table.name).await?, name))
}

/// What is to become of the fields of a collection.
struct Plan {
    changed: Vec<(String, FieldPatch)>,
    new: Vec<FieldSpec>,
    gathered: Gathered,
    gone: Vec<String>,
}

impl Plan {
    fn of(request: &Request, table: &Table, fields: Vec<Map<String, Value>>) -> Result<Self, Failure> {
        let catalog = request.inner.data.catalog();
        let around = Around::of(request, &catalog, &table.name, &fields);
        let (mut changed, mut new, mut gathered) = (Vec::new(), Vec::new(), Gathered::default());
        // Of all fields, as they will be.
        let mut options: Vec<Map<String, Value>> = Vec::new();
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
                    let patch = field::patch_of(known, &values)?;
                    options.push(options_of(patch.extra.as_ref().and_then(Option::as_deref)));
                    changed.push((known.name.clone(), patch));
                }
                None => {
                    options.push(values.clone());
                    new.extend(gathered.take(spec::field(request, &around, values)?));
                }
            }
        }
        if options.iter().any(|options| options.contains_key("validation")) {
            let others = table.fields.iter().filter(|field| !names.contains(&field.name));
            options.extend(others.map(|field| options_of(field.extra.as_deref())));
            rules::patterns_fit(&options)?;
        }
        Ok(Self { changed, new, gathered, gone: Vec::new() })
    }

    /// All that are not named, but for the key and the columns that those which stay, or come, rest on.
    fn remove_others(&mut self, table: &Table) {
        let named: HashSet<&str> = self.changed.iter().map(|(name, _)| name.as_str()).collect();
        let stay = table.fields.iter().filter(|field| named.contains(field.name.as_str()));
        let links = stay
            .filter_map(|field| field.link.as_ref())
            .chain(self.new.iter().filter_map(|f| f.link.as_ref()));
        let own = |link: &domain::catalog::Link| match &link.target {
            domain::catalog::LinkTarget::Table(name) => *name == table.name,
            domain::catalog::LinkTarget::Users => false,
        };
        // Of associations with the collection itself the column may be on the other side.
        let rests: HashSet<&str> = links
            .flat_map(|link| [Some(link.key.as_str()), own(link).then_some(link.target_key.as_str())])
            .flatten()
            .collect();
        let gone = table.fields.iter().filter(|field| !field.primary);
        let gone =
            gone.filter(|field| ![&named, &rests].iter().any(|kept| kept.contains(field.name.as_str())));
        self.gone = gone.map(|field| field.name.clone()).collect();
    }

    fn into_sketch(self, sketch: &mut Sketch, table: &Table) -> Result<(), Failure> {
        let Self { changed, new, gathered, gone } = self;
        let missing = gathered.resting.into_iter().filter(|column| table.field(&column.name).is_none());
        let mut add = new;
        rest_on(&mut add, missing.collect())?;
        sketch.change(table.id, |change| {
            change.fields.extend(changed);
            change.add.extend(add);
            change.drop.extend(gone);
            Ok(())
        })?;
        gathered.elsewhere.into_iter().try_for_each(|needed| sketch.provide(needed))
    }
}

/// `apply` answers inside of another `data`, as the original does.
fn inside(applied: Value) -> Answer {
    Answer::Data(json!({ "data": applied }))
}

/// `{"values": …}` is how some clients wrap it; `settings` are values as well.
fn unwrapped(mut values: Map<String, Value>) -> Map<String, Value> {
    let mut values = match values.remove("values") {
        Some(Value::Object(inner)) => inner,
        Some(other) => {
            values.insert("values".to_owned(), other);
            values
        }
        None => values,
    };
    // What is said beside them goes before.
    if let Some(Value::Object(settings)) = values.remove("settings") {
        for (name, value) in settings {
            values.entry(name).or_insert(value);
        }
    }
    values
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
