//! Every action of the door, in one table: resource, action, whether it reads or writes, what the caller
//! must be allowed, and where it is answered. One capture route leads here, because the router cannot
//! express `{resource}:{action}`. How a request walks through is in `serve.rs`.

use std::pin::Pin;

use axum::{Router, routing::any};
use domain::{access::Op, decision::Allowed};

use crate::{
    NocobaseState,
    answer::Answer,
    api_keys, app, associations, auth, authenticators, base_path,
    collections::{self, category},
    failure::Failure,
    lost_password, order, page, pages,
    path::Target,
    query, records,
    request::Request,
    resources, role_mode, roles, scopes,
    serve::answer,
    swagger, users, xlsx,
};

/// The router of the door, for everything below `/api/` and below its own base path.
pub fn router(state: NocobaseState) -> Router {
    let mut router = Router::new().route(&format!("{}{{*rest}}", base_path::SHARED), any(answer));
    if let Some(own) = state.inner.settings.base_path.as_ref().filter(|own| !own.is_shared()) {
        router = router.route(&format!("{}{{*rest}}", own.as_str()), any(answer));
    }
    router.with_state(state.clone()).merge(page::router(state))
}

type Done<'r> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'r>>;

/// One line of the table.
pub struct Action {
    pub resource: &'static str,
    pub action: &'static str,
    pub verb: Verb,
    pub need: Need,
    pub run: Run,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    Reads,
    Writes,
}

/// Who may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    Nobody,
    /// Any live credential.
    SignedIn(At),
    Op(Op, At),
}

/// Where the operation is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    Server,
    /// The base of the request.
    Base,
    /// The collection the path begins with: records.
    Resource,
    /// The collection named by `filterByTk`.
    Key,
    /// The collection an association path begins from: `collections/{name}/fields`.
    Source,
    /// The collection the body names as `resourceName`.
    Body,
}

pub enum Run {
    Open(for<'r> fn(&'r Request) -> Done<'r>),
    Guarded(for<'r> fn(&'r Request, &'r Allowed) -> Done<'r>),
}

macro_rules! actions {
    ($($resource:literal $action:literal $verb:ident $need:tt => $run:path;)*) => {
        &[$(Action {
            resource: $resource,
            action: $action,
            verb: Verb::$verb,
            need: actions!(@need $need),
            run: actions!(@run $need $run),
        },)*]
    };
    (@need nobody) => { Need::Nobody };
    (@need [who $at:ident]) => { Need::SignedIn(At::$at) };
    (@need [$op:ident $at:ident]) => { Need::Op(Op::$op, At::$at) };
    (@run nobody $run:path) => { Run::Open(|request| Box::pin($run(request))) };
    (@run $need:tt $run:path) => { Run::Guarded(|request, allowed| Box::pin($run(request, allowed))) };
}

/// Actions on records: of any collection that is not one of the reserved resources.
const RECORDS: &[Action] = actions! {
    "*" "list" Reads [RecordRead Resource] => records::list;
    "*" "get" Reads [RecordRead Resource] => records::get;
    "*" "create" Writes [RecordCreate Resource] => records::create;
    "*" "update" Writes [RecordUpdate Resource] => records::update;
    "*" "destroy" Writes [RecordDelete Resource] => records::destroy;
    "*" "firstOrCreate" Writes [RecordCreate Resource] => records::first_or_create;
    "*" "updateOrCreate" Writes [RecordCreate Resource] => records::update_or_create;
    "*" "move" Writes [RecordUpdate Resource] => order::move_record;
    "*" "query" Reads [RecordRead Resource] => query::query;
    "*" "export" Reads [RecordExport Resource] => xlsx::export;
    "*" "importXlsx" Writes [RecordImport Resource] => xlsx::import;
    "*" "downloadXlsxTemplate" Reads [who Resource] => xlsx::template;
};

/// Actions on the records behind an association of any collection.
const ASSOCIATIONS: &[Action] = actions! {
    "*.*" "list" Reads [RecordRead Resource] => associations::list;
    "*.*" "get" Reads [RecordRead Resource] => associations::get;
    "*.*" "create" Writes [RecordRead Resource] => associations::create;
    "*.*" "firstOrCreate" Writes [RecordRead Resource] => associations::first_or_create;
    "*.*" "updateOrCreate" Writes [RecordRead Resource] => associations::update_or_create;
    "*.*" "update" Writes [RecordRead Resource] => associations::update;
    "*.*" "destroy" Writes [RecordRead Resource] => associations::destroy;
    "*.*" "add" Writes [RecordUpdate Resource] => associations::add;
    "*.*" "remove" Writes [RecordUpdate Resource] => associations::remove;
    "*.*" "set" Writes [RecordUpdate Resource] => associations::set;
    "*.*" "move" Writes [RecordRead Resource] => order::move_behind;
    "*.*" "toggle" Writes [RecordUpdate Resource] => associations::toggle;
};

