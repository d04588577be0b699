//! What is done to the world, counted, and what goes wrong with it.

use towpath::model::{BranchName, ChangeNumber, CommitId, Time};

/// Something that a mutating call really changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EffectKind {
    LogCommit { lines: usize },
    BranchMade { branch: BranchName },
    BranchMoved { branch: BranchName, to: CommitId },
    BranchDeleted { branch: BranchName },
    ChangeOpened { change: ChangeNumber },
    Presented { change: ChangeNumber },
    StatusSet { change: ChangeNumber },
    Queued { change: ChangeNumber },
    Dequeued { change: ChangeNumber },
    Merged { change: ChangeNumber, head: CommitId },
    Closed { change: ChangeNumber },
    Remarked { change: ChangeNumber, about: String },
    Reacted { change: ChangeNumber },
    DeploymentMade { environment: String },
    DeploymentState { environment: String },
}

/// An effect of the bot, and when.
#[derive(Clone, Debug)]
pub(crate) struct Effect {
    pub(crate) at: Time,
    pub(crate) kind: EffectKind,
}

/// What goes wrong at one effect.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The effect is not carried out, and nothing answers until a restart.
    CutBefore,
    /// The effect is carried out, its answer is lost, and nothing answers until a restart.
    CutAfter,
    /// The effect is carried out and its answer is lost; everything else goes on.
    AnswerLost,
    /// Nothing is carried out and the next call works: the forge had a hiccup.
    Hiccup,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::CutBefore, Self::CutAfter, Self::AnswerLost, Self::Hiccup];

    pub(crate) const fn carries_out(self) -> bool {
        matches!(self, Self::CutAfter | Self::AnswerLost)
    }

    pub(crate) const fn cuts_power(self) -> bool {
        matches!(self, Self::CutBefore | Self::CutAfter)
    }
}

/// Which fault strikes at which effect, counted from 0 over the whole story.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) planned: Option<(usize, Fault)>,
    pub(crate) is_down: bool,
}

impl Faults {
    /// The fault that strikes at this effect, once.
    pub(crate) fn strike(&mut self, effect: usize) -> Option<Fault> {
        let (_, fault) = self.planned.take_if(|(at, _)| *at == effect)?;
        self.is_down |= fault.cuts_power();
        Some(fault)
    }
}
