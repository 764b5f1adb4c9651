//! For tests only: the real store in memory, a clock that is moved by hand, chance from a seed, and actors.
