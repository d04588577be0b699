use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join_all;

use super::*;

/// A secret that counts how often it is read.
fn counting() -> Replaceable<u64> {
    let reads = AtomicU64::new(0);
    Replaceable::new(Arc::new(move || Ok(reads.fetch_add(1, Ordering::SeqCst)))).unwrap()
}

#[tokio::test]
async fn one_of_all_that_need_it_at_the_same_time_reads_it() {
    let secret = counting();
    assert_eq!(join_all((0..10).map(|_| secret.get(Time::UNIX_EPOCH))).await, [1; 10]);
    assert_eq!(secret.get(Time::UNIX_EPOCH + AGE_MAX / 2).await, 1, "it is fresh");
    let before = Time::UNIX_EPOCH - TimeDelta::hours(1);
    let times = (0..10).map(|number| before - TimeDelta::seconds(number));
    assert_eq!(join_all(times.map(|now| secret.get(now))).await, [2; 10], "whatever the clock says");
    secret.doubt();
    assert_eq!(join_all((0..10).map(|_| secret.get(before))).await, [3; 10]);
}

#[tokio::test]
async fn one_that_cannot_be_read_again_is_what_it_was() {
    let reads = AtomicU64::new(0);
    let read =
        move || if reads.fetch_add(1, Ordering::SeqCst) == 0 { Ok("first") } else { Err("gone".to_owned()) };
    let secret = Replaceable::new(Arc::new(read)).unwrap();
    assert_eq!(secret.get(Time::UNIX_EPOCH).await, "first");
}
