//! Changes of keys under kill -9. Every caller owns its keys and changes them one after the other, so there
//! is never a doubt about the order. After each start a key must look like after the last acknowledged
//! change, or, if one more was on its way when the server died, like after that one: whole in both cases.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::{
    Plan, Report,
    arena::{self, Contact},
    quota::text,
};
use crate::{
    Outcome,
    cases::Cases,
    http::{Answer, Client, Failure},
    server::Server,
};

/// Beyond this a caller works on the keys it has.
const KEYS_PER_CALLER: usize = 60;

pub fn run(plan: &Plan, mut server: Server) -> Outcome<Report> {
    let mut report = Report::default();
    let before = count_keys(&mut server.root())?;
    let run = format!("torture-{:x}", plan.seed);
    let desks = (0..plan.callers).map(|_| Mutex::default()).collect();
    let office = Office { run, desks };
    arena::run(&office, plan, &mut server, &mut report)?;
    office.last_words(&mut server.root(), before, &mut report)?;
    Ok(report)
}

struct Office {
    run: String,
    desks: Vec<Mutex<Desk>>,
}

/// One caller's keys and what it was told.
#[derive(Default)]
struct Desk {
    files: Vec<File>,
    /// A create without an answer: its body and Idempotency-Key, to be asked again.
    open_create: Option<(Value, String)>,
    created: u64,
    acknowledged: u64,
    unanswered: u64,
    strange: Vec<String>,
}

/// One key as it must be.
struct File {
    id: String,
    /// `None`: rotated without an answer, so nobody knows the current secret.
    secret: Option<String>,
    /// Secrets that must be dead.
    dead: Vec<String>,
    state: State,
    open: Option<Change>,
    touched: bool,
}

#[derive(Clone, Debug)]
struct State {
    /// Written into every field a patch changes, so that half a patch shows.
    revision: u64,
    enabled: bool,
    gone: bool,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Patch,
    Disable,
    Enable,
    Rotate,
    Revoke,
}

impl PartialEq for State {
    /// Of a key that is gone nothing else can be seen.
    fn eq(&self, other: &Self) -> bool {
        let live = |state: &Self| (!state.gone).then_some((state.revision, state.enabled));
        live(self) == live(other)
    }
}

impl State {
    fn after(&self, change: Change) -> Self {
        let mut next = self.clone();
        match change {
            Change::Patch => next.revision += 1,
            Change::Disable => next.enabled = false,
            Change::Enable => next.enabled = true,
            Change::Rotate => {}
            Change::Revoke => next.gone = true,
        }
        next
    }
}

impl arena::Sport for Office {
    fn act(&self, caller: u32, cases: &mut Cases, hands: &mut Client) -> Contact {
        let Some(desk) = self.desks.get(caller as usize) else { return Contact::Lost };
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        let live: Vec<usize> =
            (0..desk.files.len()).filter(|i| desk.file(*i).is_some_and(File::live)).collect();
        let create = live.is_empty() || live.len() < KEYS_PER_CALLER && cases.below(4) == 0;
        match cases.pick(&live) {
            Some(index) if !create => desk.change(*index, cases, hands),
            _ => {
                let name = format!("{}-{caller}-{}", self.run, desk.created);
                desk.created += 1;
                desk.create(described(&name, 0), name, hands)
            }
        }
    }

    fn compare(&self, server: &Server, report: &mut Report) -> Outcome<()> {
        let mut hands = server.root();
        for desk in &self.desks {
            let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
            desk.compare(&mut hands, report)?;
        }
        Ok(())
    }
}

