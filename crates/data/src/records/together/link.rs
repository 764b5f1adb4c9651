//! The links of one record of a write: which records are named, which are changed or made with it, and where
//! each link is kept. Linking needs the right to write the link of the record it belongs to and, where the key
//! is kept in the other rows, to change it there. Never touches the database.

use std::{collections::HashSet, sync::Arc};

use domain::{
    FieldNo,
    access::{Alt, Op},
    catalog::{Field, LinkKind, LinkTarget, Table},
    decision::Allowed,
    limits,
    query::{
        BindError, BoundAlt, BoundCmp, BoundFilter, BoundStep, BoundThrough, BoundWrite, CmpOp, bind_write,
        coerce, step,
    },
    value::Value,
};
use store::{After, Before, End, Linking, Pair};

use super::{Parts, Plan, Source, covering, holds_keys, implied};
use crate::{
    DataError,
    links::Caller,
    records::{Draft, LinkDraft, Other, Values},
    rights,
};

impl Plan<'_> {
    pub(super) fn bind_links(
        &mut self,
        source: &Source<'_>,
        draft: &Draft,
        parts: &mut Parts,
    ) -> Result<(), DataError> {
        for wanted in &draft.links {
            match granted(source, wanted) {
                // The way back to the record this one is written inside of.
                Ok((field, _)) if leads_back(source, field) => {}
                Ok((field, by)) => {
                    parts.fields.push(by);
                    self.bind_link(source, field, wanted, parts)?;
                }
                Err(BindError::UnknownField(name) | BindError::ForbiddenField(name))
                    if !self.strict_at(source.depth) =>
                {
                    self.dropped.insert(name);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn bind_link(
        &mut self,
        source: &Source<'_>,
        field: &Field,
        wanted: &LinkDraft,
        parts: &mut Parts,
    ) -> Result<(), DataError> {
        let Some(link) = &field.link else { return Ok(()) };
        // Before anything is done for each of them: nobody's list may keep the server busy.
        few_enough(wanted.targets.len())?;
        if !link.kind.many() && wanted.targets.len() > 1 {
            return Err(DataError::invalid(format!("{}: only one record can be linked", field.name)));
        }
        let written = wanted.targets.iter().any(|target| !matches!(target, Other::Key(_)));
        if written && link.target == LinkTarget::Users {
            let message = "users are only named by their keys".to_owned();
            return Err(BindError::BadValue { field: field.name.clone(), message }.into());
        }
        if written && source.depth + 1 > limits::LINK_DEPTH_MAX {
            let message = format!("more than {} links in a row", limits::LINK_DEPTH_MAX);
            return Err(BindError::TooMuch(message).into());
        }
        let (allowed, table) = (source.allowed, source.table);
        if let (LinkKind::Here, [], Some(key)) =
            (link.kind, wanted.targets.as_slice(), table.field(&link.key))
        {
            parts.put(key.no, Some(Value::Null));
            return Ok(());
        }
        let (step, _) = step(field, table, allowed.subject(), &Caller(allowed))?;
        match link.kind {
            LinkKind::Here => self.bind_here(source, step, wanted, parts),
            LinkKind::OneThere | LinkKind::ManyThere | LinkKind::Through => {
                let after = self.bind_after(source, field, link.kind, step, wanted)?;
                parts.after.push(after);
                Ok(())
            }
        }
    }

    /// The record itself holds the key of the other one.
    fn bind_here(
        &mut self,
        source: &Source<'_>,
        step: BoundStep,
        wanted: &LinkDraft,
        parts: &mut Parts,
    ) -> Result<(), DataError> {
        let unknown = || BindError::UnknownField(wanted.link.clone());
        let own = source.table.field_by_no(step.key).ok_or_else(unknown)?;
        let theirs = step.target.field_by_no(step.target_key).ok_or_else(unknown)?;
        let (key, draft) = match wanted.targets.first() {
            None => (None, None),
            Some(Other::Key(key)) => (Some(key), None),
            Some(Other::Changed(key, draft)) => (Some(key), Some(draft)),
            Some(Other::New(draft)) => {
                let there = implied(source.allowed, Op::RecordCreate, &step.target)?;
                let made = self.create(&there, draft, None, source.depth + 1)?.deed;
                parts.put(own.no, None);
                parts.before.push(Before::Made { field: own.no, key: theirs.no, deed: made });
                return Ok(());
            }
        };
        let value = key.map_or(Ok(Value::Null), |key| coerce(own, key))?;
        if let Some(key) = key
            && !value.is_null()
        {
            let seen = named_by(&step, theirs, &wanted.link)?;
            let named = coerce(theirs, key)?;
            let changed = match draft {
                None => None,
                Some(draft) => {
                    let there = implied(source.allowed, Op::RecordUpdate, &step.target)?;
                    let which = matching(theirs.no, &named);
                    Some(self.change(&there, which, draft, None, source.depth + 1)?.deed)
                }
            };
            let (by, link) = (theirs.no, wanted.link.clone());
            let table = step.target;
            parts.before.push(Before::There { link, table, seen, by, value: named });
            parts.before.extend(changed.map(Before::Changed));
        }
        parts.put(own.no, Some(value));
        Ok(())
    }

    /// The others hold the key, or a table of pairs does.
    fn bind_after(
        &mut self,
        source: &Source<'_>,
        field: &Field,
        kind: LinkKind,
        step: BoundStep,
        wanted: &LinkDraft,
    ) -> Result<After, DataError> {
        let allowed = source.allowed;
        let by = match kind {
            LinkKind::Through => step.target.field_by_no(step.target_key),
            _ => step.target.primary(),
        };
        let by = by.ok_or(DataError::NotFound)?;
        let held = (kind != LinkKind::Through).then_some((step.target_key, None));
        if held.is_some() && !holds_keys(&step.target, step.target_key) {
            return Err(BindError::ForbiddenField(field.name.clone()).into());
        }
        let (mut named, mut changed, mut made) = (Vec::new(), Vec::new(), Vec::new());
        let (mut pairs, mut new_pairs) = (Vec::new(), Vec::new());
        let (mut known, none) = (HashSet::new(), Values::new());
        for target in &wanted.targets {
            let (key, draft) = match target {
                Other::Key(key) => (key, None),
                Other::Changed(key, draft) => (key, Some(draft)),
                Other::New(draft) => {
                    let there = implied(allowed, Op::RecordCreate, &step.target)?;
                    made.push(self.create(&there, draft, held.clone(), source.depth + 1)?.deed);
                    new_pairs.push(&draft.pair);
                    continue;
                }
            };
            named_by(&step, by, &field.name)?;
            let value = coerce(by, key)?;
            if value.is_null() || !known.insert(format!("{value:?}")) {
                continue;
            }
            pairs.push(draft.map_or(&none, |draft| &draft.pair));
            if let Some(draft) = draft.filter(|draft| draft.touches()) {
                let there = implied(allowed, Op::RecordUpdate, &step.target)?;
                let (which, held) = (matching(by.no, &value), held.as_ref().map(|(field, _)| *field));
                changed.push(self.change(&there, which, draft, held, source.depth + 1)?.deed);
            }
            named.push(value);
        }
        self.count_links(named.len())?;
        // What is being made is linked with nothing yet: there is nothing to take away.
        let how = if source.new { Linking::Add } else { wanted.how };
        let seen = if named.is_empty() { step.alts.clone() } else { named_by(&step, by, &field.name)? };
        let by = by.no;
        let touches = !named.is_empty() || matches!(how, Linking::Set | Linking::Remove);
        let BoundStep { key, target, target_key, through, .. } = step;
        let end = match through {
            Some(through) => {
                let all = pairs.into_iter().chain(new_pairs);
                let pairs = all.map(|pair| self.pair(allowed, &through, pair)).collect::<Result<_, _>>()?;
                End::Through { through, pairs }
            }
            None => self.there(allowed, &target, target_key, touches)?,
        };
        Ok(After { link: Some(field.name.clone()), key, how, target, seen, by, named, changed, made, end })
    }

    /// The field of the target that holds the key. `touches`: rows that are there may have to be changed.
    fn there(
        &mut self,
        allowed: &Allowed,
        target: &Arc<Table>,
        field: FieldNo,
        touches: bool,
    ) -> Result<End, DataError> {
        let mut write = BoundWrite::default();
        let Some(there) = allowed.implied(Op::RecordUpdate, target) else {
            return if touches {
                Err(DataError::OutOfScope)
            } else {
                Ok(End::There { field, write, alts: Vec::new() })
            };
        };
        let alts = match covering(&there, target, there.alternatives(), &[field]) {
            Err(DataError::OutOfScope) if !touches => Vec::new(),
            alts => alts?,
        };
        self.stamp(&there, target, &mut write)?;
        Ok(End::There { field, write, alts })
    }

    /// A row of a table of pairs, complete but for the keys: as it is made, and what changes where it is there
    /// already. Whoever may write the link writes its pairs; which rows they pair is said by the link alone.
    pub fn pair(
        &mut self,
        allowed: &Allowed,
        through: &BoundThrough,
        values: &Values,
    ) -> Result<Pair, DataError> {
        let table = &through.table;
        let keys = [through.from, through.to];
        // What cannot be written of it is left out, as in any object inside of a value.
        let mut write = bind_write(values, table, &[Alt::FULL], false)?;
        write.dropped.clear();
        write.values.retain(|(no, _)| !keys.contains(no));
        let change = match write.values.is_empty() {
            true => None,
            false => {
                let mut change = write.clone();
                self.data.fill_changed(allowed, table, &mut change, true)?;
                Some(change)
            }
        };
        self.fill(allowed, table, &mut write, &keys)?;
        Ok(Pair { new: write, change })
    }

    fn count_links(&mut self, more: usize) -> Result<(), DataError> {
        self.links += more as u64;
        if self.links > limits::LINKED_ROWS_MAX {
            let message = format!("more than {} links in one write", limits::LINKED_ROWS_MAX);
            return Err(BindError::TooMuch(message).into());
        }
        Ok(())
    }
}

/// Named twice counts twice here: how many are the same is only known after all were looked at.
pub(in crate::records) fn few_enough(named: usize) -> Result<(), DataError> {
    if named > limits::RECORDS_PER_WRITE_MAX {
        let message = format!("at most {} records can be linked at once", limits::RECORDS_PER_WRITE_MAX);
        return Err(BindError::TooMuch(message).into());
    }
    Ok(())
}

/// The link, and the field by which it may be written: a link that rests on a field of the record can also be
/// written by who may write that field.
fn granted<'t>(source: &Source<'t>, wanted: &LinkDraft) -> Result<(&'t Field, FieldNo), BindError> {
    let unknown = || BindError::UnknownField(wanted.link.clone());
    let field = source.table.field(&wanted.link).ok_or_else(unknown)?;
    let link = field.link.as_ref().ok_or_else(unknown)?;
    let forbidden = || BindError::ForbiddenField(wanted.link.clone());
    let has = |no: FieldNo| source.alts.iter().any(|alt| alt.fields.has(no));
    if field.hidden {
        return Err(forbidden());
    }
    let key = source.table.field(&link.key).ok_or_else(unknown)?.no;
    if link.kind != LinkKind::Here {
        return if has(field.no) { Ok((field, field.no)) } else { Err(forbidden()) };
    }
    match holds_keys(source.table, key) {
        true if has(field.no) => Ok((field, field.no)),
        true if has(key) => Ok((field, key)),
        _ => Err(forbidden()),
    }
}

/// The rows that can be named by this field: those in which it can be read. Else to link would tell which values
/// are there. By its key a record can always be named.
fn named_by(step: &BoundStep, by: &Field, link: &str) -> Result<Vec<BoundAlt>, BindError> {
    if by.primary {
        return Ok(step.alts.clone());
    }
    let seen = rights::covering(step.alts.clone(), &[by.no]);
    if by.hidden || seen.is_empty() { Err(BindError::ForbiddenField(link.to_owned())) } else { Ok(seen) }
}

fn leads_back(source: &Source<'_>, field: &Field) -> bool {
    let link = field.link.as_ref().filter(|link| link.kind == LinkKind::Here);
    let key = link.and_then(|link| source.table.field(&link.key)).map(|key| key.no);
    key.is_some() && key == source.held
}

fn matching(field: FieldNo, value: &Value) -> store::Which {
    store::Which::Matching(BoundFilter::Cmp(BoundCmp { field, op: CmpOp::Eq, values: vec![value.clone()] }))
}
