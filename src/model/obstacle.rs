//! Why something cannot be said or done.

/// Why something about a target cannot be said or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Who or what stands in the way.
    pub cause: ObstacleCause,
    /// What is wrong, with file and line where there is one.
    pub why: String,
    /// What a person can do about it, where that is known.
    pub way_out: Option<String>,
}

/// Who or what stands in the way.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ObstacleCause {
    /// The files of an overlay, which a person has to change.
    Overlay,
    /// The forge, which did not give what was asked of it; a later look may get it.
    Forge,
}

impl Obstacle {
    /// A failure of the forge.
    #[must_use]
    pub fn of_forge(why: impl Into<String>) -> Self {
        Self { cause: ObstacleCause::Forge, why: why.into(), way_out: None }
    }
}
