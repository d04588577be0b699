//! The `towpath` binary: parses arguments, starts logging, maps errors to exit codes.

fn main() {}
