//! Towpath tows container releases from dev to production, one gated pull request at a time.
