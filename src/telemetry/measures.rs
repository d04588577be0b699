//! Metrics: what the program counts about itself, as Prometheus reads it.
//!
//! Whoever counts does so through the crate `metrics` and needs nothing of this module. Every label has a bounded
//! number of values: names of the configuration, and words of our own.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The steps in which durations are counted, in seconds.
const SECONDS: [f64; 9] = [0.005, 0.02, 0.05, 0.2, 0.5, 1.0, 5.0, 20.0, 60.0];

/// What was counted since the start.
#[derive(Clone)]
pub struct Measures(PrometheusHandle);

impl std::fmt::Debug for Measures {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Measures(..)")
    }
}

/// Starts counting. In one process the first start counts; what a later one gives stays empty.
#[must_use]
pub fn measure() -> Measures {
    let builder = PrometheusBuilder::new().set_buckets(&SECONDS).expect("there are some steps");
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    drop(metrics::set_global_recorder(recorder));
    describe();
    Measures(handle)
}

impl Measures {
    /// All of it, as text.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

fn describe() {
    metrics::describe_counter!(
        "towpath_requests_total",
        "Questions to the outside, by port, host, question and result"
    );
    metrics::describe_counter!(
        "towpath_forge_requests_total",
        "Requests to a forge, by forge, account, interface, kind and outcome"
    );
    metrics::describe_counter!(
        "towpath_forge_waits_total",
        "Requests to a forge that were not sent because they exceed its limits, by lane"
    );
    metrics::describe_gauge!(
        "towpath_forge_budget_remaining",
        "Requests that a forge still takes until it renews its limit"
    );
    metrics::describe_gauge!("towpath_forge_writes", "Writes to a forge in the last minute and hour");
    metrics::describe_gauge!("towpath_listing_age_seconds", "How long ago the tags of each image were read");
    metrics::describe_counter!(
        "towpath_deliveries_total",
        "Received events, by source, kind and immediate result"
    );
    metrics::describe_counter!(
        "towpath_deliveries_concluded_total",
        "Accepted events, by source and final result"
    );
    metrics::describe_counter!("towpath_looks_total", "Looks at config repositories, by place and result");
    metrics::describe_histogram!("towpath_look_seconds", "How long a look took");
    metrics::describe_gauge!("towpath_open_changes", "Open changes, by place and environment");
}
