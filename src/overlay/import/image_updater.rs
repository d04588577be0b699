//! Argo CD Image Updater: an `ImageUpdater` resource says which images of which `Application`s are kept up to date.
//!
//! <https://argocd-image-updater.readthedocs.io/en/stable/configuration/images/>

use regex::Regex;

use super::File;
use super::argo_cd::{Application, Listed, SHORT_VERSIONS, TagRules, note_short_versions};
use super::expression::glob;
use crate::model::{Imported, ImportedRule, ImportedSelection};
use crate::overlay::document::text::Text;
use crate::overlay::format::objects;
use crate::yaml::NodeId;

const GROUP: &str = "argocd-image-updater.argoproj.io/";

/// One resource.
struct Updater<'a> {
    file: &'a File<'a>,
    text: &'a Text,
    spec: NodeId,
}

/// One image of one of the resource's rules.
struct Image<'a> {
    updater: &'a Updater<'a>,
    rule: NodeId,
    node: NodeId,
}

pub(super) fn read(files: &[File<'_>], imported: &mut Imported) {
    let applications: Vec<Application<'_>> = files.iter().flat_map(Application::all).collect();
    for file in files {
        let Some(text) = &file.text else { continue };
        for object in objects::all(text) {
            if let Some(updater) = Updater::of(file, text, object) {
                updater.read(&applications, imported);
            }
        }
    }
}

impl<'a> Updater<'a> {
    fn of(file: &'a File<'a>, text: &'a Text, object: NodeId) -> Option<Self> {
        let is_image_updater = objects::kind(text, object) == Some("ImageUpdater")
            && objects::scalar(text, object, &["apiVersion"]).is_some_and(|own| own.starts_with(GROUP));
        if !is_image_updater {
            return None;
        }
        Some(Self { file, text, spec: text.tree.get(object, "spec")? })
    }

    fn read(&self, applications: &[Application<'_>], imported: &mut Imported) {
        let Some(rules) = self.text.tree.get(self.spec, "applicationRefs") else { return };
        for rule in self.text.tree.items(rules) {
            let selected = self.selected(*rule, applications);
            for application in selected.iter().flatten() {
                let kept = application.kept_in_cluster(self.method(*rule));
                imported.leftovers.extend(kept.map(|what| self.file.leftover(*rule, what)));
            }
            let images = self.text.tree.get(*rule, "images");
            for node in images.map_or(&[][..], |images| self.text.tree.items(images)) {
                let image = Image { updater: self, rule: *rule, node: *node };
                image.read(&selected, imported);
            }
        }
    }

    /// Where what a rule sets is written.
    fn method(&self, rule: NodeId) -> Option<&str> {
        let of = |place| objects::scalar(self.text, place, &["writeBackConfig", "method"]);
        of(rule).or_else(|| of(self.spec))
    }

    /// The applications that a rule selects, or why that is not known.
    fn selected<'b>(
        &self,
        rule: NodeId,
        applications: &'b [Application<'b>],
    ) -> Result<Vec<&'b Application<'b>>, String> {
        if self.text.tree.get(rule, "labelSelectors").is_some() {
            return Err("`labelSelectors` are not evaluated".to_owned());
        }
        let pattern = objects::scalar(self.text, rule, &["namePattern"]).unwrap_or_default();
        let name = glob(pattern).and_then(|text| Regex::new(&text).map_err(|error| error.to_string()))?;
        let is_selected =
            |application: &&Application<'_>| application.name().is_some_and(|own| name.is_match(own));
        let selected: Vec<_> = applications.iter().filter(is_selected).collect();
        match selected.is_empty() {
            true => Err(format!("no `Application` here has a name like `{pattern}`")),
            false => Ok(selected),
        }
    }
}

impl<'a> Image<'a> {
    fn read(&self, selected: &Result<Vec<&Application<'_>>, String>, imported: &mut Imported) {
        let Some(written) = objects::scalar(self.updater.text, self.node, &["imageName"]) else { return };
        let listed = Listed::of(written);
        let image = listed.image();
        let leave = |what: String| self.updater.file.leftover(self.node, what);
        let applications = match selected {
            Ok(applications) => applications,
            Err(why) => {
                let what = format!("`{image}`: {why}, so the folder in which it is set is not known");
                imported.leftovers.push(leave(what));
                return;
            }
        };
        if let Some(platforms) = self.setting("platforms") {
            let platforms = self.texts(platforms).join(", ");
            let what = format!(
                "`{image}`: write `platforms: [{platforms}]` beside the image; it is not carried over"
            );
            imported.leftovers.push(leave(what));
        }
        let selection = self.terms(&listed).selection().map_err(|why| {
            imported.leftovers.push(leave(format!("`{image}`: {why}; fill in its `select`")));
        });
        let selection = selection.ok();
        if let Some(ImportedSelection { rule: ImportedRule::Semver { .. }, .. }) = &selection {
            note_short_versions(&leave(SHORT_VERSIONS.to_owned()), imported);
        }
        for application in applications {
            match application.service(&listed, selection.clone(), self.target()) {
                Ok(service) => imported.add(service),
                Err(what) => imported.leftovers.push(leave(what)),
            }
        }
    }

    fn terms(&self, listed: &Listed<'a>) -> TagRules<'a> {
        let scalar = |key| self.setting(key).and_then(|node| self.updater.text.tree.scalar(node));
        let ignore = self.setting("ignoreTags").map(|node| self.texts(node)).unwrap_or_default();
        TagRules {
            strategy: scalar("updateStrategy"),
            constraint: listed.constraint(),
            allow: scalar("allowTags"),
            ignore,
        }
    }

    /// What is set about the image: for itself, else for the rule, else for all.
    fn setting(&self, key: &str) -> Option<NodeId> {
        let places = [self.node, self.rule, self.updater.spec].into_iter();
        places
            .filter_map(|place| objects::at(self.updater.text, place, &["commonUpdateSettings", key]))
            .next()
    }

    /// The file or folder that is written to.
    fn target(&self) -> Option<&'a str> {
        let path = ["writeBackConfig", "gitConfig", "writeBackTarget"];
        let places = [self.rule, self.updater.spec].into_iter();
        places.filter_map(|place| objects::scalar(self.updater.text, place, &path)).next()
    }

    fn texts(&self, list: NodeId) -> Vec<&'a str> {
        let tree = &self.updater.text.tree;
        tree.items(list).iter().filter_map(|item| tree.scalar(*item)).collect()
    }
}
