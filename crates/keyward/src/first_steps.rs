//! What the server says when it starts: where it is, and the next lines to copy. Never a secret.

use std::{fmt::Write as _, net::SocketAddr};

use crate::config::Config;

/// What the reader still has to do.
pub struct Missing {
    pub administrator: bool,
    pub keys: bool,
}

pub fn text(config: &Config, address: SocketAddr, url: &str, missing: &Missing) -> String {
    let data = config.server.data.display();
    let program = program();
    // Only what differs from the default must be repeated on the command line.
    let folder = if data.to_string() == "./keyward-data" { String::new() } else { format!(" --data {data}") };
    let mut out =
        format!("Keyward is listening on http://{address}\n\n  API       {url}/v1\n  API page  {url}/docs\n");
    let _ = write!(out, "  NocoBase  {url}/api/\n  health    {url}/v1/health\n  data      {data}\n");
    if missing.administrator {
        let _ = write!(
            out,
            "\nThere is no administrator yet. Make one, in another terminal (it asks for a password):\n\
             \n  {program} users create --root --email you@example.com{folder}\n\
             \nor start with KEYWARD_ADMIN_EMAIL and KEYWARD_ADMIN_PASSWORD set.\n"
        );
    }
    if missing.keys {
        let quiet = program.replacen("run", "run --quiet", 1);
        let _ = write!(
            out,
            "\nThe first key (its secret is shown this once), and the first calls with it, in another terminal:\n\
             \n  export KEY=$({quiet} keys create --name first --type root --quiet{folder})\n\
             \n  call() {{ curl -sS -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \"$@\"; echo; }}\n\
             \n  call {url}/api/collections:create -d '{{\"name\":\"todos\",\"fields\":[{{\"name\":\"title\",\"type\":\"string\"}}]}}'\
             \n  call {url}/api/todos:create -d '{{\"title\":\"eat food\"}}'\
             \n  call {url}/api/todos:list\
             \n  call {url}/v1/keys/verify -d \"{{\\\"key\\\":\\\"$KEY\\\"}}\"\n"
        );
    }
    let _ = write!(
        out,
        "\nRoles, limits and refusals at work: {program} demo. Everything else: {program} --help\n"
    );
    out
}

/// How the reader started us, so that the lines can be copied as they are.
fn program() -> &'static str {
    let by_cargo = std::env::var_os("CARGO").is_some() && std::env::var_os("CARGO_MANIFEST_DIR").is_some();
    if by_cargo { "cargo run --release --" } else { "keyward" }
}
