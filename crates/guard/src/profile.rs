//! Orders of checks, as data. Doors with an order of their own define their own constants beside their routes.
//!
//! Rate before permissions: refused calls count. Quota last: only granted calls are paid for. Where `Rate`
//! and `Quota` stand side by side at the end, both are taken or neither.

use domain::decision::{Gate, Profile};

/// Calls of the native door.
pub const NATIVE: Profile = Profile {
    name: "v1",
    gates: &[
        Gate::Present,
        Gate::Known,
        Gate::Enabled,
        Gate::Expired,
        Gate::Owner,
        Gate::Host,
        Gate::Rate,
        Gate::Resource,
        Gate::Scope,
        Gate::Role,
        Gate::Level,
        Gate::Rule,
        Gate::Quota,
    ],
};

/// Verification of a secret for somebody else's API. Resource to rule are asked only when an operation is named.
pub const VERIFY: Profile = Profile {
    name: "verify",
    gates: &[
        Gate::Present,
        Gate::Known,
        Gate::Enabled,
        Gate::Expired,
        Gate::Owner,
        Gate::Host,
        Gate::Rate,
        Gate::Resource,
        Gate::Scope,
        Gate::Role,
        Gate::Level,
        Gate::Rule,
        Gate::Permissions,
        Gate::Quota,
    ],
};