impl Office {
    fn last_words(&self, hands: &mut Client, before: usize, report: &mut Report) -> Outcome<()> {
        let (mut acknowledged, mut unanswered, mut keys, mut live) = (0, 0, 0, 0);
        for desk in &self.desks {
            let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
            desk.files.iter_mut().for_each(|file| file.touched = true);
            desk.compare(hands, report)?;
            acknowledged += desk.acknowledged;
            unanswered += desk.unanswered;
            keys += desk.files.len();
            live += desk.files.iter().filter(|file| file.live()).count();
        }
        let listed = count_keys(hands)?;
        if listed != before + live {
            report.violation(format!("{listed} keys are listed, {} must be there", before + live));
        }
        report.row("keys created", keys);
        report.row("keys not revoked", live);
        report.row("changes acknowledged", acknowledged);
        report.row("changes without an answer", unanswered);
        Ok(())
    }
}

impl Desk {
    fn file(&self, index: usize) -> Option<&File> {
        self.files.get(index)
    }

    fn create(&mut self, body: Value, idempotency: String, hands: &mut Client) -> Contact {
        match post_key(hands, &body, &idempotency) {
            Ok(answer) => {
                self.created_with(&answer);
                return Contact::Kept;
            }
            Err(Failure::NoAnswer(_)) => {
                self.unanswered += 1;
                self.open_create = Some((body, idempotency));
            }
            Err(Failure::NotSent(_)) => {}
        }
        Contact::Lost
    }

    fn created_with(&mut self, answer: &Answer) {
        let body = answer.json();
        match (answer.status, text(&body, "id")) {
            (200 | 201, Ok(id)) => {
                self.acknowledged += 1;
                let state = State { revision: 0, enabled: true, gone: false };
                let secret = body["key"].as_str().map(str::to_owned);
                self.files.push(File { id, secret, dead: Vec::new(), state, open: None, touched: true });
            }
            (status, _) => self.strange.push(format!("create answered {status}: {body}")),
        }
    }

    fn change(&mut self, index: usize, cases: &mut Cases, hands: &mut Client) -> Contact {
        let Some(file) = self.files.get_mut(index) else { return Contact::Kept };
        let change = file.next_change(cases);
        file.touched = true;
        match file.send(change, hands) {
            Ok(answer) if (200..300).contains(&answer.status) => {
                self.acknowledged += 1;
                file.acknowledge(change, &answer.json());
            }
            Ok(answer) => {
                let said = String::from_utf8_lossy(&answer.body).into_owned();
                self.strange.push(format!("{change:?} of {} answered {}: {said}", file.id, answer.status));
            }
            Err(Failure::NoAnswer(_)) => {
                self.unanswered += 1;
                file.open = Some(change);
                return Contact::Lost;
            }
            Err(Failure::NotSent(_)) => return Contact::Lost,
        }
        Contact::Kept
    }

    fn compare(&mut self, hands: &mut Client, report: &mut Report) -> Outcome<()> {
        std::mem::take(&mut self.strange).into_iter().for_each(|text| report.violation(text));
        if let Some((body, idempotency)) = self.open_create.take() {
            // Asked again with the same Idempotency-Key: done once, whether or not it was done before.
            let answer = post_key(hands, &body, &idempotency)?;
            self.created_with(&answer);
        }
        for file in self.files.iter_mut().filter(|file| file.touched) {
            file.compare(hands, report)?;
            file.touched = false;
        }
        Ok(())
    }
}

impl File {
    fn live(&self) -> bool {
        !self.state.gone
    }

    fn next_change(&self, cases: &mut Cases) -> Change {
        match cases.below(10) {
            0..=4 => Change::Patch,
            5 | 6 if self.state.enabled => Change::Disable,
            5 | 6 => Change::Enable,
            7 | 8 => Change::Rotate,
            _ => Change::Revoke,
        }
    }

    fn send(&self, change: Change, hands: &mut Client) -> Result<Answer, Failure> {
        let path = format!("/v1/keys/{}", self.id);
        match change {
            Change::Patch => hands.patch(&path, &described(&self.id, self.state.revision + 1)),
            Change::Disable => hands.post(&format!("{path}/disable"), &json!({})),
            Change::Enable => hands.post(&format!("{path}/enable"), &json!({})),
            Change::Rotate => hands.post(&format!("{path}/rotate"), &json!({ "overlap_ms": 0 })),
            Change::Revoke => hands.delete(&path),
        }
    }

