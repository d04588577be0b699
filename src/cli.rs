//! The command line: one file for each subcommand, each a thin wrapper.

mod changes;
mod check;
mod clock;
mod demo;
mod diff_lines;
mod doctor;
mod edit;
mod engines;
mod gone;
mod help;
mod images;
mod import;
mod log;
mod output;
mod plan;
mod registries;
mod run;
mod schema;
mod secrets;
mod serve;
mod status;
mod tags;
mod why;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::filter::LevelFilter;

use crate::config::{self, Problems, Settings};
use crate::sanitize;
use crate::telemetry::Format;
use output::Output;

/// Tows container releases from dev to production, one gated change at a time.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    disable_help_subcommand = true,
    after_help = "New here? `towpath demo` shows everything on this machine and leaves nothing behind.\n\
                  `towpath help` lists the topics of the manual."
)]
pub struct Arguments {
    /// The configuration
    #[arg(long, global = true, value_name = "FILE", default_value = "towpath.yaml")]
    config: PathBuf,
    /// Log lines as JSON
    #[arg(long, global = true)]
    log_json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run as a service: look, judge and act until stopped
    Serve,
    /// Do everything that is possible now
    Run(run::Arguments),
    /// Say what would be done and why, with the exact diff; change nothing
    Plan(plan::Arguments),
    /// Say what runs where and what it waits for
    Status(status::Arguments),
    /// Say what each gate says of the next release of a service in an environment
    Why(why::Arguments),
    /// Show every tag of an image, taken or not, and why
    Tags(tags::Arguments),
    /// Check the configuration
    Check(check::Arguments),
    /// Ask forges and registries whether they let Towpath work, and say what to change
    Doctor(doctor::Arguments),
    /// Print the JSON Schema of the configuration
    Schema,
    /// Say which images a kustomization runs, and which file and line says so
    Images(images::Arguments),
    /// Write a configuration for a repository that Flux, Argo CD Image Updater or Renovate keeps up to date
    Import(import::Arguments),
    /// Edit files without losing a byte
    Edit(edit::Arguments),
    /// Look at changes of a local forge, and act on them as a person
    Changes(changes::Arguments),
    /// Accept the log of a local forge after its key was lost
    Log(log::Arguments),
    /// Show the whole journey on this machine, in a temporary folder
    Demo(demo::Arguments),
    /// Explain a topic of the manual, or a command
    Help(help::Arguments),
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
enum Failure {
    /// Wrong usage or configuration; exit code 2.
    Usage(String),
    /// It failed or was refused; exit code 1.
    Failed(anyhow::Error),
    /// It failed, and everything about that is printed already; exit code 1.
    Reported,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Arguments {
    /// How to log, and from which level on where the environment says nothing.
    #[must_use]
    pub const fn log(&self) -> (Format, LevelFilter) {
        let format = if self.log_json { Format::Json } else { Format::Text };
        let level = match &self.command {
            Command::Serve | Command::Demo(demo::Arguments { once: false }) => LevelFilter::INFO,
            Command::Run(_)
            | Command::Plan(_)
            | Command::Status(_)
            | Command::Why(_)
            | Command::Tags(_)
            | Command::Check(_)
            | Command::Doctor(_)
            | Command::Schema
            | Command::Images(_)
            | Command::Import(_)
            | Command::Edit(_)
            | Command::Changes(_)
            | Command::Log(_)
            | Command::Demo(_)
            | Command::Help(_) => LevelFilter::ERROR,
        };
        (format, level)
    }
}

/// Carries out a command and gives its exit code: 0 done, 1 failed or refused, 2 wrong usage or configuration.
#[must_use]
pub fn main(arguments: Arguments) -> ExitCode {
    let mut output = Output::standard();
    // One crypto provider for all TLS; a second start in one process finds it there.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return output.fail(1, &format!("cannot start: {error}")),
    };
    match runtime.block_on(carry_out(arguments, &mut output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Reported) => ExitCode::from(1),
        // It may repeat what stands in a file of a repository.
        Err(Failure::Failed(error)) => output.fail(1, &sanitize::line(&format!("{error:#}"))),
        Err(Failure::Usage(why)) => output.fail(2, &why),
    }
}

async fn carry_out(arguments: Arguments, output: &mut Output) -> Result<(), Failure> {
    let file = arguments.config;
    match arguments.command {
        Command::Serve => serve::run(proven(config::check_to_serve(&file), output)?, output).await,
        Command::Run(own) => run::run(settings(&file, output)?, &own, output).await,
        Command::Plan(own) => plan::run(settings(&file, output)?, &own, output).await,
        Command::Status(own) => status::run(settings(&file, output)?, &own, output).await,
        Command::Why(own) => why::run(settings(&file, output)?, &own, output).await,
        Command::Tags(own) => tags::run(settings(&file, output)?, &own, output).await,
        Command::Check(own) => check::run(&file, &own, output).await,
        Command::Doctor(own) => doctor::run(settings(&file, output)?, &own, output).await,
        Command::Schema => schema::run(output),
        Command::Images(own) => images::run(&own, output),
        Command::Import(own) => import::run(&own, output),
        Command::Edit(own) => edit::run(own, output),
        Command::Changes(own) => changes::run(settings(&file, output)?, own, output).await,
        Command::Log(own) => log::run(settings(&file, output)?, &own, output).await,
        Command::Demo(own) => demo::run(&own, output).await,
        Command::Help(own) => help::run(&own, output),
    }
}

/// The proven configuration, or all its problems.
fn settings(file: &std::path::Path, output: &Output) -> Result<Settings, Failure> {
    proven(config::check_on_disk(file), output)
}

fn proven(settings: Result<Settings, Problems>, output: &Output) -> Result<Settings, Failure> {
    settings.map_err(|problems| Failure::Usage(problems.render(output.error_colour())))
}
