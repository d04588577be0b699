use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::model::{Selection, Tag};

fn order(tags: &[Option<u8>]) -> Order {
    let selection = Selection::numerical();
    let rank = |number: &Option<u8>| selection.order(&Tag::new(number.as_ref()?.to_string()).unwrap());
    Order::new(tags.iter().map(rank).collect())
}

#[test]
fn newer_means_none_older_and_one_newer() {
    let running = order(&[Some(2), Some(2)]);
    assert!(order(&[Some(3), Some(2)]) > running);
    assert!(order(&[Some(2), Some(1)]) < running);
    assert!(order(&[Some(3), Some(1)]).is_mixed_with(&running));
    assert!(!order(&[Some(2), Some(2)]).is_mixed_with(&running));
    assert!(order(&[Some(1), Some(1)]) > order(&[None, Some(1)]));
}

fn any_order() -> impl Strategy<Value = Order> {
    vec(proptest::option::of(0_u8..4), 3).prop_map(|tags| order(&tags))
}

proptest! {
    #[test]
    fn the_total_order_agrees_with_the_partial_one(left in any_order(), right in any_order()) {
        if let Some(partial) = left.partial_cmp(&right) {
            prop_assert_eq!(partial, left.first_images_first(&right));
        }
    }

    #[test]
    fn what_is_newer_than_something_newer_is_newer(a in any_order(), b in any_order(), c in any_order()) {
        prop_assert!(!(a > b && b > c) || a > c);
    }
}
