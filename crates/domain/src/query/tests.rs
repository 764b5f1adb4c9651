//! Binding, table-driven.
