//! The order of this door's checks: who is asking comes first, then whether the collection exists, then
//! what may be done there. Refused calls count against the rate limit, but cost nothing of a quota.

use domain::decision::{Gate, Profile};

pub const NOCOBASE: Profile = Profile {
    name: "nocobase",
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
