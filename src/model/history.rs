//! What the log says, folded: what landed where, what was declined, which commands were carried out.

use std::collections::BTreeMap;

use super::{
    ChangeNumber, CommandOutcome, CommentId, ContentKey, Digest, Event, ImageName, ImageReference, Origin,
    Reaction, Record, Release, ServiceEnvironment, Tag, Time, UserName,
};

/// Whether a landing still counts for the environments that follow.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum LandingStatus {
    /// It counts, superseded or not.
    Effective,
    /// It was taken back.
    Withdrawn,
}

/// A release came to run in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// What came to run.
    pub images: Vec<ImageReference>,
    /// When.
    pub at: Time,
    /// How.
    pub origin: Origin,
    /// Whether it still counts.
    pub standing: LandingStatus,
    /// The latest time in the log before it, if the clock was set back to before that; see [`Landing::counts_from`].
    pub not_before: Option<Time>,
    /// Its place in the log. Times of the forge and ours do not compare to the second; places do.
    pub order: usize,
}

/// Content that a person does not want in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decline {
    /// Where it would have gone.
    pub target: ServiceEnvironment,
    /// What it would have brought.
    pub images: Vec<ImageReference>,
    /// The content.
    pub key: ContentKey,
    /// The change that carried it.
    pub change: ChangeNumber,
    /// Who declined it.
    pub by: UserName,
    /// When.
    pub at: Time,
    /// Its place in the log.
    pub order: usize,
}

/// A comment whose commands were carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// The change it stands on.
    pub change: ChangeNumber,
    /// The comment or review.
    pub comment: CommentId,
    /// Who wrote it.
    pub by: UserName,
    /// When it was carried out.
    pub at: Time,
    /// What became of each command.
    pub outcomes: Vec<CommandOutcome>,
    /// Its place in the log.
    pub order: usize,
}

/// A tag that pointed to something else than when it was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedTag {
    /// The image.
    pub image: ImageName,
    /// The tag.
    pub tag: Tag,
    /// What it pointed to when it was chosen.
    pub from: Digest,
    /// What it pointed to then.
    pub to: Digest,
    /// When that was noted.
    pub at: Time,
    /// Its place in the log.
    pub order: usize,
}

/// The log of one config repository, folded in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    landings: BTreeMap<ServiceEnvironment, Vec<Landing>>,
    declines: Vec<Decline>,
    handled: Vec<Handled>,
    /// The positions in `handled` of the comments of each change.
    handled_on: BTreeMap<ChangeNumber, Vec<usize>>,
    /// The first position in `handled` of each comment.
    handled_by_comment: BTreeMap<CommentId, usize>,
    moved_tags: Vec<MovedTag>,
    latest: Option<Time>,
    set_back_from: Option<Time>,
    length: usize,
}

impl Landing {
    /// When a soak of it begins: when it landed, or the latest time that the log had before, if the clock was set back and
    /// that time has come. One that is still in the future was recorded while the clock was ahead, or the clock still is
    /// behind, so that it measures the soak itself.
    #[must_use]
    pub fn counts_from(&self, now: Time) -> Time {
        self.not_before.filter(|latest| *latest <= now).map_or(self.at, |latest| latest.max(self.at))
    }
}

impl Handled {
    /// Whether something was done because of it: it was neither refused, nor only answered.
    #[must_use]
    pub fn did_something(&self) -> bool {
        Self::are_done(&self.outcomes)
    }

    /// The same of the outcomes alone.
    #[must_use]
    pub fn are_done(outcomes: &[CommandOutcome]) -> bool {
        outcomes.iter().any(|outcome| outcome.reaction() == Reaction::Rocket)
    }
}

impl History {
    /// Folds records in the order of the log.
    #[must_use]
    pub fn fold(records: &[Record]) -> Self {
        let mut history = Self::default();
        for record in records {
            history.take(record);
        }
        history
    }

    /// What landed at a target, in the order of the log.
    #[must_use]
    pub fn landings(&self, target: &ServiceEnvironment) -> &[Landing] {
        self.landings.get(target).map_or(&[], Vec::as_slice)
    }

    /// The last landing at a target: what should run there now.
    #[must_use]
    pub fn last_landing(&self, target: &ServiceEnvironment) -> Option<&Landing> {
        self.landings(target).last()
    }

    /// Whether the landing of a change is in the log.
    #[must_use]
    pub fn has_landed(&self, target: &ServiceEnvironment, change: ChangeNumber) -> bool {
        let by_it = [Origin::Change(change), Origin::Altered(change)];
        self.landings(target).iter().any(|landing| by_it.contains(&landing.origin))
    }

    /// What people declined at a target, in the order of the log.
    pub fn declines<'a>(&'a self, target: &'a ServiceEnvironment) -> impl Iterator<Item = &'a Decline> {
        self.declines.iter().filter(move |decline| decline.target == *target)
    }

    /// Whether the comment or review was carried out, and with what outcome.
    #[must_use]
    pub fn handled(&self, comment: &CommentId) -> Option<&Handled> {
        self.handled_by_comment.get(comment).and_then(|index| self.handled.get(*index))
    }

