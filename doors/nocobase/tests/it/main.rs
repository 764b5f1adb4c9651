//! The door from outside, in process: real store in memory, real guard, a clock moved by hand.

mod api_keys;
mod auth;
mod bad_input;
mod collections;
mod denied;
mod guide;
mod records;
mod roles;
mod wire;
mod world;
