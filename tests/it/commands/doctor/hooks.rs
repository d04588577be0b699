//! Where events are sent, and what became of them.

use super::*;

fn organization_hook() -> Value {
    let url = "https://api.forge.test/orgs/acme/hooks/9";
    json!({
        "id": 9,
        "url": url,
        "ping_url": format!("{url}/pings"),
        "name": "web",
        "events": ["*"],
        "active": true,
        "config": { "url": "https://towpath.test/hooks/github/hub", "content_type": "json", "secret": "********" },
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T09:00:00Z",
        "type": "Organization",
    })
}

#[tokio::test]
async fn a_webhook_of_the_organization_serves_its_repositories() {
    let practice = Practice::new(A_TOKEN, |setup| {
        setup.repository_hooks = Some(Vec::new());
        setup.organization_hooks = Some(vec![organization_hook()]);
    })
    .await;
    let said = practice.findings(&["events", "webhook"]).await;
    snapshot!(said, @"  ok        the last 2 events were taken, the latest <instant>");
    practice.world.state().github.setup.organization_hooks = Some(Vec::new());
    let said = practice.findings(&["events", "webhook"]).await;
    snapshot!(said, @"
    wrong     no webhook sends events, and `webhook_secrets` waits for them
              in the settings of the App (with a token: of the repository or its organization) > Webhook, set the address to https://YOUR-TOWPATH/hooks/github/FORGE, with one of the `webhook_secrets`
    ");
}

#[tokio::test]
async fn a_webhook_at_another_name_is_named() {
    let at = |mut hook: Value, name: &str| {
        hook["config"]["url"] = json!(format!("https://towpath.test/hooks/github/{name}"));
        hook
    };
    let practice = Practice::new(A_TOKEN, |setup| {
        setup.repository_hooks = Some(vec![at(repository_hook(true), "github")]);
        setup.organization_hooks = Some(Vec::new());
    })
    .await;
    let said = practice.findings(&["events", "webhook"]).await;
    snapshot!(said, @"
    wrong     the webhook sends events to `https://towpath.test/hooks/github/github`, and those of `hub` are taken elsewhere
              let its address end in `/hooks/github/hub`, at the host of Towpath
    ");
    practice.world.state().github.setup.organization_hooks = Some(vec![at(organization_hook(), "other")]);
    let said = practice.findings(&["events", "webhook"]).await;
    snapshot!(said, @"
    wrong     the webhook sends events to `https://towpath.test/hooks/github/github`, and those of `hub` are taken elsewhere
              let its address end in `/hooks/github/hub`, at the host of Towpath
    ");
    practice.world.state().github.setup.organization_hooks = None;
    let said = practice.findings(&["events", "webhook"]).await;
    snapshot!(said, @"
    unknown   where events are sent could not be asked for: that of the repository leads to `https://towpath.test/hooks/github/github`; those of the organization only its owners may read
              look at Settings > Webhooks of the repository and of its organization: the address ends with /hooks/github/FORGE; where events come, `towpath_deliveries_total` in /metrics of `towpath serve` grows
    ");
    practice.world.state().github.setup.organization_hooks = Some(vec![organization_hook()]);
    let said = practice.findings(&["events", "webhook"]).await;
    snapshot!(said, @"  ok        the last 2 events were taken, the latest <instant>");
}

#[tokio::test]
async fn where_the_repository_is_not_seen_nobody_knows_of_its_webhook() {
    let practice = Practice::new(A_TOKEN, |setup| setup.is_gone = true).await;
    let said = practice.findings(&["events", "webhook", "repository"]).await;
    snapshot!(said, @"
    GitHub `hub`, repository `acme/deploy`
      wrong     the repository cannot be seen: it does not exist, or the bot may not see it
                install the App for it, or give the token access; and look at `repository` in the configuration
      unknown   where events are sent could not be asked for: the repository cannot be seen
                look at Settings > Webhooks of the repository and of its organization: the address ends with /hooks/github/FORGE; where events come, `towpath_deliveries_total` in /metrics of `towpath serve` grows
    ");
}

#[tokio::test]
async fn a_webhook_that_only_owners_see_is_not_taken_for_none() {
    let practice = Practice::new(A_TOKEN, |setup| setup.repository_hooks = Some(Vec::new())).await;
    let said = practice.findings(&["events", "webhook"]).await;
    snapshot!(said, @"
    unknown   where events are sent could not be asked for: the repository has none; those of the organization only its owners may read
              look at Settings > Webhooks of the repository and of its organization: the address ends with /hooks/github/FORGE; where events come, `towpath_deliveries_total` in /metrics of `towpath serve` grows
    ");
}

#[tokio::test]
async fn deliveries_that_nobody_may_read_are_not_fine() {
    let practice = Practice::new(A_TOKEN, |setup| {
        setup.repository_hooks = Some(vec![repository_hook(true)]);
    })
    .await;
    practice.refuse("GET /repos/acme/deploy/hooks/1/deliveries", 404, "Not Found");
    let said = practice.findings(&["recent deliveries"]).await;
    snapshot!(said, @"
    unknown   the recent deliveries could not be asked for: only an owner may read them
              an owner sees them in the webhook's settings > Recent Deliveries; those that come are counted by `towpath_deliveries_total` in /metrics
    ");
    let practice = Practice::new(APP, |_| {}).await;
    practice.refuse("GET /app/hook/deliveries", 403, "Resource not accessible by integration");
    let said = practice.findings(&["recent deliveries"]).await;
    snapshot!(said, @"
    unknown   the recent deliveries could not be asked for: the bot may not read its deliveries in `GitHub`; check the repositories and permissions of the token or the App: GitHub answered 403, Resource not accessible by integration
              an owner sees them in the webhook's settings > Recent Deliveries; those that come are counted by `towpath_deliveries_total` in /metrics
    ");
}
