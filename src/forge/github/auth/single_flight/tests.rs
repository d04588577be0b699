use std::sync::atomic::AtomicUsize;

use futures::future::join_all;

use super::*;

fn down() -> ForgeError {
    ForgeError::Unavailable { what: "acting as the App".to_owned(), why: "Bad Gateway".to_owned() }
}

/// What ten who want it at the same time get, and how often it was fetched.
async fn ten(
    flight: &SingleFlight<u64>,
    is_everybody_s: bool,
    response: Result<u64, ForgeError>,
) -> (Vec<Result<u64, ForgeError>>, usize) {
    let fetched = AtomicUsize::new(0);
    let fetch = || async {
        fetched.fetch_add(1, Ordering::AcqRel);
        tokio::task::yield_now().await;
        response.clone()
    };
    let all = join_all((0..10).map(|_| flight.get(|_| true, |_| is_everybody_s, fetch()))).await;
    (all, fetched.into_inner())
}

#[tokio::test]
async fn one_fetches_for_all() {
    let flight = SingleFlight::default();
    assert_eq!(ten(&flight, true, Ok(7)).await, (vec![Ok(7); 10], 1));
    assert_eq!(ten(&flight, true, Ok(8)).await, (vec![Ok(7); 10], 0), "it is kept");
    flight.drop_if(|kept| *kept == 8);
    assert_eq!(flight.kept(), Some(7));
    flight.drop_if(|kept| *kept == 7);
    assert_eq!(ten(&flight, true, Ok(8)).await, (vec![Ok(8); 10], 1));
}

#[tokio::test]
async fn one_fails_for_all_who_waited_and_for_nobody_who_comes_later() {
    let flight = SingleFlight::default();
    assert_eq!(ten(&flight, true, Err(down())).await, (vec![Err(down()); 10], 1));
    assert_eq!(ten(&flight, true, Ok(7)).await, (vec![Ok(7); 10], 1));
}

#[tokio::test]
async fn a_failure_of_one_alone_keeps_the_others_from_nothing() {
    let flight = SingleFlight::default();
    assert_eq!(ten(&flight, false, Err(down())).await.1, 10);
}

#[tokio::test]
async fn whoever_gives_up_leaves_the_fetch_to_the_next() {
    let flight = SingleFlight::default();
    let never = flight.get(|_| true, |_| true, std::future::pending());
    assert!(futures::FutureExt::now_or_never(never).is_none());
    assert_eq!(ten(&flight, true, Ok(7)).await, (vec![Ok(7); 10], 1));
}
