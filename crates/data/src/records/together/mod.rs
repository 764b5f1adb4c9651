//! Records and what they are to be linked with, bound into one write. Names, values and rights are judged
//! here, before anything is written; which rows are there and may be touched, by the store, in the same
//! transaction.

mod link;

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    FieldNo,
    access::{Alt, Op},
    catalog::{Field, FieldKind, Special, Table},
    decision::Allowed,
    query::{BindError, BoundAlt, BoundWrite, bind_create, bind_write},
    value::Value,
};
use store::{After, Before, Deed, End};

use super::{Draft, Written, create::placed, fill::made_later, which, written};
use crate::{Data, DataError, password, rights};

/// Stands where the store will put the key of another record, so that it counts as given.
const TO_COME: Value = Value::Bool(true);

/// One write being put together.
pub(super) struct Plan<'d> {
    data: &'d Data,
    /// A value or a link that may not be written is an error, of the record itself; inside of it, it is left out.
    strict: bool,
    pub dropped: BTreeSet<String>,
    broken: Vec<String>,
    /// Records it may write, and those it does.
    most: usize,
    records: usize,
    links: u64,
}

/// One record of it.
pub(super) struct Bound {
    pub deed: Deed,
    /// What the caller wrote.
    pub own: Vec<(FieldNo, Value)>,
    /// What was set, the server's own values included.
    pub set: Vec<FieldNo>,
}

/// What becomes of one record while its links are bound.
#[derive(Default)]
struct Parts {
    write: BoundWrite,
    /// Fields its writer writes, links among them.
    fields: Vec<FieldNo>,
    before: Vec<Before>,
    after: Vec<After>,
}

impl Parts {
    fn put(&mut self, field: FieldNo, value: Option<Value>) {
        self.write.values.retain(|(no, _)| *no != field);
        self.write.values.extend(value.map(|value| (field, value)));
    }

    /// Fields whose values are not known yet.
    fn to_come(&self) -> Vec<FieldNo> {
        let made = |before: &Before| match before {
            Before::Made { field, .. } => Some(*field),
            _ => None,
        };
        self.before.iter().filter_map(made).collect()
    }
}

/// The record a link is bound for.
struct Source<'a> {
    allowed: &'a Allowed,
    table: &'a Table,
    alts: &'a [Alt],
    /// It is being made: nothing can be linked with it yet.
    new: bool,
    /// Its field that holds the key of the record it is written inside of.
    held: Option<FieldNo>,
    depth: usize,
}

impl<'d> Plan<'d> {
    pub fn new(data: &'d Data, strict: bool, most: usize) -> Self {
        Self { data, strict, dropped: BTreeSet::new(), broken: Vec::new(), most, records: 0, links: 0 }
    }

    /// Refuses what breaks a rule, all of it together.
    pub fn finish(self) -> Result<Vec<String>, DataError> {
        if self.broken.is_empty() {
            Ok(self.dropped.into_iter().collect())
        } else {
            Err(DataError::Validation(self.broken))
        }
    }

    /// A new record. `held`: a field that will hold the key of another record, and the key if it is known.
    pub fn create(
        &mut self,
        allowed: &Allowed,
        draft: &Draft,
        held: Option<(FieldNo, Option<Value>)>,
        depth: usize,
    ) -> Result<Bound, DataError> {
        self.one_more()?;
        let table = rights::table(allowed)?;
        let alts = rights::for_new_rows(rights::alternatives(allowed, Op::RecordCreate));
        let write = bind_create(&draft.values, table, &alts, self.strict_at(depth))?;
        let mut parts = self.parts(write);
        let mut to_come = Vec::new();
        let above = held.as_ref().map(|(field, _)| *field);
        let source = Source { allowed, table, alts: &alts, new: true, held: above, depth };
        self.bind_links(&source, draft, &mut parts)?;
        if let Some((field, value)) = held {
            parts.fields.push(field);
            to_come.extend(value.is_none().then_some(field));
            parts.put(field, value);
        }
        let rows = covering(allowed, table, &alts, &parts.fields)?;
        to_come.extend(parts.to_come());
        let own = parts.write.values.clone();
        self.fill(allowed, table, &mut parts.write, &to_come)?;
        let key = which::primary(table)?.no;
        let set: BTreeSet<FieldNo> = parts
            .write
            .values
            .iter()
            .map(|(no, _)| *no)
            .chain(to_come)
            .chain(made_later(table))
            .chain([key])
            .collect();
        Ok(Bound { deed: deed(table, None, parts, rows), own, set: set.into_iter().collect() })
    }

    /// A change of one record. `held`: its field that holds the key of the record it is written inside of.
    pub fn change(
        &mut self,
        allowed: &Allowed,
        which: store::Which,
        draft: &Draft,
        held: Option<FieldNo>,
        depth: usize,
    ) -> Result<Bound, DataError> {
        self.one_more()?;
        let table = rights::table(allowed)?;
        let alts = rights::alternatives(allowed, Op::RecordUpdate);
        let write = bind_write(&draft.values, table, &alts, self.strict_at(depth))?;
        let mut parts = self.parts(write);
        let source = Source { allowed, table, alts: &alts, new: false, held, depth };
        self.bind_links(&source, draft, &mut parts)?;
        let rows = covering(allowed, table, &alts, &parts.fields)?;
        let own = parts.write.values.clone();
        let set = own.iter().map(|(no, _)| *no).chain(parts.to_come()).collect::<Vec<_>>();
        if !set.is_empty() {
            self.data.fill_changed(allowed, table, &mut parts.write, which::is_one(&which))?;
        }
        Ok(Bound { deed: deed(table, Some(which), parts, rows), own, set })
    }

