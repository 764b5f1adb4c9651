//! The door with everything behind it. Each test names the promise it keeps.

mod bad_input;
mod decisions;
mod documents;
mod keys;
mod people;
mod server;
mod verify;
mod world;
