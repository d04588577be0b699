use crate::ledger::DELIVERY_DAYS_KEPT;

use super::*;

const SOURCE: &str = "registry/ghcr.io";
const MINUTE: i64 = 60 * 1_000_000;
const DAY: i64 = 24 * 3600 * 1_000_000;

fn delivery(id: DeliveryId, microseconds: i64) -> Delivery {
    Delivery {
        source: SOURCE.to_owned(),
        id,
        received_at: at(microseconds),
        subject: DeliverySubject::Images(vec![shop()]),
    }
}

fn given(text: &str) -> DeliveryId {
    DeliveryId::Given(text.to_owned())
}

fn of_content(text: &str) -> DeliveryId {
    DeliveryId::OfContent(text.to_owned())
}

async fn outcomes(ledger: &SqliteLedger) -> Vec<(String, Option<String>)> {
    let query = "SELECT id, outcome FROM deliveries ORDER BY received_at";
    sqlx::query_as(query).fetch_all(&ledger.pool).await.unwrap()
}

#[tokio::test]
async fn a_delivery_waits_until_it_is_concluded() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let (first, second) = (delivery(given("a"), 1), delivery(of_content("b"), 2));
    for own in [&second, &first] {
        assert_eq!(ledger.accept(own).await.unwrap(), Acceptance::New);
    }
    assert_eq!(ledger.deliveries().await.unwrap(), [first.clone(), second.clone()]);
    ledger.conclude(&first, DeliveryOutcome::Looked, at(3)).await.unwrap();
    assert_eq!(ledger.deliveries().await.unwrap(), [second]);
}

#[tokio::test]
async fn a_delivery_survives_the_process() {
    let (_folder, file) = folder();
    let ledger = SqliteLedger::open(&file).await.unwrap();
    ledger.accept(&delivery(given("a"), 1)).await.unwrap();
    // Nothing is closed: the process is gone between two instructions.
    let again = SqliteLedger::open(&file).await.unwrap();
    assert_eq!(again.deliveries().await.unwrap(), [delivery(given("a"), 1)]);
}

#[tokio::test]
async fn what_a_product_named_comes_once_for_ever() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let first = delivery(given("a"), 1);
    ledger.accept(&first).await.unwrap();
    assert_eq!(ledger.accept(&delivery(given("a"), 2)).await.unwrap(), Acceptance::Doubled);
    ledger.conclude(&first, DeliveryOutcome::Looked, at(3)).await.unwrap();
    assert_eq!(ledger.accept(&delivery(given("a"), 4)).await.unwrap(), Acceptance::Doubled);
    let elsewhere = Delivery { source: "registry/quay.io".to_owned(), ..delivery(given("a"), 5) };
    assert_eq!(ledger.accept(&elsewhere).await.unwrap(), Acceptance::New);
}

#[tokio::test]
async fn the_same_content_comes_once_until_it_was_handled() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let first = delivery(of_content("b"), 1);
    ledger.accept(&first).await.unwrap();
    assert_eq!(ledger.accept(&delivery(of_content("b"), 2)).await.unwrap(), Acceptance::Doubled);
    ledger.conclude(&first, DeliveryOutcome::Looked, at(3)).await.unwrap();
    // A tag that was pushed again may say the very same as the first time.
    assert_eq!(ledger.accept(&delivery(of_content("b"), 4)).await.unwrap(), Acceptance::New);
}

#[tokio::test]
async fn of_many_that_bring_the_same_one_is_new() {
    let (_folder, file) = folder();
    let (first, second) =
        (SqliteLedger::open(&file).await.unwrap(), SqliteLedger::open(&file).await.unwrap());
    let tries = (0..20).map(|n| {
        let ledger = if n % 2 == 0 { first.clone() } else { second.clone() };
        async move { ledger.accept(&delivery(given("a"), n)).await.unwrap() }
    });
    let accepted = futures::future::join_all(tries).await;
    assert_eq!(accepted.iter().filter(|own| **own == Acceptance::New).count(), 1);
}

#[tokio::test]
async fn the_first_outcome_stays() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let own = delivery(given("a"), 1);
    ledger.accept(&own).await.unwrap();
    ledger.conclude(&own, DeliveryOutcome::Unused, at(2)).await.unwrap();
    ledger.conclude(&own, DeliveryOutcome::Looked, at(3)).await.unwrap();
    assert_eq!(outcomes(&ledger).await, [("a".to_owned(), Some("unused".to_owned()))]);
}

#[tokio::test]
async fn what_was_handled_long_ago_is_forgotten_and_what_was_not_is_kept() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let (handled, open) = (delivery(given("handled"), 1), delivery(given("open"), 2));
    for own in [&handled, &open] {
        ledger.accept(own).await.unwrap();
    }
    ledger.conclude(&handled, DeliveryOutcome::Looked, at(3)).await.unwrap();
    ledger.accept(&delivery(given("new"), DELIVERY_DAYS_KEPT * DAY)).await.unwrap();
    assert_eq!(outcomes(&ledger).await.len(), 3, "not yet a week");
    ledger.accept(&delivery(given("newer"), DELIVERY_DAYS_KEPT * DAY + MINUTE)).await.unwrap();
    let ids: Vec<String> = outcomes(&ledger).await.into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["open", "new", "newer"]);
}

