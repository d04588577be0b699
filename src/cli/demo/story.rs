//! `demo --once`: the story, told as it happens.

use anyhow::{Context as _, ensure};

use super::scene::{Scene, tag};
use super::verify;
use crate::act::Receipt;
use crate::cli::Failure;
use crate::cli::output::Output;
use crate::decide::ActionKind;
use crate::draft::DraftSummary;
use crate::model::{ChangeNumber, Digest, UserName};
use crate::reconcile::Convergence;
use crate::render::{self, Style};

/// The release whose journey is told.
const NEW: &str = "1.10.0";

pub(super) async fn tell(scene: &Scene, output: &mut Output) -> Result<(), Failure> {
    let mut teller = Narrator { scene, output, chapter: 0 };
    let digest = teller.journey().await?;
    teller.chapter("Is it true? The Git repository itself says so.");
    for line in verify::verify(scene, NEW, &digest).await? {
        teller.say(&format!("verified: {line}"));
    }
    teller.output.line("\nNothing is left of this. Play it yourself: `towpath demo`.");
    Ok(())
}

struct Narrator<'a> {
    scene: &'a Scene,
    output: &'a mut Output,
    chapter: usize,
}

impl Narrator<'_> {
    async fn journey(&mut self) -> anyhow::Result<Digest> {
        self.chapter(
            "One service, three environments, one Git repository. Towpath looks at it for the first time.",
        );
        let settled = self.scene.settle().await?;
        self.table(&settled);
        self.chapter("CI pushes shop 1.10.0 to the registry. Dev takes it at once.");
        let digest = self.scene.registry.publish(&tag(NEW)?);
        let settled = self.scene.settle().await?;
        self.happened(&settled);
        self.chapter(
            "Staging takes it after two seconds in dev, production is proposed after two in staging.",
        );
        let settled = self.soak(settled).await?;
        let settled = self.soak(settled).await?;
        self.show(&settled);
        self.approval().await?;
        Ok(digest)
    }

    /// Waits for the soak and goes on.
    async fn soak(&mut self, before: Convergence) -> anyhow::Result<Convergence> {
        self.scene.wait(&before).await;
        let settled = self.scene.settle().await?;
        self.happened(&settled);
        Ok(settled)
    }

    async fn approval(&mut self) -> anyhow::Result<()> {
        let number = self.open_change().await?;
        self.chapter("Production waits for an approval. This is what people see:");
        let change = self.scene.forge.show(self.scene.repository(), number).await?;
        self.say(&format!("{} {}", change.number, change.title));
        let status = change.statuses.last().context("the change has a status")?;
        self.say(&format!("status: {}", status.text));
        self.say("");
        let files = self.scene.forge.files(self.scene.repository(), number).await?;
        self.print(&self.output.diff_of(&files));
        self.chapter("Mallory, who may not, approves. Then alice does, who may.");
        self.comment(number, "mallory").await?;
        self.comment(number, "alice").await?;
        let settled = self.scene.settle().await?;
        ensure!(settled.receipts.is_empty(), "something was done twice");
        self.show(&settled);
        Ok(())
    }

    async fn open_change(&self) -> anyhow::Result<ChangeNumber> {
        let changes = self.scene.forge.list(self.scene.repository()).await?;
        let open =
            changes.iter().find(|change| change.is_open()).context("a change for production is open")?;
        Ok(open.number)
    }

    async fn comment(&mut self, number: ChangeNumber, by: &str) -> anyhow::Result<()> {
        let by = UserName::new(by)?;
        self.say(&format!("{by} comments: /promote approve"));
        self.scene.forge.comment_as(self.scene.repository(), number, &by, "/promote approve").await?;
        let settled = self.scene.settle().await?;
        self.happened(&settled);
        Ok(())
    }

    fn chapter(&mut self, text: &str) {
        self.chapter += 1;
        let heading = self.output.colour().paint(Style::Bold, &format!("{}. {text}", self.chapter));
        self.output.line(&format!("\n{heading}\n"));
    }

    fn say(&mut self, text: &str) {
        self.output.line(format!("   {text}").trim_end());
    }

    fn print(&mut self, text: &str) {
        text.lines().for_each(|line| self.say(line));
    }

    /// What was done, one line each; what Towpath only writes down for itself is left out.
    fn happened(&mut self, settled: &Convergence) {
        let told = |receipt: &&Receipt| {
            use ActionKind::{Close, Merge, Open, Record};
            matches!(receipt.summary.kind, Open | Merge | Close | Record)
        };
        let lines: Vec<String> = settled.receipts.iter().filter(told).map(line).collect();
        lines.iter().for_each(|line| self.say(line));
    }

    fn show(&mut self, settled: &Convergence) {
        self.say("");
        self.table(settled);
    }

    fn table(&mut self, settled: &Convergence) {
        let table = render::status_table(&settled.plan.judgements, self.output.width(), self.output.colour());
        self.print(&table);
    }
}

fn line(receipt: &Receipt) -> String {
    let DraftSummary { kind, target, because, .. } = &receipt.summary;
    let target = target.as_ref().map(|target| target.environment.to_string()).unwrap_or_default();
    format!("{:<7} {target:<11} {because}", kind.word())
}