    fn strict_at(&self, depth: usize) -> bool {
        self.strict && depth == 0
    }

    fn parts(&mut self, mut write: BoundWrite) -> Parts {
        self.dropped.extend(std::mem::take(&mut write.dropped));
        let fields = write.values.iter().map(|(no, _)| *no).collect();
        Parts { write, fields, ..Parts::default() }
    }

    fn one_more(&mut self) -> Result<(), DataError> {
        self.records += 1;
        if self.records > self.most {
            let message = format!("at most {} records can be written at once", self.most);
            return Err(BindError::TooMuch(message).into());
        }
        Ok(())
    }

    /// What a change of a row says besides.
    pub fn stamp(&self, allowed: &Allowed, table: &Table, write: &mut BoundWrite) -> Result<(), DataError> {
        self.data.fill_changed(allowed, table, write, false)
    }

    /// Completes a new row; what is still to come counts as given.
    pub fn fill(
        &mut self,
        allowed: &Allowed,
        table: &Table,
        write: &mut BoundWrite,
        to_come: &[FieldNo],
    ) -> Result<(), DataError> {
        write.values.extend(to_come.iter().map(|no| (*no, TO_COME)));
        self.data.fill_new(allowed, table, write, &mut self.broken)?;
        write.values.retain(|(no, _)| !to_come.contains(no));
        Ok(())
    }
}

impl Data {
    /// Writes all of it or nothing.
    pub(super) async fn carry_out(
        &self,
        allowed: &Allowed,
        dropped: Vec<String>,
        bound: Vec<Bound>,
        created: bool,
        at: &mut Option<usize>,
    ) -> Result<Written, DataError> {
        let table = rights::table(allowed)?;
        let (mut deeds, mut own, mut set) = (Vec::new(), Vec::new(), Vec::new());
        for one in bound {
            deeds.push(one.deed);
            own.push(one.own);
            set.push(one.set);
        }
        let fields = own.iter().flatten().map(|(no, _)| *no).collect();
        let back = written::read_back(allowed, table, &fields)?;
        self.seal_all(&mut deeds).await?;
        let page = self.store.write_together(table, deeds, back).await;
        let page = page.map_err(|error| placed(error, at))?;
        let records = written::records(table, page, &own);
        set.truncate(records.rows.len());
        Ok(Written { records, set, dropped, created })
    }

    /// Replaces what password fields are given by its hash, in every record of the write.
    async fn seal_all(&self, deeds: &mut [Deed]) -> Result<(), DataError> {
        let mut plain = Vec::new();
        deeds.iter_mut().for_each(|deed| passwords(deed, &mut plain));
        if plain.is_empty() { Ok(()) } else { password::hash_all(plain, &self.entropy).await }
    }
}

fn passwords<'v>(deed: &'v mut Deed, plain: &mut Vec<&'v mut Value>) {
    let Deed { table, write, before, after, .. } = deed;
    let is_password = |no| table.field_by_no(no).is_some_and(|field| field.kind == FieldKind::Password);
    plain.extend(write.values.iter_mut().filter(|(no, _)| is_password(*no)).map(|(_, value)| value));
    for other in before {
        match other {
            Before::Made { deed, .. } | Before::Changed(deed) => passwords(deed, plain),
            Before::There { .. } => {}
        }
    }
    for link in after {
        if let End::Through { through, pairs } = &mut link.end {
            let is_password =
                |no| through.table.field_by_no(no).is_some_and(|field| field.kind == FieldKind::Password);
            let writes = pairs.iter_mut().flat_map(|pair| [Some(&mut pair.new), pair.change.as_mut()]);
            let values = writes.flatten().flat_map(|write| &mut write.values);
            plain.extend(values.filter(|(no, _)| is_password(*no)).map(|(_, value)| value));
        }
        link.changed.iter_mut().chain(&mut link.made).for_each(|deed| passwords(deed, plain));
    }
}

/// Whether keys of other records can be written to a field: not if it tells what its own record is, and not if its
/// values are the server's.
pub(super) fn holds_keys(table: &Table, no: FieldNo) -> bool {
    let fits = |field: &Field| {
        let value = field.kind != FieldKind::Link && field.kind != FieldKind::Password;
        let sealed = field.special.as_ref().is_some_and(Special::sealed);
        value && !sealed && !field.primary && field.system.is_none()
    };
    table.field_by_no(no).is_some_and(fits)
}

/// The proof for another operation at the other end. Users are nobody's to write here.
pub(super) fn implied(allowed: &Allowed, op: Op, table: &Arc<Table>) -> Result<Allowed, DataError> {
    if table.no == domain::catalog::PEOPLE_TABLE_NO {
        return Err(DataError::OutOfScope);
    }
    allowed.implied(op, table).ok_or(DataError::OutOfScope)
}

/// The rows in which all of `fields` may be written; refused when there can be none.
pub(super) fn covering(
    allowed: &Allowed,
    table: &Table,
    alts: &[Alt],
    fields: &[FieldNo],
) -> Result<Vec<BoundAlt>, DataError> {
    let rows = rights::covering(rights::bound_rows(allowed, table, alts)?, fields);
    if rows.is_empty() { Err(DataError::OutOfScope) } else { Ok(rows) }
}

fn deed(table: &Arc<Table>, which: Option<store::Which>, parts: Parts, alts: Vec<BoundAlt>) -> Deed {
    let Parts { write, before, after, .. } = parts;
    Deed { table: Arc::clone(table), which, write, alts, before, after }
}
