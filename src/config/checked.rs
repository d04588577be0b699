//! Proves what people wrote: every reference leads somewhere, every graph has a start, nothing occurs twice.
//!
//! What could not be proven is reported and left out, so that the rest is still looked at.

mod forges;
mod graph;
mod hooks;
mod images;
mod known;
pub(super) mod paths;
mod pipelines;
mod registries;
mod rights;
mod secret_source;
mod services;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

pub(super) use hooks::with_secrets;

use super::problem::ProblemList;
use super::raw::File;
use super::{LedgerSettings, Settings};
use crate::model::Policy;
use forges::Teams;
pub(super) use paths::folder_of;
use paths::resolve;

/// Where the HTTP server listens unless something else is said.
const LISTEN_DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// The ledger's file unless something else is said.
const LEDGER_DEFAULT: &str = "towpath.db";

/// The settings, complete only if nothing was found.
pub(super) fn check(raw: &File, path: &Path, findings: &mut ProblemList) -> Settings {
    let folder = folder_of(path);
    let forges = forges::forges(raw, folder, findings);
    let teams = Teams::of(raw);
    let pipelines = pipelines::pipelines(raw, &teams, findings);
    let rights = rights::rights(raw, &teams, findings);
    let services = services::services(raw, &pipelines, findings);
    let registries = registries::registries(raw, folder, findings);
    let without_permissions = forges::without_permissions(&forges);
    let polls = registries.iter().map(|registry| (registry.host.clone(), registry.poll)).collect();
    Settings {
        file: path.to_owned(),
        listen: raw.listen.as_ref().map_or(LISTEN_DEFAULT, |listen| listen.0),
        hosts: hosts(raw),
        ledger: ledger(raw, folder),
        forges,
        registries,
        policy: Policy {
            pipelines,
            services,
            rights,
            polls,
            repositories: forges::repositories(raw),
            without_permissions,
        },
    }
}

/// Reports whatever the file names on disk and is not there.
pub(super) fn on_disk(raw: &File, folder: &Path, findings: &mut ProblemList) {
    forges::on_disk(raw, folder, findings);
    registries::on_disk(raw, folder, findings);
}

fn hosts(raw: &File) -> Vec<String> {
    raw.hosts.iter().flat_map(|hosts| hosts.items.iter()).map(|host| host.0.clone()).collect()
}

fn ledger(raw: &File, folder: &Path) -> LedgerSettings {
    LedgerSettings::Sqlite(resolve(folder, raw.ledger.as_ref().map_or(LEDGER_DEFAULT, |ledger| &ledger.0)))
}
