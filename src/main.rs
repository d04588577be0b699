//! The `towpath` binary: parses arguments, starts logging, maps errors to exit codes.

use std::process::ExitCode;

use clap::Parser as _;
use towpath::cli::{self, Arguments};
use towpath::telemetry;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (format, level) = arguments.log();
    telemetry::start(format, level);
    cli::main(arguments)
}
