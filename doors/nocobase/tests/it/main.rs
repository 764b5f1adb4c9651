//! The door from outside, in process: real store in memory, real guard, a clock moved by hand.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod api_keys;
mod apply;
mod apply_whole;
mod as_there;
mod associations;
mod auth;
mod auth_cookies;
mod auth_lost_password;
mod auth_ways;
mod bad_input;
mod bounds;
mod collections;
mod collections_order;
mod collections_unserved;
mod denied;
mod filters;
mod guide;
mod inside;
mod kinds;
mod lists;
mod not_copied;
mod order;
mod pages;
mod pairs;
mod parts;
mod people;
mod permissions;
mod query;
mod records;
mod refusals;
mod renewal;
mod role_modes;
mod roles;
mod rules;
mod scopes;
mod sheets;
mod sheets_in;
mod together;
mod wire;
mod world;
mod writes;
