//! Binding conditions on rows: a client's filter, or the row conditions of a role.
//!
//! A variable that has no value (no user, no address) makes the whole condition unmeetable, wherever in it
//! the variable stands: comparing with null instead could match, and under a negation it could match all.

use serde_json::Value as Json;

use crate::{
    access::{Cond, Rows},
    catalog::{Field, FieldKind, LinkKind, SystemField, Table},
    limits,
    value::Value,
};

use super::{
    BindError, BoundCmp, BoundFilter, CmpOp, Filter, Subject, Term, Var,
    bind::in_all,
    linked::{BoundLinked, Links, holds_of_nothing, step},
    operands::{bad, check_operands, literal, membership, takes_list},
};

/// Binds a filter that may mention the fields for which `usable` holds.
pub(super) fn bind(
    filter: &Filter,
    table: &Table,
    subject: &Subject,
    links: &dyn Links,
    usable: impl Fn(&Field) -> bool,
) -> Result<BoundFilter, BindError> {
    let mut binder = Binder { table, subject, links, usable: &usable, steps: 0, counted: Counted::default() };
    match binder.filter(filter, 0) {
        Ok(bound) => Ok(bound),
        Err(Stop::Unmeetable) => Ok(BoundFilter::Never),
        Err(Stop::Refused(error)) => Err(error),
    }
}

/// Binds the row conditions of one alternative. A role may mention any field but a password.
pub(super) fn rows(
    rows: &Rows,
    table: &Table,
    subject: &Subject,
    links: &dyn Links,
) -> Result<BoundFilter, BindError> {
    let mut bound = Vec::with_capacity(rows.conds().len());
    for cond in rows.conds() {
        bound.push(match cond {
            Cond::Own => own(table, subject),
            Cond::Matching(filter) => bind(filter, table, subject, links, |f| f.kind != FieldKind::Password)?,
        });
    }
    Ok(match bound.pop() {
        Some(only) if bound.is_empty() => only,
        Some(last) => {
            bound.push(last);
            BoundFilter::And(bound)
        }
        None => BoundFilter::And(bound),
    })
}

/// A user owns what it created; a key without a user owns what the key created.
fn own(table: &Table, subject: &Subject) -> BoundFilter {
    let (system, num) = match (subject.user_num, subject.key_num) {
        (Some(user), _) => (SystemField::CreatedBy, user),
        (None, Some(key)) => (SystemField::CreatedByKey, key),
        (None, None) => return BoundFilter::Never,
    };
    match table.system(system) {
        Some(field) => cmp(field, CmpOp::Eq, vec![Value::Int(num)]),
        None => BoundFilter::Never,
    }
}

fn cmp(field: &Field, op: CmpOp, values: Vec<Value>) -> BoundFilter {
    BoundFilter::Cmp(BoundCmp { field: field.no, op, values })
}

pub(super) enum Stop {
    Refused(BindError),
    /// A variable without a value.
    Unmeetable,
}

impl From<BindError> for Stop {
    fn from(error: BindError) -> Self {
        Self::Refused(error)
    }
}

pub(super) struct Binder<'a> {
    pub table: &'a Table,
    pub subject: &'a Subject,
    links: &'a dyn Links,
    pub usable: &'a dyn Fn(&Field) -> bool,
    /// Links followed so far.
    steps: usize,
    counted: Counted,
}

#[derive(Clone, Copy, Default)]
struct Counted {
    nodes: usize,
    conditions: usize,
    values: usize,
}

