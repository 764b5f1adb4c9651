//! Who is measured beside Keyward, by which call, on what data, and on which terms. Runs nothing by itself.

use std::path::Path;

use super::{
    super::{Size, scene},
    server::{RivalServer, node},
};
use crate::{Outcome, server::Server, sh};

pub struct Product {
    pub name: &'static str,
    /// Whose versions are shown.
    pub packages: &'static [&'static str],
    /// The folder with its lock file.
    pub install: &'static str,
    /// Serves a folder on a port.
    pub script: &'static str,
    pub their_call: &'static str,
    pub our_call: &'static str,
    pub terms: &'static str,
    /// What both are asked, with one of their secrets.
    pub request: fn(&str) -> Vec<u8>,
    /// Must be in every answer.
    pub expect: &'static str,
    /// Each makes the data and returns the secrets that requests are made with.
    pub seed_ours: fn(&Server, &Size) -> Outcome<Vec<String>>,
    pub seed_theirs: fn(&Path, &Path, &Size) -> Outcome<Vec<String>>,
}

pub const PRODUCTS: [Product; 2] = [
    Product {
        name: "better-auth",
        packages: &["better-auth", "@better-auth/api-key", "better-sqlite3"],
        install: "bench/rivals/better-auth",
        script: "bench/rivals/better-auth/serve.js",
        their_call: "`auth.api.verifyApiKey` in the process, behind a bare `node:http` handler",
        our_call: "`POST /api/auth/api-key/verify`",
        terms: "the same body (key and the permission `files: read`, which the key has), the same number of keys, made by \
                the same requests: no quota, no rate limit, no expiry. better-auth has no HTTP route for verification, so a \
                handler that only reads and writes JSON calls it; its SQLite runs in WAL mode with `synchronous = NORMAL`, \
                which it does not choose by itself. It looks the key up in the database and writes the time of its last use \
                there each time; Keyward has keys in memory, and writes last use once a second. Keyward also \
                checks the root key of the caller.",
        request: scene::better_auth_request,
        expect: "\"valid\":true",
        seed_ours: |server, size| scene::better_auth_keys(server.addr, size.keys_small),
        seed_theirs: |script, folder, size| {
            scene::better_auth_keys(RivalServer::start(script, folder)?.addr, size.keys_small)
        },
    },
    Product {
        name: "NocoBase",
        packages: &["@nocobase/server", "@nocobase/plugin-api-keys", "sqlite3"],
        install: "clients/nocobase/fixture",
        script: "bench/rivals/nocobase/serve.cjs",
        their_call: "`GET /api/todos:list?pageSize=25`",
        our_call: "`GET /api/todos:list?pageSize=25`",
        terms: "the same request with an API key bound to a role that may view, the same collection and rows, both count all \
                rows for `meta`; the answers have the same 25 records. Its server runs with the plugins that keys and \
                collections need and without the rest of the suite, on SQLite as it configures it, one process, requests \
                not logged.",
        request: scene::list_request,
        expect: "\"meta\"",
        seed_ours: |server, size| Ok(vec![scene::todos(server, size.rows)?]),
        seed_theirs: nocobase,
    },
];

/// Filled by a run of its own: the server that is measured then begins with nothing remembered.
fn nocobase(script: &Path, folder: &Path, size: &Size) -> Outcome<Vec<String>> {
    let seed = script.with_file_name("seed.cjs");
    sh::output(node(&seed, folder).arg(size.rows.to_string()))?;
    let key = std::fs::read_to_string(folder.join("key"))?;
    scene::check_list(RivalServer::start(script, folder)?.addr, &key, size.rows)?;
    Ok(vec![key])
}
