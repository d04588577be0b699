//! One stateful fake of everything outside: forge, registry, ledgers and clock behind one lock.
//!
//! A test edits the same state as a person would (`people`), and the engine works on it through the ports
//! (`forge`, `ports`). Everything is in memory and in virtual time. Each port call lets other tasks run first, so
//! that two replicas really race. The forge is as strict as a real one: every move of a branch is compare-and-swap,
//! its times are cut to whole seconds, merges are three-way, and a comment of the bot without its mark is refused.

mod changes;
mod fault;
mod forge;
mod git;
mod github;
mod people;
mod ports;
mod protection;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{SubsecRound as _, TimeDelta};
use towpath::forge::ForgeError;
use towpath::ledger::{Delivery, DeliveryOutcome, IndexedLog, ListingFailure, StoredListing};
use towpath::model::{
    ChangeNumber, ConfigBranch, Description, Digest, ImageName, IndexEntry, Tag, TeamName, Time, UserName,
};

pub(crate) use changes::FakeChange;
pub(crate) use fault::{Effect, EffectKind, Fault};
pub(crate) use git::Git;
pub(crate) use github::{Refusal, Setup, TOKEN};
pub(crate) use people::digest_of;

use super::contract::Watch;
use super::fixture::Files;
use super::rules::{self, BOT};
use fault::Faults;
use git::NewCommit;
use protection::Protection;

/// When every story starts: a Monday morning, and late in its second, since our clock and the forge's differ there.
const START: &str = "2026-03-02T09:00:00.5Z";
/// What one effect takes of the virtual time.
const EFFECT_TIME: TimeDelta = TimeDelta::milliseconds(20);

/// A replica's hand on the world; it is all four ports.
#[derive(Clone, Debug)]
pub(crate) struct FakeWorld {
    state: Arc<Mutex<State>>,
    bot: UserName,
    /// Whose calls these are: it decides on the ledger, and whether comments that tie come in reverse.
    replica: usize,
    reverses_ties: bool,
    /// Fails the test where it and GitHub's description do not agree.
    watch: Watch,
}

/// Everything that there is.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) now: Time,
    /// How far the bot's clock is ahead of the forge's.
    pub(crate) clock_ahead: TimeDelta,
    pub(crate) place: ConfigBranch,
    pub(crate) bot: UserName,
    pub(crate) git: Git,
    pub(crate) changes: Vec<FakeChange>,
    pub(crate) images: BTreeMap<ImageName, BTreeMap<Tag, Digest>>,
    /// Everything that a tag ever pointed to, of any image.
    ever_pushed: BTreeSet<(Tag, Digest)>,
    /// What artifacts say about themselves; those that are not here say nothing but that they are images.
    pub(crate) descriptions: BTreeMap<Digest, Description>,
    /// Of which image an artifact is that says something about itself.
    pub(crate) images_of_digests: BTreeMap<Digest, ImageName>,
    /// Manifests that were deleted; whatever else was ever pushed is there.
    pub(crate) lost: BTreeSet<Digest>,
    /// The manifests that indexes name; what is not here is a single manifest.
    pub(crate) indexes: BTreeMap<Digest, Vec<IndexEntry>>,
    /// Openings and merges of what the registry no longer had at that instant.
    pub(crate) brought_although_gone: Vec<String>,
    /// Tags for which registries give no usable response, as for a manifest of a media type that they cannot convert.
    pub(crate) unreadable_tags: BTreeSet<Tag>,
    /// Tags that point to something else at each request for their digest.
    pub(crate) restless_tags: BTreeSet<Tag>,
    pub(crate) registries_down: BTreeSet<ImageName>,
    /// The hosts that answer no question at all, neither well nor badly.
    pub(crate) silent_hosts: BTreeSet<String>,
    /// Whether the forge fails to say what a head changes.
    pub(crate) fails_comparisons: bool,
    /// The hosts that ask to be left alone, and for how long.
    pub(crate) busy_hosts: BTreeMap<String, std::time::Duration>,
    /// Every tag that a registry was asked about since the story forgot them.
    pub(crate) tags_asked: BTreeSet<(ImageName, Tag)>,
    /// Every question for the tags of an image.
    pub(crate) listings_asked: Vec<(Time, ImageName)>,
    pub(crate) teams: BTreeMap<TeamName, BTreeSet<UserName>>,
    /// Who owns what production runs, as the story knows it without reading `CODEOWNERS`.
    pub(crate) code_owners: BTreeSet<UserName>,
    /// What people may do in the repository, in GitHub's words; who is not here may read.
    pub(crate) permissions: BTreeMap<UserName, &'static str>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) requests: BTreeMap<&'static str, usize>,
    pub(crate) faults: Faults,
    /// The change that somebody merges right before the head is read next.
    pub(crate) merged_meanwhile: Option<(ChangeNumber, UserName)>,
    pub(crate) protection: Protection,
    pub(crate) github: github::Desk,
    ledgers: BTreeMap<usize, LedgerContent>,
    comments_written: usize,
}