/// Actions of the reserved resources.
const SYSTEM: &[Action] = actions! {
    // Who one is.
    "auth" "signIn" Writes nobody => auth::sign_in;
    "auth" "signUp" Writes nobody => auth::sign_up;
    "auth" "lostPassword" Writes nobody => lost_password::lost;
    "auth" "checkResetToken" Reads nobody => lost_password::check;
    "auth" "resetPassword" Writes nobody => lost_password::reset;
    "authenticators" "publicList" Reads nobody => authenticators::public_list;
    "app" "getLang" Reads nobody => app::lang;
    "app" "getInfo" Reads nobody => app::info;
    "systemSettings" "get" Reads nobody => app::settings;
    "authenticators" "list" Reads [Settings Server] => authenticators::list;
    "authenticators" "get" Reads [Settings Server] => authenticators::get;
    "authenticators" "create" Writes [Settings Server] => authenticators::create;
    "authenticators" "update" Writes [Settings Server] => authenticators::update;
    "authenticators" "destroy" Writes [Settings Server] => authenticators::destroy;
    "authenticators" "listTypes" Reads [Settings Server] => authenticators::list_types;
    "dataSources" "list" Reads [who Server] => app::data_sources;
    "dataSources" "listEnabled" Reads [who Server] => app::data_sources;
    "auth" "signOut" Writes [who Server] => auth::sign_out;
    "auth" "syncCookies" Writes [who Server] => auth::sync_cookies;
    "auth" "check" Reads [who Server] => auth::check;
    "auth" "changePassword" Writes [who Server] => auth::change_password;
    "roles" "check" Reads [who Server] => roles::check;
    "users" "setDefaultRole" Writes [who Server] => users::set_default_role;
    "users" "updateProfile" Writes [who Server] => users::update_profile;
    "users" "updateLang" Writes [who Server] => users::update_profile;

    // Keys.
    "apiKeys" "list" Reads [KeyManage Server] => api_keys::list;
    "apiKeys" "create" Writes [KeyManage Server] => api_keys::create;
    "apiKeys" "destroy" Writes [KeyManage Server] => api_keys::destroy;

    // Users, and the roles they hold.
    "users" "list" Reads [UserManage Server] => users::list;
    "users" "get" Reads [UserManage Server] => users::get;
    "users" "create" Writes [UserManage Server] => users::create;
    "users" "update" Writes [UserManage Server] => users::update;
    "users" "destroy" Writes [UserManage Server] => users::destroy;
    "users.roles" "list" Reads [UserManage Server] => users::roles_list;
    "users.roles" "add" Writes [UserManage Server] => users::roles_add;
    "users.roles" "remove" Writes [UserManage Server] => users::roles_remove;
    "users.roles" "set" Writes [UserManage Server] => users::roles_set;

    // Roles, and what they may do.
    "availableActions" "list" Reads [who Server] => roles::available_actions;
    "roles" "list" Reads [RoleManage Server] => roles::list;
    "roles" "get" Reads [RoleManage Server] => roles::get;
    "roles" "create" Writes [RoleManage Server] => roles::create;
    "roles" "update" Writes [RoleManage Server] => roles::update;
    "roles" "destroy" Writes [RoleManage Server] => roles::destroy;
    "roles" "setSystemRoleMode" Writes [RoleManage Server] => role_mode::set;
    "roles" "applyDataPermissions" Writes [RoleManage Server] => resources::apply;
    "roles.users" "list" Reads [RoleManage Server] => users::of_role;
    "roles.users" "add" Writes [RoleManage Server] => users::add_to_role;
    "roles.users" "remove" Writes [RoleManage Server] => users::remove_from_role;
    "roles.users" "set" Writes [RoleManage Server] => users::set_of_role;
    "roles.dataSourceResources" "list" Reads [RoleManage Server] => resources::list;
    "roles.dataSourceResources" "get" Reads [RoleManage Server] => resources::get;
    "roles.dataSourceResources" "create" Writes [RoleManage Server] => resources::create;
    "roles.dataSourceResources" "update" Writes [RoleManage Server] => resources::update;
    "roles.dataSourceResources" "destroy" Writes [RoleManage Server] => resources::destroy;
    "roles.dataSourcesCollections" "list" Reads [RoleManage Base] => resources::collections;
    "dataSources.roles" "get" Reads [RoleManage Server] => resources::strategy_get;
    "dataSources.roles" "update" Writes [RoleManage Server] => resources::strategy_update;
    "dataSources.rolesResourcesScopes" "list" Reads [RoleManage Server] => scopes::list;
    "dataSources.rolesResourcesScopes" "get" Reads [RoleManage Server] => scopes::get;
    "dataSources.rolesResourcesScopes" "update" Writes [RoleManage Server] => scopes::update;
    "dataSources.rolesResourcesScopes" "destroy" Writes [RoleManage Server] => scopes::destroy;
    "dataSources.rolesResourcesScopes" "create" Writes [RoleManage Body] => scopes::create;

    // Collections and fields.
    "collections" "list" Reads [who Base] => collections::list;
    "collections" "listMeta" Reads [who Base] => collections::list_meta;
    "collections" "get" Reads [TableRead Key] => collections::get;
    "collections" "create" Writes [TableCreate Base] => collections::create;
    "collections" "update" Writes [TableUpdate Key] => collections::update;
    "collections" "destroy" Writes [TableDelete Key] => collections::destroy;
    "collections" "setFields" Writes [TableUpdate Key] => collections::set_fields;
    "collections" "apply" Writes [TableCreate Base] => collections::apply;
    "collections" "move" Writes [TableUpdate Base] => collections::move_collection;
    "collectionCategories" "list" Reads [who Base] => category::list;
    "collectionCategories" "get" Reads [who Base] => category::get;
    "collectionCategories" "create" Writes [TableCreate Base] => category::create;
    "collectionCategories" "update" Writes [TableCreate Base] => category::update;
    "collectionCategories" "destroy" Writes [TableCreate Base] => category::destroy;
    "dataSources.collections" "list" Reads [who Base] => collections::list_of_source;
    "fields" "list" Reads [FieldRead Base] => collections::list_all_fields;
    "fields" "apply" Writes [who Base] => collections::apply_field;
    "fields" "move" Writes [FieldUpdate Base] => collections::move_any_field;
    "collections.fields" "list" Reads [FieldRead Source] => collections::list_fields;
    "collections.fields" "get" Reads [FieldRead Source] => collections::get_field;
    "collections.fields" "create" Writes [FieldCreate Source] => collections::create_field;
    "collections.fields" "update" Writes [FieldUpdate Source] => collections::update_field;
    "collections.fields" "destroy" Writes [FieldDelete Source] => collections::destroy_field;
    "collections.fields" "move" Writes [FieldUpdate Source] => collections::move_field;
    "dbViews" "list" Reads [TableCreate Base] => collections::views;
    "dbViews" "get" Reads [TableCreate Base] => collections::view;

    // Pages with blocks of code.
    "uiPages" "list" Reads [who Base] => pages::list;
    "uiPages" "get" Reads [who Base] => pages::get;
    "uiPages" "create" Writes [ViewCreate Base] => pages::create;
    "uiPages" "update" Writes [ViewUpdate Base] => pages::update;
    "uiPages" "destroy" Writes [ViewDelete Base] => pages::destroy;

    // The document of all this.
    "swagger" "get" Reads [who Base] => swagger::get;
    "swagger" "getUrls" Reads [who Base] => swagger::get_urls;
};