#[tokio::test]
async fn old_deliveries_are_looked_for_once_a_minute() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    for own in [delivery(given("old"), 1), delivery(given("half a minute younger"), MINUTE / 2)] {
        ledger.accept(&own).await.unwrap();
        ledger.conclude(&own, DeliveryOutcome::Looked, at(MINUTE)).await.unwrap();
    }
    let start = DELIVERY_DAYS_KEPT * DAY + 2;
    let mut counts = Vec::new();
    for (id, after) in [("now", 0), ("soon", MINUTE / 2 + 1), ("later", MINUTE)] {
        ledger.accept(&delivery(given(id), start + after)).await.unwrap();
        counts.push(outcomes(&ledger).await.iter().filter(|(_, outcome)| outcome.is_some()).count());
    }
    assert_eq!(counts, [1, 1, 0]);
}

#[tokio::test]
async fn a_trouble_stays_until_it_is_over() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    assert_eq!(ledger.trouble(&shop()).await.unwrap(), None);
    let trouble = ListingFailure { since: at(5), why: "no answer".to_owned() };
    ledger.keep_trouble(&shop(), Some(&trouble)).await.unwrap();
    ledger
        .keep_trouble(&shop(), Some(&ListingFailure { why: "still none".to_owned(), ..trouble }))
        .await
        .unwrap();
    assert_eq!(ledger.trouble(&shop()).await.unwrap().unwrap().why, "still none");
    ledger.keep_trouble(&shop(), None).await.unwrap();
    assert_eq!(ledger.trouble(&shop()).await.unwrap(), None);
}

fn of_forge(id: &str, microseconds: i64) -> Delivery {
    let repositories = ["acme/deploy", "acme/other"].map(|name| name.parse().unwrap()).to_vec();
    let subject = DeliverySubject::Repositories("hub".parse().unwrap(), repositories);
    Delivery { source: "github/hub".to_owned(), subject, ..delivery(given(id), microseconds) }
}

#[tokio::test]
async fn a_delivery_about_repositories_comes_back_as_it_was() {
    let (_folder, file) = folder();
    let ledger = SqliteLedger::open(&file).await.unwrap();
    let (forge, registry) = (of_forge("a", 1), delivery(given("a"), 2));
    for own in [&forge, &registry] {
        assert_eq!(ledger.accept(own).await.unwrap(), Acceptance::New, "another source, another event");
    }
    assert_eq!(ledger.accept(&of_forge("a", 3)).await.unwrap(), Acceptance::Doubled);
    let again = SqliteLedger::open(&file).await.unwrap();
    assert_eq!(again.deliveries().await.unwrap(), [forge.clone(), registry.clone()]);
    again.conclude(&forge, DeliveryOutcome::Looked, at(4)).await.unwrap();
    assert_eq!(ledger.deliveries().await.unwrap(), [registry]);
}

#[tokio::test]
async fn what_an_older_version_kept_is_still_owed() {
    let (_folder, file) = folder();
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    // As it was before forges had events.
    let before: Vec<_> = MIGRATIONS.iter().filter(|migration| migration.version <= 3).cloned().collect();
    assert_eq!(before.len(), 3);
    let before = Migrator { migrations: before.into(), ..Migrator::DEFAULT };
    assert!(claim(&mut connection).await.unwrap());
    before.run_direct(None, &mut connection, false).await.unwrap();
    let insert = "INSERT INTO deliveries (source, id, is_given, received_at, images) \
                  VALUES ($1, 'a', 1, 1, '[\"ghcr.io/acme/shop\"]')";
    sqlx::query(insert).bind(SOURCE).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    let ledger = SqliteLedger::open(&file).await.unwrap();

    assert_eq!(ledger.deliveries().await.unwrap(), [delivery(given("a"), 1)]);
}

#[tokio::test]
async fn what_cannot_be_understood_keeps_no_other_from_its_outcome() {
    let ledger = SqliteLedger::in_memory().await.unwrap();
    let insert = "INSERT INTO deliveries (source, id, is_given, received_at, images, forge, repositories) \
                  VALUES ('github/hub', 'poison', 1, 1, '[]', 'hub', '[\"no repository\"]')";
    sqlx::query(insert).execute(&ledger.pool).await.unwrap();
    ledger.accept(&delivery(given("a"), 2)).await.unwrap();
    assert_eq!(ledger.deliveries().await.unwrap(), [delivery(given("a"), 2)]);
    let said = [("poison".to_owned(), Some("unreadable".to_owned())), ("a".to_owned(), None)];
    assert_eq!(outcomes(&ledger).await, said);
}
