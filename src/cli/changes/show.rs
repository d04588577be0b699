//! `towpath changes show`: a change with its comments, and what became of their commands.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::SelectedRepository;
use crate::cli::Failure;
use crate::cli::engines::Engines;
use crate::cli::output::Output;
use crate::command;
use crate::config::Settings;
use crate::decide::{UncountedReason, takes_commands};
use crate::forge::Forge as _;
use crate::model::{
    BRANCH_PREFIX, Change, ChangeNumber, ChangeState, CommandOutcome, Comment, CommentId, ConfigBranch,
    Event, Handled, History, Policy, Reaction, Record, Review, ReviewVerdict, ServiceEnvironment, Time,
    UserName, change_branch,
};
use crate::observe::{self, Clock as _, SystemClock};
use crate::render::{self, RemarkInput, Style};
use crate::sanitize;

/// A change, with what the log says of the comments on it.
pub(super) struct ChangeView<'a> {
    policy: &'a Policy,
    change: Change,
    bot: UserName,
    history: History,
    /// The approvals that do not count, or why that is not known.
    uncounted: Result<BTreeMap<CommentId, UncountedReason>, String>,
    /// What the change carries a release into; `None` if no service of the configuration uses its branch.
    target: Option<ServiceEnvironment>,
    /// Whether the next look carries out commands on it.
    takes_commands: bool,
    now: Time,
}

impl<'a> ChangeView<'a> {
    /// Reads a change and the log.
    pub(super) async fn read(
        settings: &'a Settings,
        desk: &SelectedRepository,
        number: ChangeNumber,
    ) -> Result<Self, Failure> {
        let policy = &settings.policy;
        let change = desk.forge.show(&desk.repository, number).await?;
        let place = desk.place_of(&change);
        let log = desk.forge.read_log(&place, None).await?;
        // A line that this version does not know is a matter of the look, which says so.
        let known = log.lines.iter().filter_map(|line| serde_json::from_str::<Record>(line).ok());
        let is_shown = |record: &Record| matches!(record.event, Event::Handled { .. });
        let history = History::fold(&known.filter(is_shown).collect::<Vec<_>>());
        let all = desk.forge.list(&desk.repository).await?;
        let takes_commands = takes_commands(policy, &place, &change, &all).is_ok();
        let targets = policy.services_at(&place).flat_map(|service| {
            let environments = policy.pipeline_of(service).environments.iter();
            let own = environments.filter(|own| change_branch(&own.name, &service.group) == change.branch);
            own.map(|own| ServiceEnvironment { service: service.name.clone(), environment: own.name.clone() })
        });
        let target = targets.collect::<Vec<_>>().into_iter().next();
        let uncounted = uncounted(settings, &place, number).await;
        let (bot, now) = (desk.forge.bot().clone(), SystemClock.now());
        Ok(Self { policy, change, bot, history, uncounted, target, takes_commands, now })
    }

    /// The change as JSON, with its comments and reviews.
    pub(super) fn as_json(&self) -> Value {
        let mut value = to_json(&self.change);
        value["comments"] = self.change.comments.iter().map(|comment| self.comment_json(comment)).collect();
        value["reviews"] = self.change.reviews.iter().map(|review| self.review_json(review)).collect();
        value
    }

    fn comment_json(&self, comment: &Comment) -> Value {
        let written = self.of_comment(comment);
        let signs: Vec<String> = written.signs.iter().map(ToString::to_string).collect();
        json!({ "author": comment.author, "at": comment.at, "body": comment.body, "signs": signs,
            "outcomes": self.outcomes(&written) })
    }

    fn review_json(&self, review: &Review) -> Value {
        json!({ "author": review.author, "at": review.at, "verdict": review.verdict.to_string(),
            "body": review.body, "outcomes": self.outcomes(&of_review(review)) })
    }

    /// The change as people see it.
    pub(super) fn print(&self, output: &mut Output) {
        let (change, colour) = (&self.change, output.colour());
        let title = colour.paint(Style::Bold, &sanitize::line(&change.title));
        output.line(&format!("{} {title} ({})", change.number, state(change)));
        if let Some(status) = change.statuses.last() {
            output.line(&format!("status: {} ({})", sanitize::line(&status.text), status.state));
        }
        output.line("");
        output.print(&indented(&without_marks(&change.body)));
        for review in &change.reviews {
            let at = render::instant(review.at);
            output.line(&format!("\n{} said {} on {at}", review.author, review.verdict));
            self.print_outcomes(&of_review(review), output);
        }
        for comment in &change.comments {
            let author = colour.paint(Style::Bold, comment.author.as_str());
            output.line(&format!("\n{author} wrote on {}", render::instant(comment.at)));
            output.print(&indented(&self.text_of(comment)));
            self.print_outcomes(&self.of_comment(comment), output);
        }
    }

