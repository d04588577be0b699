//! How far a set of images is: newer than another where none is older and one is newer.
//!
//! The order of releases is partial: a release that is newer in one image and older in another is promoted only on
//! request.

use std::cmp::Ordering;

use super::Rank;

/// The place of each image of a service in the order of its selection; what has no place is before all that have.
///
/// Two of these need not compare: where one image is newer and another older, a person has to say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order(Vec<Option<Rank>>);

impl Order {
    /// The places of the images of one service, in their order.
    #[must_use]
    pub const fn new(ranks: Vec<Option<Rank>>) -> Self {
        Self(ranks)
    }

    /// Whether none of the images has a place.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// Whether this is newer in one image and older in another.
    #[must_use]
    pub fn is_mixed_with(&self, other: &Self) -> bool {
        self.partial_cmp(other).is_none()
    }

    /// A total order that agrees with the partial one: the first images count most.
    #[must_use]
    pub fn first_images_first(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Order {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let each = || self.0.iter().zip(&other.0).map(|(own, theirs)| own.cmp(theirs));
        let (is_newer, is_older) = (each().any(Ordering::is_gt), each().any(Ordering::is_lt));
        match (is_newer, is_older) {
            (true, true) => None,
            (true, false) => Some(Ordering::Greater),
            (false, true) => Some(Ordering::Less),
            (false, false) => Some(Ordering::Equal),
        }
    }
}

#[cfg(test)]
mod tests;
