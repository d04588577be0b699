use proptest::prelude::*;

use super::scene::*;
use crate::decide::{GateName, GateReason, Judgement, Verdict};
use crate::model::{
    ArtifactKind, CommitId, Description, Fact, FileChange, Obstacle, RepositoryPath, SourceChecks,
    SourceCommit, SourceComparison, SourceRelation, SourceSpan,
};
use crate::render::{Body, BodyInput, CommitMetadata, Comparison, ImageSource, body};

type Compared = Fact<Option<SourceComparison>>;

/// Most characters that GitHub takes.
const BODY_CHARACTERS_MAX: usize = 65_536;
/// Most bytes that GitHub takes of the details of a check.
const DETAILS_BYTES_MAX: usize = 65_535;

fn commit(digit: &str) -> CommitId {
    CommitId::new(digit.repeat(40)).unwrap()
}

fn by(author: &str, headline: &str) -> SourceCommit {
    SourceCommit { commit: commit("c"), headline: headline.to_owned(), author: author.to_owned() }
}

fn comparison(commits: Vec<SourceCommit>, pulls: Vec<u64>) -> SourceComparison {
    SourceComparison {
        relation: SourceRelation::Ahead,
        ahead: commits.len(),
        behind: 0,
        commits,
        pulls,
        checks: SourceChecks::Passed,
    }
}

fn said(source: &str, revision: &str) -> Description {
    Description {
        source: Description::text(source),
        revision: Description::text(revision),
        ..Description::of(ArtifactKind::Image)
    }
}

/// What the body says of the source code.
fn section(said: &Description, fact: Option<&Compared>) -> String {
    let span = SourceSpan { repository: "acme/shop".parse().unwrap(), from: commit("a"), to: commit("b") };
    let compared = fact.map_or(Comparison::None, |fact| Comparison::Asked(span, "https://github.com", fact));
    shown(said, compared)
}

fn shown(said: &Description, compared: Comparison<'_>) -> String {
    let sources = vec![ImageSource { image: image(), said, compared }];
    let text = written(&judgement(vec![], vec![]), &[], sources, None).text;
    let start = text.find("Source of").unwrap_or(text.len());
    let end = text.find("Comment `/promote").unwrap();
    text.get(start..end).unwrap_or_default().trim_end().to_owned()
}

fn written(
    judgement: &Judgement,
    files: &[FileChange],
    sources: Vec<ImageSource<'_>>,
    overflow: Option<&str>,
) -> Body {
    let (target, release, from, key) = (target("production"), release("1.4.2"), reference("1.4.1"), key());
    let carriage = CommitMetadata {
        target: &target,
        release: &release,
        from: std::slice::from_ref(&from),
        key: &key,
        requester: None,
    };
    let overflow = overflow.map(str::to_owned);
    let judgement = &Judgement { journey: Vec::new(), ..judgement.clone() };
    body(&BodyInput {
        carriage,
        judgement,
        files,
        sources,
        staying: Vec::new(),
        remaining: Vec::new(),
        overflow,
    })
}

fn known(comparison: SourceComparison) -> Compared {
    Fact::known(Some(comparison), at("2026-11-22T09:00:00Z"))
}

