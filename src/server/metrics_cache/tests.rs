use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

#[test]
fn requests_that_come_together_share_one_text() {
    let renderings = AtomicU64::new(0);
    let cache = MetricsCache::new(Arc::new(move || renderings.fetch_add(1, Ordering::Relaxed).to_string()));
    let (other, start) = (cache.clone(), Instant::now());
    assert_eq!(cache.text(start), "0");
    assert_eq!(other.text(start + AGE_MAX / 2), "0");
    assert_eq!(other.text(start + AGE_MAX), "1");
    assert_eq!(cache.text(start + AGE_MAX), "1");
}
