//! The images of a service: which tags are releases, and which artifacts go together.
//!
//! Images that are promoted independently become services of their own, named `<service>-<image>`, so that every other
//! module only knows services whose images belong together.

use std::collections::BTreeSet;

use crate::config::located::Located;
use crate::config::problem::ProblemList;
use crate::config::raw;
use crate::model::{Basis, GroupName, Pattern, Selection, ServiceImage, ServiceName, Together};

/// What goes through the pipeline as one: a service, or one of its images.
pub(super) struct ReleaseLine {
    pub(super) name: ServiceName,
    pub(super) group: GroupName,
    pub(super) images: Vec<ServiceImage>,
    pub(super) together: Together,
}

/// The images; nothing where one of them is missing or wrong, which is then reported.
pub(super) fn proven(
    images: &Located<raw::List<raw::Image>>,
    prereleases: Option<&Located<bool>>,
    findings: &mut ProblemList,
) -> Option<Vec<ServiceImage>> {
    expect_a_range(images, prereleases, findings);
    if images.items.is_empty() && images.is_complete {
        findings.suggest(
            images.span,
            "this service has no image",
            "write `- image:` with its name and `select`",
        );
    }
    let mut seen = BTreeSet::new();
    for image in images.items.iter().filter_map(|item| item.image.as_ref()) {
        if !seen.insert(&image.value) {
            let message = format!("`{}` is listed twice", image.value);
            findings.suggest(image.span, message, "delete one of the two");
        }
    }
    let proven: Vec<Option<ServiceImage>> = images
        .items
        .iter()
        .map(|item| one(item, prereleases.is_some_and(|default| default.value), findings))
        .collect();
    let proven: Vec<ServiceImage> = proven.into_iter().collect::<Option<_>>()?;
    (images.is_complete && !proven.is_empty()).then_some(proven)
}

/// Reports a default for pre-releases that no image of the service has a use for.
fn expect_a_range(
    images: &raw::List<raw::Image>,
    prereleases: Option<&Located<bool>>,
    findings: &mut ProblemList,
) {
    let rules: Option<Vec<&raw::SelectRule>> =
        images.items.iter().map(|item| Some(&item.select.as_ref()?.rule)).collect();
    let has_range = rules.is_none_or(|rules| {
        rules.is_empty() || rules.iter().any(|rule| matches!(rule, raw::SelectRule::Semver(_)))
    });
    if let Some(prereleases) = prereleases
        && !has_range
    {
        let message = "`prereleases` has no meaning here: no image of this service is selected by a range";
        findings.suggest(prereleases.span, message, "delete it, or select an image by a range (`semver`)");
    }
}

fn one(item: &raw::Image, prereleases: bool, findings: &mut ProblemList) -> Option<ServiceImage> {
    let select = &item.select.as_ref()?.value;
    let selection = selection(&select.rule, findings)?;
    let prereleases = select.prereleases.as_ref().map_or(prereleases, |written| written.value);
    let selection = selection.clone().with_prereleases(prereleases).unwrap_or(selection);
    let selection = selection.narrowed(patterns(item.allow.as_ref()), patterns(item.ignore.as_ref()));
    let platforms = item.platforms.iter().flat_map(|list| &list.items);
    let platforms = platforms.map(|platform| platform.value.clone()).collect();
    Some(ServiceImage { platforms, ..ServiceImage::new(item.image.as_ref()?.value.clone(), selection) })
}

fn patterns(list: Option<&Located<raw::List<Pattern>>>) -> Vec<Pattern> {
    list.iter().flat_map(|list| &list.items).map(|pattern| pattern.value.clone()).collect()
}

/// Which tags are releases; nothing where that makes no sense, which is reported.
fn selection(rule: &raw::SelectRule, findings: &mut ProblemList) -> Option<Selection> {
    let mut only_true = |written: &Located<bool>, selection| {
        if !written.value {
            findings.suggest(
                written.span,
                "`false` selects nothing",
                "write `true`, or select in another way",
            );
        }
        written.value.then_some(selection)
    };
    match rule {
        raw::SelectRule::Semver(range) => Some(range.value.clone()),
        raw::SelectRule::Calver(layout) => Some(layout.0.clone()),
        raw::SelectRule::Alphabetical(written) => only_true(written, Selection::alphabetical()),
        raw::SelectRule::Numerical(written) => only_true(written, Selection::numerical()),
        raw::SelectRule::Newest(written) => only_true(written, Selection::newest()),
        raw::SelectRule::Digest(tag) => Some(Selection::digest(tag.value.clone())),
        raw::SelectRule::Regex(groups) => {
            let (pattern, sort) = (groups.pattern.as_ref()?, groups.sort.as_ref()?);
            let names: Vec<String> = sort.items.iter().map(|name| name.0.clone()).collect();
            let selection = Selection::regex(&pattern.0, &names);
            selection.map_err(|error| findings.add(pattern.span, error.to_string())).ok()
        }
    }
}

/// The service as one line, or a line for each image that goes its own way.
pub(super) fn lines(
    item: &raw::Service,
    images: Vec<ServiceImage>,
    findings: &mut ProblemList,
) -> Option<Vec<ReleaseLine>> {
    let name = item.name.as_ref()?.value.clone();
    let together = item.together.as_ref().map_or(Together::Independent, |together| together.value);
    if images.len() > 1 && together == Together::Independent {
        return split(item, &name, images, findings);
    }
    refuse_following_by_tag(item, together, &images, findings)?;
    let group = match &item.group {
        Some(group) => group.value.clone(),
        None => GroupName::new(name.as_str()).ok()?,
    };
    Some(vec![ReleaseLine { name, group, images, together }])
}

/// One tag that is followed in each image says nothing about what belongs together.
fn refuse_following_by_tag(
    item: &raw::Service,
    together: Together,
    images: &[ServiceImage],
    findings: &mut ProblemList,
) -> Option<()> {
    let follows = images.iter().any(|image| matches!(image.selection.basis(), Basis::Turn(_)));
    if !(follows && together == Together::SameTag) {
        return Some(());
    }
    let message = "a followed tag never changes, so it cannot show which images belong together";
    let way_out = "write `together: same-revision`, or leave it out";
    findings.suggest(item.together.as_ref()?.span, message, way_out);
    None
}

fn split(
    item: &raw::Service,
    service: &ServiceName,
    images: Vec<ServiceImage>,
    findings: &mut ProblemList,
) -> Option<Vec<ReleaseLine>> {
    if let Some(group) = &item.group {
        let way_out = "leave out `group`, or write `together: same-tag`";
        findings.suggest(group.span, "images that go their own ways have changes of their own", way_out);
        return None;
    }
    let mut names = BTreeSet::new();
    let mut lines = Vec::new();
    for image in images {
        let text = format!("{service}-{}", image.name.as_str().rsplit('/').next().unwrap_or_default());
        let name = ServiceName::new(text.as_str()).ok().filter(|name| names.insert(name.clone()));
        let (Some(name), Ok(group)) = (name, GroupName::new(text.as_str())) else {
            let message =
                format!("`{}` would be promoted as `{text}`, but that name is already in use", image.name);
            let way_out = "list it as a service of its own, or say which images belong `together`";
            findings.suggest(item.images.as_ref()?.span, message, way_out);
            return None;
        };
        lines.push(ReleaseLine { name, group, images: vec![image], together: Together::Independent });
    }
    Some(lines)
}
