//! What `doctor` found, by what it is about.

use crate::cli::output::Output;
use crate::config::{ForgeSettings, SecretOwner};
use crate::decide::health::{Diagnosis, Level};
use crate::model::ForgeName;
use crate::render::{self, HealthSection};

/// Sections in the order in which they were opened.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<HealthSection>);

impl Report {
    /// Opens a section, unless it is there.
    pub(super) fn open(&mut self, about: String) {
        self.section(about);
    }

    /// Adds a diagnosis to the section with this heading.
    pub(super) fn add(&mut self, about: String, diagnosis: Diagnosis) {
        self.section(about).diagnoses.push(diagnosis);
    }

    /// Whether something will not work.
    pub(super) fn is_wrong(&self) -> bool {
        self.0.iter().flat_map(|section| &section.diagnoses).any(|own| own.level == Level::Wrong)
    }

    /// Prints all sections in which something is said.
    pub(super) fn print(&self, as_json: bool, output: &mut Output) {
        let has_something = |section: &&HealthSection| !section.diagnoses.is_empty();
        let sections: Vec<HealthSection> = self.0.iter().filter(has_something).cloned().collect();
        if as_json {
            output.json(&render::health_json(&sections));
        } else {
            output.print(&render::health(&sections, output.colour()));
        }
    }

    fn section(&mut self, about: String) -> &mut HealthSection {
        let known = self.0.iter().position(|section| section.about == about);
        let index = known.unwrap_or_else(|| {
            self.0.push(HealthSection { about, diagnoses: Vec::new() });
            self.0.len() - 1
        });
        &mut self.0[index]
    }
}

pub(super) fn owner_heading(owner: &SecretOwner) -> String {
    match owner {
        SecretOwner::Forge(name) => github_heading(name),
        SecretOwner::Registry(host) => registry_heading(host),
    }
}

pub(super) fn forge_heading(own: &ForgeSettings) -> String {
    match own {
        ForgeSettings::Local(own) => format!("local forge `{}`", own.name),
        ForgeSettings::GitHub(own) => github_heading(&own.name),
    }
}

fn github_heading(name: &ForgeName) -> String {
    format!("GitHub `{name}`")
}

pub(super) fn registry_heading(host: &str) -> String {
    format!("registry `{host}`")
}