/// What one replica's ledger holds.
#[derive(Debug, Default)]
struct LedgerContent {
    logs: BTreeMap<ConfigBranch, IndexedLog>,
    listings: BTreeMap<ImageName, StoredListing>,
    troubles: BTreeMap<ImageName, ListingFailure>,
    /// Each delivery with every outcome that was ever said of it.
    deliveries: Vec<(Delivery, Vec<DeliveryOutcome>)>,
    digests: BTreeMap<(ImageName, Tag), (Digest, Time)>,
    descriptions: BTreeMap<(ImageName, Digest), Description>,
}

impl FakeWorld {
    /// A world with these files on its base branch and an empty registry.
    pub(crate) fn new(files: Files) -> Self {
        let bot: UserName = rules::name(BOT);
        let mut state = State {
            now: rules::name(START),
            clock_ahead: TimeDelta::zero(),
            place: rules::place(),
            bot: bot.clone(),
            git: Git::default(),
            changes: Vec::new(),
            images: BTreeMap::new(),
            ever_pushed: BTreeSet::new(),
            descriptions: BTreeMap::new(),
            images_of_digests: BTreeMap::new(),
            lost: BTreeSet::new(),
            indexes: BTreeMap::new(),
            brought_although_gone: Vec::new(),
            unreadable_tags: BTreeSet::new(),
            restless_tags: BTreeSet::new(),
            registries_down: BTreeSet::new(),
            silent_hosts: BTreeSet::new(),
            fails_comparisons: false,
            busy_hosts: BTreeMap::new(),
            tags_asked: BTreeSet::new(),
            listings_asked: Vec::new(),
            teams: BTreeMap::new(),
            code_owners: BTreeSet::new(),
            permissions: BTreeMap::new(),
            effects: Vec::new(),
            requests: BTreeMap::new(),
            faults: Faults::default(),
            merged_meanwhile: None,
            protection: Protection::default(),
            github: github::Desk::default(),
            ledgers: BTreeMap::new(),
            comments_written: 0,
        };
        let new = NewCommit {
            parents: Vec::new(),
            files,
            author: &rules::name("dora"),
            message: "start",
            at: state.now,
        };
        let first = state.git.commit(new);
        state.git.branches.insert(state.place.branch.clone(), first);
        let state = Arc::new(Mutex::new(state));
        Self { state, bot, replica: 0, reverses_ties: false, watch: Watch::new() }
    }

    /// The same world as another replica sees it, with a ledger of its own.
    pub(crate) fn replica(&self, replica: usize, reverses_ties: bool) -> Self {
        Self { replica, reverses_ties, ..self.clone() }
    }

