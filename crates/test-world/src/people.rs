//! Making users, roles, keys, sessions and tables in one line each. They go straight to the store: what a
//! service would refuse can be tested too.

use std::sync::Arc;

use domain::{
    FieldNo, KeyId, Millis, RoleId, SecretId, SessionId, UserId,
    access::{Entry, Grants, Limit, Ops, Reach},
    audit::Actor as By,
    catalog::{Field, FieldKind, SystemField, Table},
    host::AllowedHosts,
    key::{Key, KeyKind, KeySecret, Owner},
    secret::{Secret, generate},
    user::{Role, Session, User},
};
use store::{NewKey, NewTable, NewUser};

use crate::World;

/// A key and the one secret it has.
#[derive(Clone, Debug)]
pub struct Issued {
    pub id: KeyId,
    pub num: i64,
    pub secret: String,
}

impl World {
    /// A user without a password; sign in with [`World::session`].
    pub async fn user(&self, username: &str, roles: &[RoleId]) -> User {
        self.user_with(username, |user| user.roles = roles.to_vec()).await
    }

    pub async fn user_with(&self, username: &str, change: impl FnOnce(&mut User)) -> User {
        let mut user = User {
            id: UserId::new(self.now(), &*self.entropy),
            num: 0,
            email: Some(format!("{username}@example.org")),
            username: Some(username.to_owned()),
            name: None,
            active: true,
            root: false,
            roles: Vec::new(),
            default_role: None,
            extra: None,
            created_at: self.now(),
            updated_at: self.now(),
            sessions_valid_from: Millis::ZERO,
        };
        change(&mut user);
        self.store.create_user(&By::default(), NewUser { user, password_hash: None }).await.unwrap()
    }

    /// A user who holds everything.
    pub async fn root_user(&self, username: &str) -> User {
        self.user_with(username, |user| user.root = true).await
    }

    /// A session of the user: the token to present.
    pub async fn session(&self, user: &User) -> String {
        let token = Secret::new(format!("test_session_{}", SessionId::new(self.now(), &*self.entropy)));
        let session = Session {
            id: SessionId::new(self.now(), &*self.entropy),
            digest: self.digester.digest(token.expose()),
            user: user.id,
            created_at: self.now(),
            updated_at: self.now(),
            expires_at: self.now().plus(domain::limits::SESSION_LIFE_MS),
            ip: None,
            user_agent: None,
            organization: None,
        };
        self.store.create_session(session).await.unwrap();
        token.expose().to_owned()
    }

    pub async fn role(&self, name: &str, grants: Grants) -> RoleId {
        let role = Role {
            id: RoleId::new(self.now(), &*self.entropy),
            name: name.to_owned(),
            title: None,
            description: None,
            root: false,
            builtin: false,
            default: false,
            grants,
            extra: None,
            created_at: self.now(),
            updated_at: self.now(),
        };
        self.store.create_role(&By::default(), role).await.unwrap().id
    }

    /// Grants of these operations everywhere.
    pub fn everywhere(ops: Ops) -> Grants {
        Self::grants(Reach::Everywhere, ops, Vec::new())
    }

    /// Grants of these operations on one table of the base `main`.
    pub fn on_table(table: &str, ops: Ops, limits: Vec<Limit>) -> Grants {
        Self::grants(Reach::Table { base: "main".to_owned(), table: table.to_owned() }, ops, limits)
    }

    fn grants(reach: Reach, allow: Ops, limits: Vec<Limit>) -> Grants {
        Grants(vec![Entry { reach, set: None, allow, limits }])
    }

    /// A native key of the server itself, unless changed.
    pub async fn key(&self, change: impl FnOnce(&mut Key)) -> Issued {
        let mut key = self.plain_key();
        change(&mut key);
        let secret = generate(key.kind.label(), &*self.entropy);
        key.start.get_or_insert_with(|| secret.start(14));
        self.key_with_secret(key, secret).await
    }

    /// A key with a secret of any make.
    pub async fn key_with_secret(&self, key: Key, secret: Secret) -> Issued {
        let stored = KeySecret {
            id: SecretId::new(self.now(), &*self.entropy),
            key: key.id,
            digest: self.digester.digest(secret.expose()),
            recipe: self.digester.recipe(),
            created_at: self.now(),
            expires_at: None,
        };
        let new = NewKey { key, secrets: vec![stored], sealed: None, idempotency: None };
        let key = self.store.insert_key(&By::default(), new).await.unwrap();
        Issued { id: key.id, num: key.num, secret: secret.expose().to_owned() }
    }

    /// A record to change and insert: enabled, unlimited, without an end.
    pub fn plain_key(&self) -> Key {
        Key {
            id: KeyId::new(self.now(), &*self.entropy),
            num: 0,
            kind: KeyKind::Standard,
            owner: Owner::Server,
            name: Some("a key".to_owned()),
            description: None,
            role: None,
            permissions: None,
            scopes: None,
            hosts: AllowedHosts::ANY,
            enabled: true,
            expires_at: None,
            rate_limit: None,
            quota: None,
            metadata: None,
            prefix: None,
            start: None,
            revealable: false,
            door: None,
            extra: None,
            created_at: self.now(),
            created_by: None,
            updated_at: self.now(),
            last_used_at: None,
            last_used_from: None,
            request_count: 0,
            last_request_at: None,
            gone: None,
        }
    }

    /// A table of the base `main`: `id`, `createdById`, and these.
    pub async fn table(&self, name: &str, fields: &[(&str, FieldKind)]) -> Arc<Table> {
        let base = self.guard.catalog().base("main").unwrap().id;
        let own = [
            field("id", FieldKind::BigInt, Some(SystemField::AutoId)),
            field("createdById", FieldKind::BigInt, Some(SystemField::CreatedBy)),
        ];
        let given = fields.iter().map(|(name, kind)| field(name, *kind, None));
        let fields =
            own.into_iter().chain(given).zip(1..).map(|(f, no)| Field { no: FieldNo(no), ..f }).collect();
        let new = NewTable { base, name: name.to_owned(), title: None, fields, extra: None };
        self.store.create_table(&By::default(), new).await.unwrap()
    }
}

fn field(name: &str, kind: FieldKind, system: Option<SystemField>) -> Field {
    Field { system, primary: system == Some(SystemField::AutoId), ..Field::new(FieldNo(0), name, kind) }
}