    fn print_outcomes(&self, written: &CommandText<'_>, output: &mut Output) {
        for outcome in self.outcomes(written) {
            output.line(&format!("-> {outcome}"));
        }
        if !written.signs.is_empty() {
            let signs: Vec<String> = written.signs.iter().map(ToString::to_string).collect();
            output.line(&format!("-> {} reacted: {}", self.bot, signs.join(", ")));
        }
    }

    /// What became of each command; what will become of it where the next look is still to come.
    fn outcomes(&self, written: &CommandText<'_>) -> Vec<String> {
        match self.history.handled(written.id) {
            Some(handled) => handled.outcomes.iter().map(|own| self.outcome(own, handled)).collect(),
            None if !written.has_commands => Vec::new(),
            None if self.takes_commands => vec!["waits for the next look".to_owned()],
            None => vec!["not executed: this change no longer accepts commands".to_owned()],
        }
    }

    fn outcome(&self, outcome: &CommandOutcome, handled: &Handled) -> String {
        let words = render::outcome(outcome);
        let Some(target) = &self.target else { return words.to_owned() };
        if let CommandOutcome::Refused(because) = outcome {
            let input = RemarkInput { target, judgement: None, policy: self.policy, now: self.now };
            return format!("{words}: {}", render::refusal(because, &handled.by, &input));
        }
        if !matches!(outcome, CommandOutcome::Approved { .. }) {
            return words.to_owned();
        }
        match &self.uncounted {
            Err(why) => format!("{words}; whether it counts is not known: {}", sanitize::line(why)),
            Ok(uncounted) => uncounted.get(&handled.comment).map_or_else(
                || words.to_owned(),
                |why| format!("{words}, which does not count: {}", render::uncounted_because(why)),
            ),
        }
    }

    fn of_comment<'c>(&self, comment: &'c Comment) -> CommandText<'c> {
        let is_person = comment.author != self.bot && !comment.author.is_machine();
        let has_commands = is_person && !command::is_quiet(&comment.body);
        CommandText { id: &comment.id, signs: &comment.reactions, has_commands }
    }

    fn text_of(&self, comment: &Comment) -> String {
        if comment.author == self.bot {
            without_marks(&comment.body)
        } else {
            format!("{}\n", comment.body.trim_end())
        }
    }
}

/// The approvals on a change that do not count, judged as the next look would judge them.
async fn uncounted(
    settings: &Settings,
    place: &ConfigBranch,
    change: ChangeNumber,
) -> Result<BTreeMap<CommentId, UncountedReason>, String> {
    let engines = Engines::of_this_machine(settings).await.map_err(|error| error.to_string())?;
    let Some(engine) = engines.of(&place.forge) else { return Ok(BTreeMap::new()) };
    let found = observe::uncounted_approvals(&engine.ports, &engine.policy, place, change).await;
    found.map_err(|error| error.to_string())
}

/// A comment or review, as far as its commands are concerned.
struct CommandText<'a> {
    id: &'a CommentId,
    signs: &'a [Reaction],
    has_commands: bool,
}

/// A verdict is a command by itself.
fn of_review(review: &Review) -> CommandText<'_> {
    let is_verdict = match review.verdict {
        ReviewVerdict::Approve | ReviewVerdict::RequestChanges => true,
        ReviewVerdict::Comment => false,
    };
    let has_commands = is_verdict || !command::is_quiet(&review.body);
    CommandText { id: &review.id, signs: &[], has_commands }
}

/// A text that somebody wrote, set in from the left, so that none of its lines looks like one of Towpath's own.
fn indented(text: &str) -> String {
    let line = |line: &str| format!("  {line}").trim_end().to_owned() + "\n";
    render::pictured(text).lines().map(line).collect()
}

/// A text of the bot without its hidden marks.
fn without_marks(markdown: &str) -> String {
    let lines = markdown.lines().filter(|line| !line.starts_with("<!-- towpath:"));
    let text: Vec<&str> = lines.collect();
    format!("{}\n", text.join("\n").trim_end())
}

pub(super) const fn state(change: &Change) -> &'static str {
    match change.state {
        ChangeState::Open => "open",
        ChangeState::Merged { .. } => "merged",
        ChangeState::Closed { .. } => "closed",
    }
}

pub(super) fn to_json(change: &Change) -> Value {
    let own = change.branch.as_str().strip_prefix(BRANCH_PREFIX).and_then(|rest| rest.split_once('/'));
    let service = change.written().trailer("Towpath-Service").or(own.map(|(_, group)| group));
    json!({
        "number": change.number,
        "state": state(change),
        "service": service,
        "environment": own.map(|(environment, _)| environment),
        "title": change.title,
        "branch": change.branch,
        "head": change.head.commit,
        "url": change.url,
    })
}
