//! Moving records within an order. To move one is to change it: the same rows as for an update, and where it
//! comes to another part of the order, the same fields.

use domain::{
    access::Op,
    catalog::{Special, SystemField, Table},
    decision::Allowed,
    query::coerce,
    value::Value,
};
use serde_json::Value as Json;
use store::Spot;

use super::which;
use crate::{Data, DataError, rights};

/// Where a record is to be moved.
#[derive(Clone, Debug, PartialEq)]
pub enum MoveTo {
    /// Behind this record.
    After(Json),
    /// Where this record is now, which makes room.
    PlaceOf(Json),
    First,
    Last,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MoveSpec {
    /// Name of the field that holds the places.
    pub field: String,
    /// The record.
    pub key: Json,
    pub to: MoveTo,
    /// The part of the order to move it to, for `First` and `Last`.
    pub part: Option<Json>,
}

impl Data {
    /// `NotFound`: there is no such record that may be seen. `OutOfScope`: it may not be changed so.
    pub async fn move_record(&self, allowed: &Allowed, spec: &MoveSpec) -> Result<(), DataError> {
        let table = rights::table(allowed)?;
        let field = table.field(&spec.field).filter(|field| !field.hidden);
        let special = field.and_then(|field| Some((field.no, field.special.as_ref()?)));
        let Some((field, Special::Order { within })) = special else {
            return Err(DataError::invalid(format!("{} is not a sort field", spec.field)));
        };
        let alts = rights::bound_rows(allowed, table, &rights::alternatives(allowed, Op::RecordUpdate))?;
        // What may be changed may be seen: a change answers with the record.
        let mut seen = alts.clone();
        let readable = rights::alternatives(allowed, Op::RecordRead);
        if !readable.is_empty() {
            seen.extend(rights::bound_rows(allowed, table, &readable)?);
        }
        let what = store::Move {
            field,
            key: key(table, &spec.key)?,
            to: match &spec.to {
                MoveTo::After(target) => Spot::After(key(table, target)?),
                MoveTo::PlaceOf(target) => Spot::PlaceOf(key(table, target)?),
                MoveTo::First => Spot::First,
                MoveTo::Last => Spot::Last,
            },
            part: spec.part.as_ref().map(|part| self::part(table, within.as_deref(), part)).transpose()?,
            stamps: stamps(allowed, table),
            alts,
            seen,
        };
        Ok(self.store.move_record(table, what).await?)
    }
}

fn key(table: &Table, key: &Json) -> Result<Value, DataError> {
    which::keys(table, std::slice::from_ref(key))?.pop().ok_or(DataError::NotFound)
}

fn part(table: &Table, within: Option<&str>, part: &Json) -> Result<Value, DataError> {
    let field = table
        .order_part(within)
        .ok_or_else(|| DataError::invalid("the order of these records is not divided into parts"))?;
    let value = coerce(field, part)?;
    match value.is_null() && field.required {
        true => Err(DataError::invalid(format!("{} is required", field.name))),
        false => Ok(value),
    }
}

/// What any change leaves on a record.
fn stamps(allowed: &Allowed, table: &Table) -> Vec<(domain::FieldNo, Value)> {
    let by = allowed.subject().user_num.map_or(Value::Null, Value::Int);
    let at = Value::Instant(allowed.at());
    let stamp = |which, value| table.system(which).map(|field| (field.no, value));
    [stamp(SystemField::UpdatedAt, at), stamp(SystemField::UpdatedBy, by)].into_iter().flatten().collect()
}
