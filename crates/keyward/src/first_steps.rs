//! What the server says when it starts: where it is, and the next line to copy. Never a secret.

use std::{fmt::Write as _, net::SocketAddr};

use crate::config::Config;

pub fn text(config: &Config, address: SocketAddr, url: &str, administered: bool) -> String {
    let data = config.server.data.display();
    let program = program();
    // Only what differs from the default must be repeated on the command line.
    let folder = if config.server.data.as_os_str() == "./keyward-data" {
        String::new()
    } else {
        format!(" --data {data}")
    };
    let mut out =
        format!("Keyward is listening on http://{address}\n\n  API       {url}/v1\n  API page  {url}/docs\n");
    let _ = write!(out, "  NocoBase  {url}/api/\n  health    {url}/v1/health\n  data      {data}\n");
    if !administered {
        let _ = write!(
            out,
            "\nThere is no administrator yet. Make one, in another terminal (it asks for a password):\n\
             \n  {program} users create --root --email you@example.com{folder}\n\
             \nor start with KEYWARD_ADMIN_EMAIL and KEYWARD_ADMIN_PASSWORD set.\n"
        );
    }
    let _ = write!(
        out,
        "\nThe first key (its secret is shown once), and the first calls with it:\n\
         \n  {program} keys create --name first --type root{folder}\n\
         \n  export KEY=kw_root_…   # the secret from above\n\
         \n  curl {url}/v1/keys -H \"Authorization: Bearer $KEY\"\n\
         \n  curl -X POST {url}/v1/keys/verify -H \"Authorization: Bearer $KEY\" \\\n       \
         -H 'Content-Type: application/json' -d \"{{\\\"key\\\":\\\"$KEY\\\"}}\"\n\
         \nSee all of it at work: {program} demo\n"
    );
    out
}

/// How the reader started us, so that the lines can be copied as they are.
fn program() -> &'static str {
    let by_cargo = std::env::var_os("CARGO").is_some() && std::env::var_os("CARGO_MANIFEST_DIR").is_some();
    if by_cargo { "cargo run --release --" } else { "keyward" }
}
