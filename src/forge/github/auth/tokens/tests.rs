use super::*;
use crate::model::RepositoryName;

fn start() -> Time {
    "2026-03-02T09:00:00Z".parse().expect("an instant")
}

fn repository(number: usize) -> RepositoryName {
    RepositoryName::new(format!("acme/deploy-{number}")).expect("a name")
}

/// Keeps a token for a repository until an instant.
async fn grant(tokens: &TokenCache, number: usize, now: Time, expires_at: Time) {
    let granted = IssuedToken { token: SecretString::from("s3cret"), made_at: now, expires_at };
    let place = tokens.of(Scope::Repository(&repository(number)), now);
    let fetched = place.get(|_| false, |_| true, async { Ok(granted) });
    assert!(fetched.await.is_ok());
}

fn has(tokens: &TokenCache, number: usize) -> bool {
    let name = repository(number);
    let key = format!("{:?}", Scope::Repository(&name));
    lock(&tokens.0).get(&key).is_some_and(|place| place.kept().is_some())
}

#[tokio::test]
async fn tokens_that_ended_leave_when_another_one_comes() {
    let tokens = TokenCache::default();
    for number in 0..100 {
        grant(&tokens, number, start(), start() + TimeDelta::hours(1)).await;
    }
    let later = start() + TimeDelta::minutes(56);
    grant(&tokens, 100, later, later + TimeDelta::hours(1)).await;
    assert_eq!(lock(&tokens.0).len(), 1);
}

#[tokio::test]
async fn where_there_are_too_many_the_one_that_ends_first_goes() {
    let tokens = TokenCache::default();
    for number in 0..=TOKENS_MAX {
        let seconds = i64::try_from(number).expect("it is small");
        grant(&tokens, number, start(), start() + TimeDelta::hours(1) + TimeDelta::seconds(seconds)).await;
    }
    assert_eq!(lock(&tokens.0).len(), TOKENS_MAX);
    assert!(!has(&tokens, 0) && has(&tokens, 1) && has(&tokens, TOKENS_MAX));
}

#[tokio::test]
async fn a_token_is_doubted_when_it_is_no_longer_new_and_no_other_one_took_its_place() {
    let (tokens, name) = (TokenCache::default(), repository(1));
    grant(&tokens, 1, start(), start() + TimeDelta::hours(1)).await;
    let (scope, later) = (Scope::Repository(&name), start() + FRESH_FOR);
    tokens.rejected(scope, &SecretString::from("s3cret"), start());
    assert!(tokens.is_fresh(scope, start()) && has(&tokens, 1));
    tokens.rejected(scope, &SecretString::from("an older one"), later);
    assert!(!tokens.is_fresh(scope, later) && has(&tokens, 1));
    tokens.rejected(scope, &SecretString::from("s3cret"), later);
    assert!(!has(&tokens, 1));
}