    fn acknowledge(&mut self, change: Change, body: &Value) {
        self.state = self.state.after(change);
        if let Change::Rotate = change {
            self.dead.extend(self.secret.take());
            self.secret = body["key"].as_str().map(str::to_owned);
        }
        if let Change::Revoke = change {
            self.dead.extend(self.secret.take());
        }
    }

    fn compare(&mut self, hands: &mut Client, report: &mut Report) -> Outcome<()> {
        let answer = hands.get(&format!("/v1/keys/{}", self.id))?;
        let seen = observe(&answer);
        let open = self.open.take();
        let possible = open.map(|change| self.state.after(change));
        match seen {
            Some(seen) if seen == self.state => {}
            Some(seen) if possible.as_ref() == Some(&seen) => self.state = seen,
            _ => {
                let said = String::from_utf8_lossy(&answer.body).into_owned();
                report.violation(format!(
                    "key {}: must be {:?} or {possible:?}, is {} {said}",
                    self.id, self.state, answer.status
                ));
                // Once is enough.
                self.state.gone = true;
                return Ok(());
            }
        }
        if let Some(Change::Rotate) = open {
            // The new secret died with the answer; the old one may live or not, but must not be undecided.
            self.secret = None;
        }
        self.compare_secrets(hands, report)
    }

    fn compare_secrets(&mut self, hands: &mut Client, report: &mut Report) -> Outcome<()> {
        if self.state.gone {
            self.dead.extend(self.secret.take());
        }
        if let Some(secret) = &self.secret {
            let valid = verify(hands, secret)?;
            if valid != self.state.enabled {
                report.violation(format!(
                    "key {}: {:?}, but its secret is valid: {valid}",
                    self.id, self.state
                ));
            }
        }
        for secret in &self.dead {
            if verify(hands, secret)? {
                report.violation(format!("key {}: a revoked or rotated secret lives again", self.id));
            }
        }
        // Looked at after every later change as well, but not without end.
        let keep = self.dead.len().saturating_sub(2);
        self.dead.drain(..keep);
        Ok(())
    }
}

/// The key as a state; `None` when it is not whole.
fn observe(answer: &Answer) -> Option<State> {
    if answer.status == 404 {
        return Some(State { revision: 0, enabled: false, gone: true });
    }
    let body = answer.json();
    let revision = body["metadata"]["revision"].as_u64()?;
    let same = body["description"] == format!("revision {revision}")
        && body["permissions"]["revision"][0].as_str() == Some(revision.to_string().as_str());
    (answer.status == 200 && same).then(|| State { revision, enabled: body["enabled"] == true, gone: false })
}

/// The fields of one revision.
fn described(name: &str, revision: u64) -> Value {
    json!({
        "name": name,
        "description": format!("revision {revision}"),
        "permissions": { "revision": [revision.to_string()] },
        "metadata": { "revision": revision },
    })
}

fn post_key(hands: &mut Client, body: &Value, idempotency: &str) -> Result<Answer, Failure> {
    hands.send("POST", "/v1/keys", &[("idempotency-key", idempotency)], Some(body))
}

fn verify(hands: &mut Client, secret: &str) -> Outcome<bool> {
    let body = hands.post("/v1/keys/verify", &json!({ "key": secret }))?.ok()?;
    body["valid"].as_bool().ok_or_else(|| format!("no `valid` in {body}").into())
}

fn count_keys(hands: &mut Client) -> Outcome<usize> {
    let (mut count, mut path) = (0, "/v1/keys?limit=100".to_owned());
    loop {
        let page = hands.get(&path)?.ok()?;
        count += page["items"].as_array().ok_or_else(|| format!("not a list: {page}"))?.len();
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/keys?limit=100&cursor={cursor}"),
            None => return Ok(count),
        }
    }
}
