//! Secrets that somebody wrote where none belong are shown to nobody.

use proptest::prelude::*;

use crate::config::mask::masked;

#[test]
fn what_may_be_a_secret_is_masked_and_what_names_one_is_shown() {
    insta::assert_snapshot!(masked(
        "forges:
  - name: hub
    token: ghp_INLINE_SECRET
    webhook_secrets: [ plain, { env: ghp-dash }, { env: TOWPATH_SECRET }, { file: hook.secret } ]
  - { name: other, url: 'https://me:pw@host', token: abc, app: { private_key: { evn: KEY } } }
    webhook_secrets:
      - one
      - { file: two.secret }
    app:
      private_key: |
        -----BEGIN RSA PRIVATE KEY-----
        MIIEpAIBAAKCAQEA
    name: third # a comment
"
    ), @"
    forges:
      - name: hub
        token: *****************
        webhook_secrets: [ *****, { env: ***-**** }, { env: TOWPATH_SECRET }, { file: hook.secret } ]
      - { name: other, url: 'https://*****@host', token: ***, app: { private_key: { evn: *** } } }
        webhook_secrets:
          - ***
          - { file: two.secret }
        app:
          private_key: |
            -----***** *** ******* ***-----
            ****************
        name: third # a comment
    ");
}

#[test]
fn a_problem_shows_no_secret() {
    let text = "version: 1\nforges:\n  - { name: hub, kind: github, token: ghp_INLINE_SECRET }\n";
    let shown = super::problems_in(text);
    assert!(!shown.contains("INLINE") && shown.contains("token: *****"), "{shown}");
}

proptest! {
    #[test]
    fn carets_stay_where_they_are(text in "(?s)(token: |webhook_secrets:|\\PC|\n| ){0,40}") {
        let shown = masked(&text);
        prop_assert_eq!(shown.len(), text.len());
        prop_assert_eq!(shown.lines().count(), text.lines().count());
    }
}