impl Binder<'_> {
    fn filter(&mut self, filter: &Filter, depth: usize) -> Result<BoundFilter, Stop> {
        self.counted.nodes += 1;
        if depth > limits::FILTER_DEPTH_MAX {
            return Err(too_much("the filter is nested too deeply"));
        }
        if self.counted.nodes > 4 * limits::FILTER_CONDITIONS_MAX {
            return Err(too_much("the filter has too many parts"));
        }
        Ok(match filter {
            Filter::And(parts) => BoundFilter::And(self.all_of(parts, depth)?),
            Filter::Or(parts) => BoundFilter::Or(self.parts(parts, depth)?),
            Filter::Not(part) => BoundFilter::Not(Box::new(self.filter(part, depth + 1)?)),
            Filter::Cmp { field, op, terms } => self.condition(field, *op, terms)?,
        })
    }

    fn parts(&mut self, parts: &[Filter], depth: usize) -> Result<Vec<BoundFilter>, Stop> {
        parts.iter().map(|part| self.filter(part, depth + 1)).collect()
    }

    /// What is said together of the rows behind one link is said of the same row.
    fn all_of(&mut self, parts: &[Filter], depth: usize) -> Result<Vec<BoundFilter>, Stop> {
        let mut bound = Vec::with_capacity(parts.len());
        let mut linked: Vec<(&str, Vec<Filter>)> = Vec::new();
        for part in parts {
            let split = match part {
                Filter::Cmp { field, op, terms } => {
                    let path = field.split_once('.').filter(|(head, _)| !self.holds_json(head));
                    path.map(|path| (path, op, terms))
                }
                _ => None,
            };
            let Some(((head, rest), op, terms)) = split else {
                bound.push(self.filter(part, depth + 1)?);
                continue;
            };
            let rest = Filter::Cmp { field: rest.to_owned(), op: *op, terms: terms.clone() };
            match linked.iter_mut().find(|(name, _)| *name == head) {
                Some((_, more)) => more.push(rest),
                None => linked.push((head, vec![rest])),
            }
        }
        for (head, mut parts) in linked {
            let filter = match parts.pop() {
                Some(only) if parts.is_empty() => only,
                last => {
                    parts.extend(last);
                    Filter::And(parts)
                }
            };
            bound.push(self.linked(head, &filter, depth + 1)?);
        }
        Ok(bound)
    }

    pub fn one_more(&mut self) -> Result<(), Stop> {
        self.counted.conditions += 1;
        match self.counted.conditions > limits::FILTER_CONDITIONS_MAX {
            true => Err(too_much("the filter has too many conditions")),
            false => Ok(()),
        }
    }

    pub fn count_values(&mut self, more: usize) -> Result<(), Stop> {
        self.counted.values += more;
        match self.counted.values > limits::FILTER_VALUES_MAX {
            true => Err(too_much("the filter has too many values")),
            false => Ok(()),
        }
    }

    fn linked(&mut self, name: &str, filter: &Filter, depth: usize) -> Result<BoundFilter, Stop> {
        let field = self.table.field(name).ok_or_else(|| BindError::UnknownField(name.to_owned()))?;
        if !(self.usable)(field) {
            return Err(BindError::ForbiddenField(name.to_owned()).into());
        }
        if self.steps >= limits::LINK_DEPTH_MAX {
            return Err(too_much("the filter follows too many links in a row"));
        }
        let (step, alts) = step(field, self.table, self.subject, self.links)?;
        let trusted = self.links.trusted();
        let usable = |f: &Field| {
            if trusted { f.kind != FieldKind::Password } else { in_all(f, &alts) }
        };
        let mut inner = Binder {
            table: &step.target,
            subject: self.subject,
            links: self.links,
            usable: &usable,
            steps: self.steps + 1,
            counted: self.counted,
        };
        let bound = inner.filter(filter, depth)?;
        self.counted = inner.counted;
        Ok(BoundFilter::Linked(Box::new(BoundLinked {
            or_none: holds_of_nothing(filter),
            step,
            filter: bound,
        })))
    }

    /// A condition on the link itself: whether anything is linked, or which row by its key.
    fn presence(&mut self, field: &Field, op: CmpOp, terms: &[Term]) -> Result<BoundFilter, Stop> {
        match op {
            CmpOp::NotEmpty => self.linked(&field.name, &Filter::ALL, 0),
            CmpOp::Empty => self.linked(&field.name, &Filter::ALL, 0).map(|some| match some {
                BoundFilter::Linked(linked) => {
                    let none = BoundLinked { filter: BoundFilter::Never, or_none: true, ..*linked };
                    BoundFilter::Linked(Box::new(none))
                }
                other => other,
            }),
            CmpOp::Eq | CmpOp::Ne | CmpOp::In | CmpOp::NotIn => {
                let link = field.link.as_ref().ok_or_else(|| BindError::UnknownField(field.name.clone()))?;
                let key = match link.kind {
                    LinkKind::Here | LinkKind::Through => link.target_key.clone(),
                    LinkKind::OneThere | LinkKind::ManyThere => "id".to_owned(),
                };
                self.linked(&field.name, &Filter::Cmp { field: key, op, terms: terms.to_vec() }, 0)
            }
            _ => Err(bad(field, "this operator does not apply to a link").into()),
        }
    }

    fn condition(&mut self, name: &str, op: CmpOp, terms: &[Term]) -> Result<BoundFilter, Stop> {
        if let Some((head, rest)) = name.split_once('.') {
            if self.holds_json(head) {
                return self.inside(head, rest, op, terms);
            }
            let rest = Filter::Cmp { field: rest.to_owned(), op, terms: terms.to_vec() };
            return self.linked(head, &rest, 0);
        }
        let field = self.table.field(name).ok_or_else(|| BindError::UnknownField(name.to_owned()))?;
        if !(self.usable)(field) {
            return Err(BindError::ForbiddenField(name.to_owned()).into());
        }
        if field.kind == FieldKind::Link {
            return self.presence(field, op, terms);
        }
        self.one_more()?;
        let values = self.values(field, op, terms)?;
        self.count_values(values.len())?;
        check_operands(field, op, &values)?;
        Ok(match op {
            CmpOp::In | CmpOp::NotIn => membership(op, values, &|op, values| cmp(field, op, values)),
            _ => cmp(field, op, values),
        })
    }

    fn values(&self, field: &Field, op: CmpOp, terms: &[Term]) -> Result<Vec<Value>, Stop> {
        // A list may come as one literal; for fields that hold lists, as one literal per list.
        let holds_lists = matches!(field.kind, FieldKind::Array | FieldKind::Json);
        let listed = match (takes_list(op, holds_lists), terms) {
            (true, [Term::Literal(Json::Array(items))]) => Some(items),
            _ => None,
        };
        let count = listed.map_or(terms.len(), Vec::len);
        if count > limits::FILTER_LIST_MAX {
            return Err(too_much("a list in the filter is too long"));
        }
        if let Some(items) = listed {
            return items.iter().map(|item| literal(field, op, item).map_err(Stop::from)).collect();
        }
        let mut values = Vec::with_capacity(terms.len());
        for term in terms {
            match term {
                Term::Var(Var::UserRoles) if takes_list(op, holds_lists) => {
                    // Of nobody it cannot be said which roles they have.
                    let user = self.subject.user_more.as_ref().ok_or(Stop::Unmeetable)?;
                    for role in &user.roles {
                        values.push(literal(field, op, &Json::from(role.as_str()))?);
                    }
                }
                _ => values.push(self.term(field, op, term)?),
            }
        }
        if values.len() > limits::FILTER_LIST_MAX {
            return Err(too_much("a list in the filter is too long"));
        }
        Ok(values)
    }

    fn term(&self, field: &Field, op: CmpOp, term: &Term) -> Result<Value, Stop> {
        let var = match term {
            Term::Literal(json) => return Ok(literal(field, op, json)?),
            Term::Var(var) => var,
        };
        if matches!(var, Var::Now) && field.kind == FieldKind::DateTime {
            return Ok(Value::Instant(self.subject.now));
        }
        Ok(literal(field, op, &self.variable(field, var)?)?)
    }

    /// What a variable stands for.
    pub fn variable(&self, field: &Field, var: &Var) -> Result<Json, Stop> {
        let json = match var {
            Var::UserId => self.subject.user_num.map(Json::from),
            Var::UserEmail => self.subject.user_email.clone().map(Json::from),
            Var::UserName => self.subject.user_name.clone().map(Json::from),
            Var::UserTitle => {
                self.subject.user_more.as_ref().and_then(|more| more.title.clone()).map(Json::from)
            }
            Var::UserNote(path) => note(self.subject, path),
            Var::UserRoles => return Err(bad(field, "a list cannot be compared with this operator").into()),
            Var::Role => self.subject.role.clone().map(Json::from),
            Var::Now => Some(Json::from(self.subject.now.rfc3339())),
        };
        json.ok_or(Stop::Unmeetable)
    }
}

/// What is kept with the user under this path, if it can be compared with anything.
fn note(subject: &Subject, path: &str) -> Option<Json> {
    let notes: Json = serde_json::from_str(subject.user_more.as_ref()?.notes.as_deref()?).ok()?;
    let found = notes.pointer(path)?;
    (found.is_string() || found.is_number() || found.is_boolean()).then(|| found.clone())
}

pub(super) fn too_much(message: &str) -> Stop {
    Stop::Refused(BindError::TooMuch(message.to_owned()))
}
