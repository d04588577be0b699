//! Sets up tracing and metrics: what the program says about itself, on standard error and to Prometheus.

mod measures;

pub use measures::{Measures, measure};

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// The variable that says what is logged, such as `towpath=debug`.
pub const LOG_VARIABLE: &str = "TOWPATH_LOG";

/// How log lines look.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging to standard error; `default` is the level where the variable says nothing.
///
/// Starting twice in one process changes nothing the second time.
pub fn start(format: Format, default: LevelFilter) {
    let filter = EnvFilter::builder().with_default_directive(default.into()).with_env_var(LOG_VARIABLE);
    let builder = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_env_filter(filter.from_env_lossy().add_directive(quiet()));
    let started = match format {
        Format::Text => builder.compact().with_target(false).try_init(),
        Format::Json => builder.json().try_init(),
    };
    drop(started);
}

/// The client of GitHub reports every try that fails as an error, before anybody knows whether the next one works.
fn quiet() -> tracing_subscriber::filter::Directive {
    "octocrab=off".parse().expect("a crate and a level")
}
