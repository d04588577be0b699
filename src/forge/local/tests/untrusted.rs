//! Anybody who may push can write anything below `refs/towpath`; it is refused with what and where.

use super::*;

impl Ground {
    /// Puts files into a commit and a ref at it.
    fn plant(&self, reference: &str, files: &[(&str, &str)]) {
        let clone = self.folder.path().join("planted");
        if !clone.exists() {
            git_in(&self.bare(), &["clone", "-q", ".", clone.to_str().unwrap()]).unwrap();
        }
        git_in(&clone, &["checkout", "-q", "--orphan", "x"]).ok();
        git_in(&clone, &["rm", "-rqf", "."]).ok();
        for (name, text) in files {
            std::fs::create_dir_all(clone.join(name).parent().unwrap()).unwrap();
            std::fs::write(clone.join(name), text).unwrap();
            git_in(&clone, &["add", name]).unwrap();
        }
        git_in(&clone, &["commit", "-q", "--allow-empty", "-m", "planted"]).unwrap();
        git_in(&clone, &["push", "-qf", "origin", &format!("HEAD:{reference}")]).unwrap();
    }

    fn change_json(&self, number: &str) -> String {
        let json = self.git(&["show", "refs/towpath/changes/1:change.json"]);
        json.replace("\"number\": 1", &format!("\"number\": {number}"))
    }

    /// What reading the changes says once these files are a change.
    async fn said_of(&self, number: &str, files: &[(&str, &str)]) -> String {
        let reference = format!("refs/towpath/changes/{number}");
        self.plant(&reference, files);
        let said = said(self, self.forge.changes(&place()).await);
        self.git(&["update-ref", "-d", &reference]);
        said
    }
}

const EVENT: &str = r#"{"at": "2026-01-01T00:00:00Z", "by": "bob", "did": "closed"}"#;

#[tokio::test]
async fn nonsense_in_a_change_is_refused_with_its_place() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    let (own, other) = (ground.change_json("2"), ground.change_json("1"));
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    let head = ground.tip(BRANCH).to_string();
    let bad_head = own.replace(&head, "HEAD");
    let answers = [
        ground.said_of("2", &[("README", "hello")]).await,
        ground.said_of("2", &[("change.json", "{")]).await,
        ground.said_of("2", &[("change.json", &other)]).await,
        ground.said_of("02", &[("change.json", &own)]).await,
        ground.said_of("2", &[("change.json", &large)]).await,
        ground.said_of("2", &[("change.json", &bad_head)]).await,
        ground.said_of("2", &[("change.json", &own), ("events", "a file")]).await,
        ground.said_of("2", &[("change.json", &own), ("events/000002.json", EVENT)]).await,
        ground.said_of("2", &[("change.json", &own), ("events/000001.json", "[]")]).await,
        ground.said_of("2", &[("change.json", &own), ("events/000001.json/x", EVENT)]).await,
        ground.said_of("2", &[("change.json/x", &own)]).await,
    ];
    insta::assert_snapshot!(answers.join("\n").replace(&head, "HEAD_COMMIT"), @"");
    assert_eq!(ground.changes().await.len(), 1);
}

#[tokio::test]
async fn a_head_that_is_not_there_is_an_error() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    let missing = ground.change_json("2").replace(ground.tip(BRANCH).as_str(), &"1".repeat(40));
    let closed = missing.replace("\"open\"", r#"{"closed": {"at": "2026-01-01T00:00:00Z", "by": "bob"}}"#);
    let said = ground.said_of("2", &[("change.json", &closed)]).await;
    assert!(
        said.starts_with(&format!("reading the commit {} in `acme/deploy` failed", "1".repeat(40))),
        "{said}"
    );
}

#[tokio::test]
async fn other_refs_below_the_prefix_are_not_ours() {
    let ground = Ground::new().await;
    ground.open("1.1.0").await;
    ground.git(&["update-ref", "refs/towpath/changes/draft", "main"]);
    ground.git(&["update-ref", "refs/towpath/changes/7/deep", "main"]);
    assert_eq!(ground.changes().await.len(), 1);
}

#[tokio::test]
async fn after_the_largest_number_there_is_none() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.forge.close(&place(), change.number).await.unwrap();
    let number = u64::MAX.to_string();
    ground.plant(&format!("refs/towpath/changes/{number}"), &[("change.json", &ground.change_json(&number))]);
    let said = said(&ground, ground.propose(&ground.proposal("1.2.0").await).await);
    insta::assert_snapshot!(said, @"");
}

#[tokio::test]
async fn a_branch_that_points_to_another_is_refused() {
    let ground = Ground::new().await;
    ground.git(&["symbolic-ref", "refs/heads/towpath/dev/shop", "refs/heads/main"]);
    let mut proposal = ground.proposal("1.1.0").await;
    proposal.expected = None;
    insta::assert_snapshot!(said(&ground, ground.propose(&proposal).await), @"");
}

#[tokio::test]
async fn a_commit_is_what_its_id_says_whatever_replaces_it() {
    let ground = Ground::new().await;
    let main = ground.tip("main");
    let other = ground.push("elsewhere", "app.yaml", "tag: evil\n").await;
    ground.git(&["update-ref", &format!("refs/replace/{main}"), other.as_str()]);
    let entries = ground.forge.entries(&place(), &main).await.unwrap();
    let content = ground.forge.blobs(&place(), &[entries[&path("app.yaml")].blob.clone()]).await.unwrap();
    assert_eq!(content[0].as_ref(), APP.as_bytes());
}

#[tokio::test]
async fn a_repository_that_is_none_is_named() {
    let ground = Ground::new().await;
    std::fs::create_dir_all(ground.folder.path().join("acme/empty.git")).unwrap();
    let mut answers = Vec::new();
    for name in ["acme/none", "acme/empty"] {
        let place = Place { repository: RepositoryName::new(name).unwrap(), ..place() };
        answers.push(said(&ground, ground.forge.head(&place).await));
        answers.push(said(&ground, ground.forge.close(&place, ChangeNumber(1)).await));
    }
    insta::assert_snapshot!(answers.join("\n"), @"");
}

#[tokio::test]
async fn a_blob_or_commit_that_is_not_there_is_an_error() {
    let ground = Ground::new().await;
    let nowhere = "1".repeat(40);
    let blob = BlobId::new(nowhere.clone()).unwrap();
    assert!(ground.forge.blobs(&place(), &[blob]).await.is_err());
    assert!(ground.forge.entries(&place(), &commit(&nowhere)).await.is_err());
    assert!(ground.forge.changed_files(&place(), &commit(&nowhere)).await.is_err());
    let tree = commit(&ground.git(&["rev-parse", "main^{tree}"]));
    assert!(ground.forge.entries(&place(), &tree).await.is_err(), "a tree is no commit");
}

#[tokio::test]
async fn a_text_too_long_to_be_read_back_is_not_written() {
    let ground = Ground::new().await;
    let number = ground.open("1.1.0").await.number;
    let refs = ground.refs();
    let mut shown = presentation("shop");
    shown.body = "x".repeat(1 << 20);
    insta::assert_snapshot!(said(&ground, ground.forge.present(&place(), number, &shown).await), @"");
    assert_eq!(ground.refs(), refs);
}
