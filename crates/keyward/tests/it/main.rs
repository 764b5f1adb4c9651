//! The real binary, as a user meets it: started, asked, restarted, killed. One server per test on a free port and in
//! a folder of its own; nothing is mocked and nothing is slept for that can be waited for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod commands;
mod configuration;
mod demo;
mod import;
mod import_better_auth;
mod life;
mod parallel;
mod program;
