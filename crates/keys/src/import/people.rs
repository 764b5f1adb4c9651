//! Imported users. An account here that merely has the same name is not taken over.

use domain::{Millis, RoleId, UserId, limits, user::User};

use super::{
    ImportUser, Outcome,
    apply::{Became, Run},
    fit, marked, num, origin,
};
use crate::{KeysError, check, user::check_combination};

impl Run<'_> {
    pub(super) async fn user(
        &mut self,
        table: &str,
        user: ImportUser,
        notes: &mut Vec<String>,
    ) -> Result<Became, KeysError> {
        let foreign = user.id.clone();
        let (at, entropy) = origin(&self.source, table, &foreign, user.created_at);
        let id = UserId::new(at, &entropy);
        if let Some(found) = self.keys.store().user(id).await? {
            return Ok(self.known(foreign, &found, Outcome::There));
        }
        let (email, username) = self.account(&user, notes);
        match self.namesake(email.as_deref(), username.as_deref()).await? {
            Some(found) if self.options.link_users => {
                let line = self.known(foreign, &found, Outcome::Linked);
                return Ok(line.because("the user here with that name takes its place, as asked"));
            }
            Some(_) => {
                return Ok(Became::refused(
                    "somebody here has that email or username already; --link-users makes them one",
                ));
            }
            None => {}
        }
        let fresh = |set: &mut std::collections::HashSet<String>, text: &Option<String>| {
            text.as_ref().is_none_or(|text| set.insert(text.to_lowercase()))
        };
        if !fresh(&mut self.taken.emails, &email) || !fresh(&mut self.taken.usernames, &username) {
            return Ok(Became::refused("another row of this import has the same email or username"));
        }
        let roles = self.roles_of(&user, notes);
        if !self.combined.contains(&roles) {
            let held: Vec<_> = self.roles.values().filter(|role| roles.contains(&role.id)).cloned().collect();
            if let Err(error) = check_combination(&held, self.allowed.catalog()) {
                return Ok(Became::refused(error.to_string()));
            }
            self.combined.insert(roles.clone());
        }
        let default_role =
            user.default_role.as_ref().and_then(|name| self.roles.get(name)).map(|role| role.id);
        let password_hash = user.password.as_ref().and_then(crate::ScryptHash::to_text);
        if user.password.is_some() && password_hash.is_none() {
            notes.push(
                "the password is hashed in a way that cannot be checked: it has to be set anew".to_owned(),
            );
        }
        let made = User {
            id,
            num: num(user.num),
            email,
            username,
            name: fit("name", user.name, limits::NAME_CHARS_MAX, notes),
            active: user.active,
            root: false,
            default_role: default_role.filter(|role| roles.contains(role)),
            roles,
            extra: marked(user.extra, &self.source, &foreign),
            created_at: user.created_at.unwrap_or(self.allowed.at()),
            updated_at: self.allowed.at(),
            sessions_valid_from: user.valid_from.unwrap_or(Millis::ZERO),
        };
        let line = self.known(foreign, &made, Outcome::New);
        self.people.push((store::NewUser { user: made, password_hash }, self.lines.len()));
        Ok(line)
    }

    /// Writes the users gathered so far: together, or one by one where one of them cannot be written.
    pub(super) async fn flush_users(&mut self) -> Result<(), KeysError> {
        let people = std::mem::take(&mut self.people);
        if people.is_empty() || !self.options.apply {
            return Ok(());
        }
        let by = self.allowed.actor();
        let mut begun = std::mem::take(&mut self.begun);
        let people = people.into_iter().map(|(new, at)| {
            let sessions = begun.remove(&new.user.id).unwrap_or_default();
            ((new, sessions), at)
        });
        let people: Vec<_> = people.collect();
        let all = people.iter().map(|(new, _)| new.clone()).collect();
        if self.keys.store().create_users_signed_in(&by, all).await.is_ok() {
            return Ok(());
        }
        for (new, at) in people {
            let id = new.0.user.id;
            if let Err(error) = self.keys.store().create_users_signed_in(&by, vec![new]).await {
                self.not_written(at, &error)?;
                self.not_signed_in(at);
                // What is theirs does not come either.
                let theirs =
                    self.users.iter().find(|(_, user)| **user == id).map(|(foreign, _)| foreign.clone());
                if let Some(foreign) = theirs {
                    self.users.remove(&foreign);
                    self.stayed.insert(foreign);
                }
            }
        }
        Ok(())
    }

    fn known(&mut self, foreign: String, user: &User, outcome: Outcome) -> Became {
        self.users.insert(foreign, user.id);
        self.held.insert(user.id, user.roles.clone());
        Became::of(outcome, user.id)
    }

    /// Email and username as they can be kept here; at least one of them.
    fn account(&self, user: &ImportUser, notes: &mut Vec<String>) -> (Option<String>, Option<String>) {
        let email = user.email.as_deref().filter(|text| !text.is_empty());
        let checked = email.and_then(|text| check::email(text).ok());
        if email.is_some() && checked.is_none() {
            notes.push("the email address is none that can be kept here, and is left out".to_owned());
        }
        let username = user.username.clone().filter(|text| !text.is_empty());
        let kept = username.clone().filter(|text| check::username(text).is_ok());
        if username.is_some() && kept.is_none() {
            notes.push("the username cannot be kept here, and is left out".to_owned());
        }
        if checked.is_some() || kept.is_some() {
            return (checked, kept);
        }
        let name = format!("{}-{}", self.source, user.id);
        notes.push(format!("without an email address or a username; got the username {name:?}"));
        (None, Some(name))
    }

    async fn namesake(&self, email: Option<&str>, username: Option<&str>) -> Result<Option<User>, KeysError> {
        let store = self.keys.store();
        let by_email = match email {
            Some(email) => store.user_by_email(email).await?,
            None => None,
        };
        match (by_email, username) {
            (None, Some(username)) => Ok(store.user_by_username(username).await?),
            (found, _) => Ok(found),
        }
    }

    fn roles_of(&self, user: &ImportUser, notes: &mut Vec<String>) -> Vec<RoleId> {
        let mut held = Vec::new();
        for name in &user.roles {
            match self.roles.get(name) {
                Some(role) if !held.contains(&role.id) => held.push(role.id),
                Some(_) => {}
                None => notes.push(format!("the role {name:?} is not imported, so it is not given")),
            }
        }
        held
    }
}