    /// The comments of a change that were carried out, in the order of the log.
    pub fn handled_on(&self, change: ChangeNumber) -> impl DoubleEndedIterator<Item = &Handled> {
        let indexes = self.handled_on.get(&change).into_iter().flatten();
        indexes.filter_map(|index| self.handled.get(*index))
    }

    /// The wishes for exactly one release at a target and what each named, in the order of the log.
    pub fn requests(
        &self,
        target: ServiceEnvironment,
    ) -> impl Iterator<Item = (&Handled, &[ImageReference])> {
        let outcomes = self
            .handled
            .iter()
            .flat_map(|handled| handled.outcomes.iter().map(move |outcome| (handled, outcome)));
        outcomes.filter_map(move |(handled, outcome)| Some((handled, outcome.requested(&target)?)))
    }

    /// What a change brought where it landed.
    #[must_use]
    pub fn landed_by(&self, target: &ServiceEnvironment, change: ChangeNumber) -> Option<&Landing> {
        self.landings(target).iter().find(|landing| landing.origin == Origin::Change(change))
    }

    /// The place in the log at which automation was last told to take up a target again.
    #[must_use]
    pub fn resumed(&self, target: &ServiceEnvironment) -> Option<usize> {
        let resumes = |handled: &&Handled| handled.outcomes.iter().any(|outcome| outcome.resumes(target));
        self.handled.iter().rev().find(resumes).map(|handled| handled.order)
    }

    /// The last time that a tag was seen to have moved away from what a release pins.
    #[must_use]
    pub fn moved_tag(&self, release: &Release) -> Option<&MovedTag> {
        let is_of = |moved: &&MovedTag| {
            release.artifacts().any(|artifact| {
                (&artifact.image, &artifact.tag, &artifact.digest) == (&moved.image, &moved.tag, &moved.from)
            })
        };
        self.moved_tags.iter().rev().find(is_of)
    }

    /// The records that a tag moved, in the order of the log.
    pub fn moves<'a>(&'a self, image: &'a ImageName, tag: &'a Tag) -> impl Iterator<Item = &'a MovedTag> {
        self.moved_tags.iter().filter(move |moved| moved.image == *image && moved.tag == *tag)
    }

    /// The latest time that any record has.
    #[must_use]
    pub const fn latest(&self) -> Option<Time> {
        self.latest
    }

    /// The latest time in the log when the clock was last found to show an earlier one.
    #[must_use]
    pub const fn set_back_from(&self) -> Option<Time> {
        self.set_back_from
    }

    /// Takes in one more record.
    pub fn take(&mut self, record: &Record) {
        self.length += 1;
        let order = self.length;
        self.latest = self.latest.max(Some(record.at));
        match &record.event {
            Event::Landed { target, images, origin } => {
                let landing = Landing {
                    images: images.clone(),
                    at: record.at,
                    origin: origin.clone(),
                    standing: LandingStatus::Effective,
                    not_before: self.set_back_from.filter(|latest| record.at < *latest),
                    order,
                };
                self.landings.entry(target.clone()).or_default().push(landing);
            }
            Event::Withdrawn { target, images, because: _ } => self.withdraw(target, images),
            Event::ClockSetBack { latest } => self.set_back_from = Some(*latest),
            Event::ClockCorrected { target, images, was } => self.correct(target, images, *was, record.at),
            Event::Declined { target, images, key, change, by } => self.declines.push(Decline {
                target: target.clone(),
                images: images.clone(),
                key: key.clone(),
                change: *change,
                by: by.clone(),
                at: record.at,
                order,
            }),
            Event::TagMoved { image, tag, from, to } => self.moved_tags.push(MovedTag {
                image: image.clone(),
                tag: tag.clone(),
                from: from.clone(),
                to: to.clone(),
                at: record.at,
                order,
            }),
            Event::Handled { change, comment, by, outcomes } => self.handle(Handled {
                change: *change,
                comment: comment.clone(),
                by: by.clone(),
                at: record.at,
                outcomes: outcomes.clone(),
                order,
            }),
        }
    }

    fn withdraw(&mut self, target: &ServiceEnvironment, images: &[ImageReference]) {
        let landings = self.landings.get_mut(target).into_iter().flatten();
        for landing in landings.filter(|landing| landing.images == images) {
            landing.standing = LandingStatus::Withdrawn;
        }
    }

    /// Dates a landing anew. A correction never makes a landing younger.
    fn correct(&mut self, target: &ServiceEnvironment, images: &[ImageReference], was: Time, at: Time) {
        let landings = self.landings.get_mut(target).into_iter().flatten();
        for landing in landings.filter(|landing| landing.images == images && landing.at == was) {
            landing.at = landing.at.min(at);
        }
    }

    fn handle(&mut self, handled: Handled) {
        for outcome in &handled.outcomes {
            if let CommandOutcome::Rejected { target, images, key, reason: _ } = outcome {
                self.declines.push(Decline {
                    target: target.clone(),
                    images: images.clone(),
                    key: key.clone(),
                    change: handled.change,
                    by: handled.by.clone(),
                    at: handled.at,
                    order: handled.order,
                });
            }
        }
        let index = self.handled.len();
        self.handled_on.entry(handled.change).or_default().push(index);
        self.handled_by_comment.entry(handled.comment.clone()).or_insert(index);
        self.handled.push(handled);
    }
}
