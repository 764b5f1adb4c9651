//! Organizations and their members.

use domain::{OrgId, UserId, audit::Actor, key::Owner, user::Organization};
use rusqlite::{Connection, params};

use crate::{
    Store, StoreError,
    keys::revoke_owned,
    sql::{self, Columns},
    writer::Tx,
};

use super::Member;

impl Store {
    pub async fn create_organization(
        &self,
        by: &Actor,
        organization: Organization,
        owner: Option<UserId>,
    ) -> Result<Organization, StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            tx.execute(
                "INSERT INTO organizations (id, name, slug, extra, created_at) VALUES ($1, $2, $3, $4, $5)",
                params![
                    organization.id.as_bytes(),
                    organization.name,
                    organization.slug,
                    organization.extra,
                    organization.created_at.0
                ],
            )?;
            if let Some(user) = owner {
                let member = Member {
                    organization: organization.id,
                    user,
                    role: "owner".to_owned(),
                    created_at: organization.created_at,
                };
                put(tx, &member)?;
            }
            tx.audit(&by, "organization.create", &format!("organization/{}", organization.id), None)?;
            Ok(organization)
        })
        .await
    }

    pub async fn organization(&self, id: OrgId) -> Result<Option<Organization>, StoreError> {
        self.read(move |conn| find(conn, id)).await
    }

    pub async fn organization_by_slug(&self, slug: &str) -> Result<Option<Organization>, StoreError> {
        let slug = slug.to_owned();
        self.read(move |conn| {
            sql::first(conn, &format!("SELECT {COLUMNS} FROM organizations o WHERE slug = $1"), [slug], read)
        })
        .await
    }

    /// All, or those a user is a member of.
    pub async fn organizations(&self, of: Option<UserId>) -> Result<Vec<Organization>, StoreError> {
        self.read(move |conn| {
            let sql = format!(
                "SELECT {COLUMNS} FROM organizations o WHERE $1 IS NULL OR EXISTS (SELECT 1 FROM members m
                   WHERE m.organization_id = o.id AND m.user_id = $1) ORDER BY o.name, o.id"
            );
            sql::rows(conn, &sql, [of.as_ref().map(UserId::as_bytes)], read)
        })
        .await
    }

    /// Revokes its keys.
    pub async fn delete_organization(&self, by: &Actor, id: OrgId) -> Result<(), StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            find(tx.conn, id)?.ok_or(StoreError::NotFound)?;
            revoke_owned(tx, &by, Owner::Organization(id))?;
            tx.execute("DELETE FROM organizations WHERE id = $1", [id.as_bytes()])?;
            tx.audit(&by, "organization.delete", &format!("organization/{id}"), None)
        })
        .await
    }

    /// Adds a member or changes its role.
    pub async fn put_member(&self, by: &Actor, member: Member) -> Result<(), StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            put(tx, &member)?;
            let target = format!("organization/{}", member.organization);
            let detail = format!("{{\"user\":\"{}\"}}", member.user);
            tx.audit(&by, "organization.member", &target, Some(&detail))
        })
        .await
    }

    pub async fn remove_member(
        &self,
        by: &Actor,
        organization: OrgId,
        user: UserId,
    ) -> Result<(), StoreError> {
        let by = by.clone();
        self.write(move |tx| {
            let sql = "DELETE FROM members WHERE organization_id = $1 AND user_id = $2";
            if tx.execute(sql, [organization.as_bytes(), user.as_bytes()])? == 0 {
                return Err(StoreError::NotFound);
            }
            let detail = format!("{{\"user\":\"{user}\"}}");
            tx.audit(&by, "organization.member", &format!("organization/{organization}"), Some(&detail))
        })
        .await
    }

    /// Oldest first.
    pub async fn members(&self, organization: OrgId) -> Result<Vec<Member>, StoreError> {
        self.read(move |conn| {
            let sql = "SELECT organization_id, user_id, role, created_at FROM members
                       WHERE organization_id = $1 ORDER BY created_at, user_id";
            sql::rows(conn, sql, [organization.as_bytes()], read_member)
        })
        .await
    }

    pub async fn member(&self, organization: OrgId, user: UserId) -> Result<Option<Member>, StoreError> {
        self.read(move |conn| {
            let sql = "SELECT organization_id, user_id, role, created_at FROM members
                       WHERE organization_id = $1 AND user_id = $2";
            sql::first(conn, sql, [organization.as_bytes(), user.as_bytes()], read_member)
        })
        .await
    }
}

const COLUMNS: &str = "o.id, o.name, o.slug, o.extra, o.created_at";

fn read(c: &mut Columns<'_>) -> Result<Organization, StoreError> {
    Ok(Organization {
        id: OrgId(c.uuid()?),
        name: c.take()?,
        slug: c.take()?,
        extra: c.take()?,
        created_at: c.millis()?,
    })
}

fn read_member(c: &mut Columns<'_>) -> Result<Member, StoreError> {
    Ok(Member {
        organization: OrgId(c.uuid()?),
        user: UserId(c.uuid()?),
        role: c.take()?,
        created_at: c.millis()?,
    })
}

fn find(conn: &Connection, id: OrgId) -> Result<Option<Organization>, StoreError> {
    sql::first(conn, &format!("SELECT {COLUMNS} FROM organizations o WHERE id = $1"), [id.as_bytes()], read)
}

fn put(tx: &Tx<'_>, member: &Member) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO members (organization_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role",
        params![member.organization.as_bytes(), member.user.as_bytes(), member.role, member.created_at.0],
    )?;
    Ok(())
}