#[test]
fn commits_people_pull_requests_and_builds() {
    let commits = vec![
        by("alice", "Add a basket (#12)"),
        by("bob", "Merge pull request #14 from acme/fix"),
        by("alice", "Fix the basket"),
    ];
    let fact = known(comparison(commits, vec![12, 14]));
    insta::assert_snapshot!(section(&said("https://github.com/acme/shop", "b"), Some(&fact)), @"
    Source of `ghcr.io/acme/shop`: 3 commits by 2 people ([compare](https://github.com/acme/shop/compare/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)); its builds passed (unverified: the image itself says where it comes from).

    <details><summary>3 commits</summary>

    - [`cccccccccc`](https://github.com/acme/shop/commit/cccccccccccccccccccccccccccccccccccccccc) `Add a basket (#12)` by `alice`
    - [`cccccccccc`](https://github.com/acme/shop/commit/cccccccccccccccccccccccccccccccccccccccc) `Merge pull request #14 from acme/fix` by `bob`
    - [`cccccccccc`](https://github.com/acme/shop/commit/cccccccccccccccccccccccccccccccccccccccc) `Fix the basket` by `alice`

    Pull requests: [`#12`](https://github.com/acme/shop/pull/12), [`#14`](https://github.com/acme/shop/pull/14)

    </details>
    ");
}

#[test]
fn hostile_words_stay_words() {
    let commits = vec![
        by("@acme/all", "@acme/sre see #1 and acme/secret#2 ![x](http://evil.test/x.png)"),
        by("<script>", "</details> <!-- hidden --> | `code` ``` \u{202e}txt"),
        by("a\nb", "/promote approve"),
        by("x", ""),
    ];
    let fact = known(comparison(commits, vec![]));
    insta::assert_snapshot!(section(&said("https://github.com/acme/shop", "b"), Some(&fact)), @"
    Source of `ghcr.io/acme/shop`: 4 commits by 4 people ([compare](https://github.com/acme/shop/compare/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)); its builds passed (unverified: the image itself says where it comes from).

    <details><summary>4 commits</summary>

    - [`cccccccccc`](https://github.com/acme/shop/commit/cccccccccccccccccccccccccccccccccccccccc) `@acme/sre see #1 and acme/secret#2 ![x](http://evil.test/x.png)` by `@acme/all`
    - [`cccccccccc`](https://github.com/acme/shop/commit/cccccccccccccccccccccccccccccccccccccccc) `</details> <!-- hidden --> ¦ 'code' ''' �txt` by `<script>`
    - [`cccccccccc`](https://github.com/acme/shop/commit/cccccccccccccccccccccccccccccccccccccccc) `/promote approve` by `a b`
    - [`cccccccccc`](https://github.com/acme/shop/commit/cccccccccccccccccccccccccccccccccccccccc) (empty) by `x`

    </details>
    ");
}

#[test]
fn an_address_elsewhere_is_only_text() {
    for (source, revision) in [
        ("javascript:alert(1)", "b`b"),
        ("http://169.254.169.254/latest", ""),
        ("https://evil.test/@acme/sre", "![](x)"),
    ] {
        let text = section(&said(source, revision), None);
        assert!(text.contains(&format!("`{source}`")), "{text}");
        assert!(!text.contains("](http"), "{text}");
    }
    insta::assert_snapshot!(section(&said("data:text/html,<b>|x</b>", "HEAD"), None), @"Source of `ghcr.io/acme/shop`: `data:text/html,<b>¦x</b>`, revision `HEAD` (unverified: the image itself says where it comes from).");
    assert_eq!(section(&said("", ""), None), "");
}

#[test]
fn what_could_not_be_compared_says_so() {
    let at = at("2026-11-22T09:00:00Z");
    let own = said("https://github.com/acme/shop", "b");
    let unknown = Fact::Unknown { since: at, why: "the forge asks to wait 60 s".into() };
    let not_allowed = Comparison::NotAllowed("acme/secret".parse().unwrap());
    let texts = [
        section(&own, Some(&Fact::known(None, at))),
        section(&own, Some(&unknown)),
        shown(&own, not_allowed),
    ];
    insta::assert_snapshot!(texts.join("\n"), @"
    Source of `ghcr.io/acme/shop`: `acme/shop` has no such commits, or does not show them to Towpath (unverified: the image itself says where it comes from).
    Source of `ghcr.io/acme/shop`: the commits could not be compared: the forge asks to wait 60 s (unverified: the image itself says where it comes from).
    Source of `ghcr.io/acme/shop`: `acme/secret` is not among the repositories that Towpath may read (unverified: the image itself says where it comes from).
    ");
}

#[test]
fn going_back_and_aside_is_told_apart_from_going_on() {
    let aside = |relation, ahead: usize, behind| {
        let commits = vec![by("alice", "Fix"); ahead.min(2)];
        let checks = SourceChecks::Failed;
        known(SourceComparison { relation, ahead, behind, commits, pulls: vec![], checks })
    };
    let own = said("https://github.com/acme/shop", "b");
    let texts = [
        section(&own, Some(&aside(SourceRelation::Behind, 0, 3))),
        section(&own, Some(&aside(SourceRelation::Diverged, 120, 1))),
        section(&own, Some(&aside(SourceRelation::Identical, 0, 0))),
    ];
    insta::assert_snapshot!(texts.join("\n\n"), @"
    Source of `ghcr.io/acme/shop`: **goes back** by 3 commits ([compare](https://github.com/acme/shop/compare/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)); **its builds failed** (unverified: the image itself says where it comes from).

    Source of `ghcr.io/acme/shop`: 120 commits by at least 1 person, and **without** 1 commit of what runs ([compare](https://github.com/acme/shop/compare/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)); **its builds failed** (unverified: the image itself says where it comes from).

    <details><summary>120 commits</summary>

    - [`cccccccccc`](https://github.com/acme/shop/commit/cccccccccccccccccccccccccccccccccccccccc) `Fix` by `alice`
    - [`cccccccccc`](https://github.com/acme/shop/commit/cccccccccccccccccccccccccccccccccccccccc) `Fix` by `alice`
    - 118 more

    </details>

    Source of `ghcr.io/acme/shop`: the same commit; **its builds failed** (unverified: the image itself says where it comes from).
    ");
}

fn changed(name: &str, lines: usize) -> FileChange {
    FileChange {
        path: RepositoryPath::new(name).unwrap(),
        old: None,
        new: Some(format!("{name}: {}\n", "x".repeat(60)).repeat(lines).into_bytes()),
    }
}

#[test]
fn what_does_not_fit_stands_in_the_check_where_there_is_one() {
    let judgement = judgement(vec![], vec![]);
    let files = [changed("a.yaml", 700), changed("b.yaml", 700), changed("c.yaml", 2)];
    let lines =
        |text: &str| text.lines().filter(|line| line.contains("more lines")).collect::<Vec<_>>().join("\n");
    let with = written(&judgement, &files, vec![], Some("towpath/production"));
    let without = written(&judgement, &files, vec![], None);
    insta::assert_snapshot!(lines(&with.text), @"703 more lines are in the details of the check `towpath/production`.");
    insta::assert_snapshot!(lines(&without.text), @"703 more lines do not fit here; the change itself has them all.");
    // The small file goes along, the second large one does not.
    assert!(with.text.contains("+a.yaml") && with.text.contains("+c.yaml"));
    assert!(with.details.contains("+b.yaml") && !with.text.contains("+b.yaml"));
    assert_eq!(without.details, "");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_body_is_longer_than_a_forge_takes(
        gates in 0_usize..300,
        why in "[a-zé`|\u{1F600} ]{0,400}",
        files in proptest::collection::vec((0_usize..1500, "[a-z`é\u{1F600}]{1,20}"), 0..6),
        authors in 0_usize..40,
        has_details in any::<bool>(),
    ) {
        let report = || gate(GateName::Soak, Verdict::Wait, GateReason::Obstacle(Obstacle::of_forge(why.clone())));
        let judgement = judgement((0..gates).map(|_| report()).collect(), vec![]);
        let changed = |(lines, text): &(usize, String)| FileChange {
            path: RepositoryPath::new("a.yaml").unwrap(),
            old: None,
            new: Some(format!("{}\n", text.repeat(5)).repeat(*lines).into_bytes()),
        };
        let files: Vec<FileChange> = files.iter().map(changed).collect();
        let fact = known(comparison(vec![by(&why, &why); authors], (0..40).collect()));
        let said = said("https://github.com/acme/shop", "b");
        let span = SourceSpan { repository: "acme/shop".parse().unwrap(), from: commit("a"), to: commit("b") };
        let source = || ImageSource {
            image: image(),
            said: &said,
            compared: Comparison::Asked(span.clone(), "https://github.com", &fact),
        };
        let sources = (0..authors).map(|_| source()).collect();
        let body = written(&judgement, &files, sources, has_details.then_some("towpath/production"));
        prop_assert!(body.text.chars().count() <= BODY_CHARACTERS_MAX);
        prop_assert!(body.details.len() <= DETAILS_BYTES_MAX);
        prop_assert!(body.text.contains("<!-- towpath:content "));
        prop_assert_eq!(body.text.matches("<details>").count(), body.text.matches("</details>").count());
    }
}
