//! The measuring partner of `cargo xtask bench`: an axum server that does nothing but read JSON and answer
//! JSON of a given size. What Keyward costs is what it costs beyond this.
//!
//! `bench-bare ADDRESS ANSWER_BYTES`. It knows nothing of Keyward and never touches a disk.
#![allow(clippy::print_stderr, reason = "a measuring tool speaks to its caller")]

use std::{error::Error, sync::Arc};

use axum::{Json, Router, extract::State, routing::post};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Question {
    key: String,
}

#[derive(Serialize)]
struct Answer {
    valid: bool,
    reason: Option<String>,
    key_chars: usize,
    parts: Arc<[String]>,
}

/// Characters of one text of the answer, so that it is made of several values as a real one is.
const PART_CHARS: usize = 24;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(address), Some(bytes)) = (args.next(), args.next()) else {
        return Err("usage: bench-bare ADDRESS ANSWER_BYTES".into());
    };
    let parts = filling(bytes.parse()?)?;
    let app = Router::new().route("/v1/keys/verify", post(answer)).with_state(parts);
    let listener = tokio::net::TcpListener::bind(&address).await?;
    eprintln!("listening on {address}");
    axum::serve(
        axum::serve::ListenerExt::tap_io(listener, |stream| {
            // As the real server does; without it small answers would wait for each other.
            let _ = stream.set_nodelay(true);
        }),
        app,
    )
    .await?;
    Ok(())
}

async fn answer(State(parts): State<Arc<[String]>>, Json(question): Json<Question>) -> Json<Answer> {
    Json(Answer { valid: true, reason: None, key_chars: question.key.len(), parts })
}

/// As many texts as bring the answer to about `bytes`.
fn filling(bytes: usize) -> Result<Arc<[String]>, serde_json::Error> {
    let mut parts: Vec<String> = Vec::new();
    let mut last = "x".repeat(PART_CHARS);
    while answer_bytes(&parts)? + PART_CHARS + 3 <= bytes {
        parts.push(last.clone());
    }
    last.truncate(bytes.saturating_sub(answer_bytes(&parts)? + 3));
    parts.push(last);
    Ok(parts.into())
}

fn answer_bytes(parts: &[String]) -> Result<usize, serde_json::Error> {
    let answer = Answer { valid: true, reason: None, key_chars: 41, parts: parts.into() };
    Ok(serde_json::to_vec(&answer)?.len())
}
