use super::*;

const MOMENT: Duration = Duration::from_millis(1);

fn tries() -> RetryState {
    RetryState::new(RetryPolicy { pause: MOMENT, wait_max: MOMENT })
}

fn pause(wait: Duration, until: &str) -> Pause {
    Pause { wait, until: until.parse().expect("an instant") }
}

fn failed() -> ForgeError {
    ForgeError::Unavailable { what: "reading".to_owned(), why: "Bad Gateway".to_owned() }
}

#[tokio::test]
async fn whoever_waited_for_a_pause_goes_on_whatever_the_clock_says() {
    let (mut tries, short) = (tries(), pause(MOMENT, "2026-03-02T09:00:01Z"));
    assert!(!tries.waited_for(short));
    tries.wait(AttemptError::rate_limited(short)).await.unwrap();
    assert!(tries.waited_for(short));
    let longer = pause(MOMENT, "2026-03-02T09:00:02Z");
    assert!(!tries.waited_for(longer), "GitHub asked for another one since");
}

#[tokio::test]
async fn a_long_pause_is_not_waited_for_on_the_spot() {
    let mut tries = tries();
    let wait = MOMENT * 2;
    let error =
        tries.wait(AttemptError::rate_limited(pause(wait, "2026-03-02T09:00:01Z"))).await.unwrap_err();
    assert_eq!(error, ForgeError::RateLimited { wait });
}

#[tokio::test]
async fn no_request_goes_out_for_ever() {
    let mut tries = tries();
    for _more in 1..ATTEMPTS_MAX {
        tries.wait(AttemptError::retryable_if(true, failed())).await.unwrap();
    }
    assert_eq!(tries.wait(AttemptError::retryable_if(true, failed())).await, Err(failed()));
}

#[tokio::test]
async fn what_would_do_harm_twice_goes_out_once() {
    assert_eq!(tries().wait(AttemptError::retryable_if(false, failed())).await, Err(failed()));
    assert_eq!(tries().wait(AttemptError::permanent(failed())).await, Err(failed()));
}
