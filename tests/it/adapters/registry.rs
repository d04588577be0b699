//! The production registry client: what it costs, what it survives, and what it finds.

mod numbers;
mod real;
mod threats;
