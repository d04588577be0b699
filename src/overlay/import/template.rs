//! Templates, from which another tool makes manifests: what lies in them is named, not carried over.

use std::fmt;

use super::Content;
use crate::model::{Imported, NotImported};
use crate::overlay::document::text::holds;
use crate::overlay::format::marker;

/// How the names of templates end.
const ENDINGS: [&str; 5] = [".tpl", ".tmpl", ".gotmpl", ".j2", ".jinja2"];

/// Whether a file is a template by its name.
pub(super) fn is_template(name: &str) -> bool {
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Names each template that holds policies, markers or images.
pub(super) fn read(contents: &[Content<'_>], imported: &mut Imported) {
    for (path, bytes) in contents.iter().filter(|(path, _)| is_template(path.file_name())) {
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        let is_marked =
            |line: &&str| marker::could_hold(line.as_bytes()) && !line.trim_start().starts_with('#');
        let markers = text.lines().filter(is_marked).count();
        let policies =
            if holds(bytes, "image.toolkit.fluxcd.io") { lines(text, &["kind: ImagePolicy"]) } else { 0 };
        let images = lines(text, &["image:", "tag:", "newTag:"]);
        let counts = [
            Count { number: policies, one: "ImagePolicy", several: "ImagePolicies" },
            Count { number: markers, one: "marker of Flux", several: "markers of Flux" },
            Count { number: images, one: "line that sets an image", several: "lines that set an image" },
        ];
        let told: Vec<String> =
            counts.iter().filter(|count| count.number > 0).map(ToString::to_string).collect();
        if !told.is_empty() {
            let what = format!(
                "a template, which is not read; it holds {}; name what it sets by `marker` or `set` on the file that is made of it",
                told.join(", ")
            );
            imported.leftovers.push(NotImported { file: (*path).clone(), line: 1, what });
        }
    }
}

/// How many lines begin with one of these, as an entry of a mapping or a list, and are no comments.
fn lines(text: &str, starts: &[&str]) -> usize {
    let is_one = |line: &&str| {
        let line = line.trim_start().trim_start_matches("- ");
        starts.iter().any(|start| line.starts_with(start))
    };
    text.lines().filter(is_one).count()
}

/// A number of things.
struct Count {
    number: usize,
    one: &'static str,
    several: &'static str,
}

impl fmt::Display for Count {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.number, if self.number == 1 { self.one } else { self.several })
    }
}