    /// The state, to look at and to change as people do.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test thread panicked with the world in its hands")
    }

    /// Brings the power back. What a process kept in memory is for the caller to throw away.
    pub(crate) fn restart(&self) {
        let mut state = self.state();
        state.faults.is_down = false;
        state.github.forget_writes();
    }

    /// Empties every ledger.
    pub(crate) fn lose_ledgers(&self) {
        self.state().ledgers.clear();
    }

    /// One request through a port: others go first, it is counted, and nothing answers without power.
    async fn request<T, E>(
        &self,
        method: &'static str,
        outage: impl FnOnce() -> E,
        answer: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> Result<T, E> {
        tokio::task::yield_now().await;
        let mut state = self.state();
        *state.requests.entry(method).or_default() += 1;
        if state.faults.is_down { Err(outage()) } else { answer(&mut state) }
    }
}

impl State {
    /// Every delivery that came in, with all that was ever said of it.
    pub(crate) fn deliveries(&self) -> Vec<(Delivery, Vec<DeliveryOutcome>)> {
        self.ledgers.values().flat_map(|ledger| ledger.deliveries.clone()).collect()
    }

    /// When the story started, which is when everything was there already.
    #[expect(clippy::unused_self, reason = "it is a fact of this world like the others")]
    pub(crate) fn started_at(&self) -> Time {
        rules::name(START)
    }

    /// The bot's clock.
    pub(crate) fn bot_clock(&self) -> Time {
        self.now + self.clock_ahead
    }

    /// The forge's clock: GitHub and GitLab tell whole seconds.
    pub(crate) fn forge_now(&self) -> Time {
        self.now.trunc_subsecs(0)
    }

    /// Does something at the forge, unless a fault strikes, and writes it down.
    fn effect<T>(&mut self, apply: impl FnOnce(&mut Self) -> (T, EffectKind)) -> Result<T, ForgeError> {
        let fault = self.faults.strike(self.effects.len());
        if fault.is_none_or(Fault::carries_out) {
            self.now += EFFECT_TIME;
            let (value, kind) = apply(self);
            self.note_what_is_gone(&kind);
            self.effects.push(Effect { at: self.now, kind });
            if fault.is_none() {
                return Ok(value);
            }
        }
        Err(unavailable())
    }

    /// Writes down an opening or a merge of what the registry no longer has.
    fn note_what_is_gone(&mut self, kind: &EffectKind) {
        let head = match kind {
            EffectKind::Merged { head, .. } => head.clone(),
            EffectKind::ChangeOpened { change } => {
                self.change(*change).expect("it was opened").head().clone()
            }
            EffectKind::LogCommit { .. }
            | EffectKind::BranchMade { .. }
            | EffectKind::BranchMoved { .. }
            | EffectKind::BranchDeleted { .. }
            | EffectKind::Presented { .. }
            | EffectKind::StatusSet { .. }
            | EffectKind::Queued { .. }
            | EffectKind::Dequeued { .. }
            | EffectKind::Closed { .. }
            | EffectKind::Remarked { .. }
            | EffectKind::Reacted { .. }
            | EffectKind::DeploymentMade { .. }
            | EffectKind::DeploymentState { .. } => return,
        };
        let message = &self.git.get(&head).message;
        let values = |key: &'static str| message.lines().filter_map(move |line| line.strip_prefix(key));
        let has_tag = |tag: &str| self.images.values().any(|tags| tags.keys().any(|own| own.as_str() == tag));
        let no_tag = values("Towpath-Release: ").filter(|tag| !has_tag(tag));
        let is_lost = |digest: &str| self.lost.iter().any(|lost| lost.as_str() == digest);
        let no_manifest = values("Towpath-Digest: ").filter(|digest| is_lost(digest));
        let gone: Vec<String> = no_tag.chain(no_manifest).map(|what| format!("{kind:?}: {what}")).collect();
        self.brought_although_gone.extend(gone);
    }

    fn next_comment(&mut self) -> towpath::model::CommentId {
        self.comments_written += 1;
        towpath::model::CommentId(self.comments_written.to_string())
    }
}

fn unavailable() -> ForgeError {
    ForgeError::Unavailable { what: "the request".to_owned(), why: "no answer".to_owned() }
}
