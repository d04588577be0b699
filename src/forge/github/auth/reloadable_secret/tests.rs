use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};

use futures::future::join_all;

use super::*;

/// A second reading would wait for ever.
const LET_GO_MAX: std::time::Duration = std::time::Duration::from_secs(5);

/// A secret that counts how often it is read; each reading but the first waits until the test lets it go on.
fn counting() -> (ReloadableSecret<u64>, Sender<()>) {
    let (sender, receiver) = mpsc::channel();
    let (reads, receiver) = (AtomicU64::new(0), Mutex::new(receiver));
    let read = move || {
        let earlier = reads.fetch_add(1, Ordering::SeqCst);
        if earlier > 0 {
            lock(&receiver).recv_timeout(LET_GO_MAX).ok();
        }
        Ok(earlier)
    };
    (ReloadableSecret::new(Arc::new(read)).unwrap(), sender)
}

/// What ten get who ask at the same time, each with a clock a second behind the one before.
async fn ten(secret: &ReloadableSecret<u64>, sender: &Sender<()>, now: Time) -> Vec<u64> {
    let asked = (0..10).map(|number| secret.get(now - TimeDelta::seconds(number)));
    let go_on = async {
        // By now all of them have asked once.
        sender.send(()).unwrap();
    };
    futures::future::join(join_all(asked), go_on).await.0
}

#[tokio::test]
async fn one_of_all_that_need_it_at_the_same_time_reads_it() {
    let (secret, sender) = counting();
    assert_eq!(ten(&secret, &sender, Time::UNIX_EPOCH).await, [1; 10]);
    assert_eq!(secret.get(Time::UNIX_EPOCH + AGE_MAX / 2).await, 1, "it is fresh");
    let hour_before = Time::UNIX_EPOCH - TimeDelta::hours(1);
    assert_eq!(ten(&secret, &sender, hour_before).await, [2; 10], "whatever the clock says");
    secret.doubt();
    assert_eq!(ten(&secret, &sender, hour_before).await, [3; 10]);
}

#[tokio::test]
async fn one_that_cannot_be_read_again_is_what_it_was() {
    let reads = AtomicU64::new(0);
    let read =
        move || if reads.fetch_add(1, Ordering::SeqCst) == 0 { Ok("first") } else { Err("gone".to_owned()) };
    let secret = ReloadableSecret::new(Arc::new(read)).unwrap();
    assert_eq!(secret.get(Time::UNIX_EPOCH).await, "first");
}