/// The table entry of a path. A reserved resource has its own actions and no others.
pub fn find(target: &Target) -> Option<&'static Action> {
    if !collections::RESERVED.contains(&target.resource.as_str()) {
        return match target.assoc {
            None => RECORDS.iter().find(|a| a.action == target.action),
            Some(_) => ASSOCIATIONS.iter().find(|a| a.action == target.action),
        };
    }
    let is = |a: &&Action| match (&target.assoc, a.resource.split_once('.')) {
        (None, None) => a.resource == target.resource,
        (Some(assoc), Some((resource, inner))) => resource == target.resource && inner == assoc,
        _ => false,
    };
    SYSTEM.iter().find(|a| a.action == target.action && is(a))
}

/// The actions of the server's own resources, for the document about them.
pub fn system() -> impl Iterator<Item = swagger::Listed> {
    SYSTEM.iter().map(|one| swagger::Listed {
        resource: one.resource,
        action: one.action,
        reads: one.verb == Verb::Reads,
        op: match one.need {
            Need::Op(op, at) => Some((op, at == At::Server)),
            Need::Nobody | Need::SignedIn(_) => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The door's documentation; `KEYWARD_BLESS=1` writes the file anew.
    #[test]
    fn the_table_of_actions_is_the_published_one() {
        let mut lines = String::new();
        for action in RECORDS.iter().chain(ASSOCIATIONS).chain(SYSTEM) {
            let need = match action.need {
                Need::Nobody => "open to everybody".to_owned(),
                Need::SignedIn(_) => "any live credential".to_owned(),
                Need::Op(op, at) => format!("{} at {at:?}", op.name()),
            };
            lines += &format!("{}:{} {:?} {need}\n", action.resource, action.action, action.verb);
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/actions.golden");
        if std::env::var_os("KEYWARD_BLESS").is_some() {
            std::fs::write(path, &lines).unwrap();
        }
        assert_eq!(lines, std::fs::read_to_string(path).unwrap());
    }

    #[test]
    fn every_system_action_belongs_to_a_reserved_resource() {
        for action in SYSTEM {
            let resource = action.resource.split('.').next().unwrap();
            assert!(collections::RESERVED.contains(&resource), "{resource}");
        }
    }
}
