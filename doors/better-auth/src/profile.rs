//! The orders of checks of this door, as data. Permissions before what costs anything; quota and window at
//! the end, taken both or neither, the quota named first.

use domain::decision::{Gate, Profile};

/// Verification of a key, and a key that stands for a session.
pub const VERIFY: Profile = Profile {
    name: "better-auth verify",
    gates: &[
        Gate::Present,
        Gate::Known,
        Gate::Enabled,
        Gate::Expired,
        Gate::Owner,
        Gate::Host,
        Gate::Permissions,
        Gate::Quota,
        Gate::Rate,
    ],
};

/// The same for keys whose configuration has switched the window off.
pub const VERIFY_UNLIMITED: Profile = Profile {
    name: "better-auth verify, no window",
    gates: &[
        Gate::Present,
        Gate::Known,
        Gate::Enabled,
        Gate::Expired,
        Gate::Owner,
        Gate::Host,
        Gate::Permissions,
        Gate::Quota,
    ],
};

/// A session.
pub const SESSION: Profile =
    Profile { name: "better-auth session", gates: &[Gate::Present, Gate::Known, Gate::Expired, Gate::Owner] };
