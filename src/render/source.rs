//! What a change brings in source code: commits, people, pull requests, builds. Nothing of it is proven.

use std::collections::BTreeSet;

use super::escape::{quoted, sentence};
use crate::model::{
    Description, Fact, ImageName, RepositoryName, SourceChecks, SourceCommit, SourceComparison,
    SourceRelation, SourceSpan,
};

/// How many commits are listed.
const COMMITS_MAX: usize = 10;
/// How many pull requests are listed.
const PULLS_MAX: usize = 10;
/// Why nothing here is proven. A signature over the build that agrees with the labels will say otherwise here.
const UNVERIFIED: &str = "unverified: the image itself says where it comes from";

/// What is known of the source code of one image.
#[derive(Clone, Debug)]
pub struct ImageSource<'a> {
    /// The image.
    pub image: ImageName,
    /// What the new artifact says about itself.
    pub said: &'a Description,
    /// What lies between the old artifact and the new one.
    pub compared: Comparison<'a>,
}

/// What is known of what lies between two artifacts.
#[derive(Clone, Debug)]
pub enum Comparison<'a> {
    /// They name no two commits of one repository of the forge.
    None,
    /// They name a repository that Towpath is not to read, so nobody was asked.
    NotAllowed(RepositoryName),
    /// What the forge said of two commits, on which pages.
    Asked(SourceSpan, &'a str, &'a Fact<Option<SourceComparison>>),
}

/// A paragraph for each image that says where it comes from; empty where none does.
pub(super) fn sources(all: &[ImageSource<'_>]) -> String {
    all.iter().filter_map(source).collect::<Vec<_>>().join("\n\n")
}

fn source(source: &ImageSource<'_>) -> Option<String> {
    let image = quoted(source.image.as_str());
    let text = match &source.compared {
        Comparison::Asked(span, pages, Fact::Known { value: Some(comparison), .. }) => {
            return Some(compared(&image, &Pages { pages, span }, comparison));
        }
        Comparison::Asked(span, _, Fact::Known { value: None, .. }) => format!(
            "{} has no such commits, or does not show them to Towpath",
            quoted(span.repository.as_str())
        ),
        Comparison::Asked(_, _, Fact::Unknown { why, .. }) => {
            format!("the commits could not be compared: {}", sentence(why))
        }
        Comparison::NotAllowed(repository) => {
            format!("{} is not among the repositories that Towpath may read", quoted(repository.as_str()))
        }
        Comparison::None => claim(source.said)?,
    };
    Some(format!("Source of {image}: {text} ({UNVERIFIED})."))
}

/// What an artifact says that cannot be compared.
fn claim(said: &Description) -> Option<String> {
    let revision = said.revision.as_deref().map(|revision| format!("revision {}", quoted(revision)));
    let source = said.source.as_deref().map(quoted);
    match (source, revision) {
        (None, None) => None,
        (Some(source), Some(revision)) => Some(format!("{source}, {revision}")),
        (Some(one), None) | (None, Some(one)) => Some(one),
    }
}

/// Addresses below the pages of the forge, made of checked names alone.
struct Pages<'a> {
    pages: &'a str,
    span: &'a SourceSpan,
}

impl Pages<'_> {
    fn address(&self, path: &str) -> String {
        format!("{}/{}/{path}", self.pages, self.span.repository)
    }
}

fn compared(image: &str, pages: &Pages<'_>, comparison: &SourceComparison) -> String {
    let SourceSpan { from, to, .. } = pages.span;
    let address = pages.address(&format!("compare/{from}...{to}"));
    let checks = match comparison.checks {
        SourceChecks::Passed => "; its builds passed",
        SourceChecks::Failed => "; **its builds failed**",
        SourceChecks::Pending => "; its builds are not done",
        SourceChecks::None => "; no builds are known of it",
        SourceChecks::Unread => "; it has more builds than Towpath reads",
    };
    let compare = match comparison.relation {
        SourceRelation::Identical => String::new(),
        SourceRelation::Ahead | SourceRelation::Behind | SourceRelation::Diverged => {
            format!(" ([compare]({address}))")
        }
    };
    let line = format!("Source of {image}: {}{compare}{checks} ({UNVERIFIED}).", relation(comparison));
    let details = details(pages, comparison);
    if details.is_empty() { line } else { format!("{line}\n\n{details}") }
}

fn relation(comparison: &SourceComparison) -> String {
    let ahead = commits(comparison.ahead);
    match comparison.relation {
        SourceRelation::Identical => "the same commit".to_owned(),
        SourceRelation::Ahead => format!("{ahead} by {}", people(comparison)),
        SourceRelation::Behind => format!("**goes back** by {}", commits(comparison.behind)),
        SourceRelation::Diverged => format!(
            "{ahead} by {}, and **without** {} of what runs",
            people(comparison),
            commits(comparison.behind)
        ),
    }
}

fn commits(count: usize) -> String {
    if count == 1 { "1 commit".to_owned() } else { format!("{count} commits") }
}

/// How many people wrote the commits; where not all were read, at least so many.
fn people(comparison: &SourceComparison) -> String {
    let authors: BTreeSet<&str> = comparison.commits.iter().map(|commit| commit.author.as_str()).collect();
    let least = if comparison.commits.len() < comparison.ahead { "at least " } else { "" };
    let word = if authors.len() == 1 { "person" } else { "people" };
    format!("{least}{} {word}", authors.len())
}

fn details(pages: &Pages<'_>, comparison: &SourceComparison) -> String {
    if comparison.commits.is_empty() {
        return String::new();
    }
    let shown = comparison.commits.iter().take(COMMITS_MAX);
    let mut lines: Vec<String> = shown.map(|commit| line(pages, commit)).collect();
    let more = comparison.ahead.saturating_sub(lines.len());
    if more > 0 {
        lines.push(format!("- {more} more"));
    }
    let pulls = comparison.pulls.iter().take(PULLS_MAX);
    let pulls: Vec<String> =
        pulls.map(|number| format!("[`#{number}`]({})", pages.address(&format!("pull/{number}")))).collect();
    let pulls =
        if pulls.is_empty() { String::new() } else { format!("\n\nPull requests: {}", pulls.join(", ")) };
    format!(
        "<details><summary>{}</summary>\n\n{}{pulls}\n\n</details>",
        commits(comparison.ahead),
        lines.join("\n")
    )
}

fn line(pages: &Pages<'_>, commit: &SourceCommit) -> String {
    let address = pages.address(&format!("commit/{}", commit.commit));
    let (headline, author) = (quoted(&commit.headline), quoted(&commit.author));
    format!("- [`{}`]({address}) {headline} by {author}", commit.commit.short())
}
