//! Slow reference evaluator.
