//! Quotas under kill -9. For every key, at every start:
//! acknowledged units ≤ debited units ≤ credited units, balance = credits − debits, and nothing is debited
//! that nobody asked for: debited ≤ acknowledged + asked without an answer.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use serde_json::{Value, json};

use super::{
    Plan, Report,
    arena::{self, Contact},
};
use crate::{
    Outcome,
    cases::Cases,
    http::{Client, Failure},
    server::Server,
};

/// Keys in use at the same time; with fewer keys than callers every key is contended.
const KEYS: usize = 6;
/// Small balances are used up within one life of the server, large ones are being debited when it dies.
const SMALL: (u64, u64) = (40, 2_500);
const LARGE: (u64, u64) = (20_000, 200_000);
const COST_MAX: u64 = 4;
const LEDGER_PAGE: u64 = 200;

pub fn run(plan: &Plan, mut server: Server) -> Outcome<Report> {
    let mut report = Report::default();
    let mut cases = Cases::new(plan.seed.rotate_left(17));
    let mut hands = server.root();
    let first = (0..KEYS).map(|_| Account::open(&mut hands, &mut cases)).collect::<Outcome<Vec<_>>>()?;
    let bank = Bank { open: Mutex::new(first.into_iter().map(Into::into).collect()), ..Bank::default() };
    arena::run(&bank, plan, &mut server, &mut report)?;
    bank.last_words(&mut server.root(), &mut report)?;
    Ok(report)
}

#[derive(Default)]
struct Bank {
    open: Mutex<Vec<std::sync::Arc<Account>>>,
    /// Used up; looked at once more at the end.
    closed: Mutex<Vec<std::sync::Arc<Account>>>,
    refused: AtomicU64,
    strange: Mutex<Vec<String>>,
}

/// What this process knows of one key.
struct Account {
    id: String,
    secret: String,
    refills: bool,
    /// Units in answers that said yes.
    granted: AtomicU64,
    /// Units asked for without an answer.
    unanswered: AtomicU64,
    used_up: AtomicU64,
}

impl Account {
    fn open(hands: &mut Client, cases: &mut Cases) -> Outcome<Self> {
        let refills = cases.below(3) == 0;
        let (from, to) = if cases.below(2) == 0 { SMALL } else { LARGE };
        let mut body = json!({
            "name": format!("torture {:016x}", cases.next()),
            "remaining": cases.between(from, to),
        });
        if refills {
            body["refill"] =
                json!({ "amount": cases.between(10, 60), "interval_ms": cases.between(40, 400) });
        }
        let key = hands.post("/v1/keys", &body)?.ok()?;
        Ok(Self {
            id: text(&key, "id")?,
            secret: text(&key, "key")?,
            refills,
            granted: AtomicU64::new(0),
            unanswered: AtomicU64::new(0),
            used_up: AtomicU64::new(0),
        })
    }

    /// Empty for good: nothing will refill it, and it refused often enough to be sure.
    fn is_spent(&self) -> bool {
        !self.refills && self.used_up.load(SeqCst) > 50
    }
}

impl arena::Sport for Bank {
    fn act(&self, _: u32, cases: &mut Cases, hands: &mut Client) -> Contact {
        let Some(account) = cases.pick(&self.accounts()).cloned() else { return Contact::Kept };
        let cost = if cases.below(4) == 0 { cases.between(1, COST_MAX) } else { 1 };
        match hands.post("/v1/keys/verify", &json!({ "key": account.secret, "cost": cost })) {
            Ok(answer) if answer.status == 200 => {
                let body = answer.json();
                if body["valid"] == true {
                    account.granted.fetch_add(cost, SeqCst);
                } else if body["reason"] == "quota" {
                    account.used_up.fetch_add(u64::from(cost == 1), SeqCst);
                    self.refused.fetch_add(1, SeqCst);
                } else {
                    self.strange(format!("refused for another reason than the quota: {body}"));
                }
            }
            Ok(answer) => self.strange(format!("status {}", answer.status)),
            Err(Failure::NoAnswer(_)) => {
                account.unanswered.fetch_add(cost, SeqCst);
                return Contact::Lost;
            }
            Err(Failure::NotSent(_)) => return Contact::Lost,
        }
        Contact::Kept
    }

    fn compare(&self, server: &Server, report: &mut Report) -> Outcome<()> {
        let mut hands = server.root();
        for account in self.accounts() {
            compare_account(&account, &mut hands, report)?;
        }
        for text in std::mem::take(&mut *self.strange.lock().unwrap_or_else(PoisonError::into_inner)) {
            report.violation(text);
        }
        self.replace_spent(&mut hands)
    }
}

impl Bank {
    fn accounts(&self) -> Vec<std::sync::Arc<Account>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn strange(&self, text: String) {
        self.strange.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    /// New keys for used-up ones, so that every round also spends the last unit of some key.
    fn replace_spent(&self, hands: &mut Client) -> Outcome<()> {
        let mut cases = Cases::new(Cases::fresh_seed());
        for slot in self.open.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            if slot.is_spent() {
                let spent = std::mem::replace(slot, Account::open(hands, &mut cases)?.into());
                self.closed.lock().unwrap_or_else(PoisonError::into_inner).push(spent);
            }
        }
        Ok(())
    }

    fn last_words(&self, hands: &mut Client, report: &mut Report) -> Outcome<()> {
        let mut totals = Books::default();
        let closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (mut granted, mut unanswered) = (0, 0);
        for account in closed.iter().chain(&self.accounts()) {
            let books = compare_account(account, hands, report)?;
            totals.credits += books.credits;
            totals.debits += books.debits;
            granted += account.granted.load(SeqCst);
            unanswered += account.unanswered.load(SeqCst);
        }
        report.row("keys", closed.len() + self.accounts().len());
        report.row("keys used up to the last unit", closed.len());
        report.row("units credited", totals.credits);
        report.row("units debited", totals.debits);
        report.row("units acknowledged", granted);
        report.row("units debited, answer lost", totals.debits - granted as i64);
        report.row("units asked for, answer lost", unanswered);
        report.row("calls refused: quota", self.refused.load(SeqCst));
        Ok(())
    }
}

/// Sums of the server's ledger of one key.
#[derive(Default)]
struct Books {
    credits: i64,
    debits: i64,
}

fn compare_account(account: &Account, hands: &mut Client, report: &mut Report) -> Outcome<Books> {
    let books = read_ledger(&account.id, hands)?;
    let key = hands.get(&format!("/v1/keys/{}", account.id))?.ok()?;
    let remaining = key["remaining"].as_i64().ok_or_else(|| format!("a key without `remaining`: {key}"))?;
    let granted = account.granted.load(SeqCst) as i64;
    let asked = granted + account.unanswered.load(SeqCst) as i64;
    let id = &account.id;
    let (credits, debits) = (books.credits, books.debits);
    if granted > debits {
        report.violation(format!("key {id}: {granted} units acknowledged, only {debits} debited"));
    }
    if debits > asked {
        report.violation(format!("key {id}: {debits} units debited, only {asked} asked for"));
    }
    if debits > credits {
        report.violation(format!("key {id}: overspent, {debits} debited of {credits}"));
    }
    if remaining != credits - debits || remaining < 0 {
        report.violation(format!("key {id}: balance {remaining}, but credits {credits} − debits {debits}"));
    }
    Ok(books)
}

fn read_ledger(id: &str, hands: &mut Client) -> Outcome<Books> {
    let mut books = Books::default();
    let mut path = format!("/v1/keys/{id}/ledger?limit={LEDGER_PAGE}");
    loop {
        let page = hands.get(&path)?.ok()?;
        for entry in page["items"].as_array().ok_or_else(|| format!("not a ledger: {page}"))? {
            let amount = entry["amount"].as_i64().ok_or_else(|| format!("no amount: {entry}"))?;
            // A refill may also take away: it sets the balance.
            if entry["kind"] == "debit" { books.debits -= amount } else { books.credits += amount }
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/keys/{id}/ledger?limit={LEDGER_PAGE}&cursor={cursor}"),
            None => return Ok(books),
        }
    }
}

pub fn text(body: &Value, name: &str) -> Outcome<String> {
    Ok(body[name].as_str().ok_or_else(|| format!("no `{name}` in {body}"))?.to_owned())
}
