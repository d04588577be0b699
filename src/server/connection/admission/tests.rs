use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{Admission, Usage};

/// Some connections, each a task that never ends by itself.
struct Connections {
    admission: Admission,
    tasks: Vec<JoinHandle<()>>,
    usages: Vec<Arc<Usage>>,
}

impl Connections {
    fn of(max: usize, peers: &[&str]) -> Self {
        let mut connections = Self { admission: Admission::new(max), tasks: Vec::new(), usages: Vec::new() };
        peers.iter().for_each(|peer| connections.open(peer));
        connections
    }

    fn open(&mut self, peer: &str) {
        self.open_at(peer, Instant::now());
    }

    fn open_at(&mut self, peer: &str, at: Instant) {
        self.admission.make_room();
        let task = tokio::spawn(std::future::pending());
        let usage = Arc::new(Usage::new(self.admission.sequence(), Duration::MAX, at));
        let peer: IpAddr = peer.parse().unwrap();
        self.admission.add(task.abort_handle(), peer, Arc::clone(&usage));
        self.tasks.push(task);
        self.usages.push(usage);
    }

    /// Which of them ended, in the order in which they were opened.
    async fn ended(self) -> Vec<usize> {
        tokio::task::yield_now().await;
        let ended = self.tasks.iter().enumerate().filter(|(_, task)| task.is_finished());
        ended.map(|(index, _)| index).collect()
    }
}

#[tokio::test]
async fn nothing_ends_while_there_is_room() {
    assert_eq!(Connections::of(3, &["10.0.0.1", "10.0.0.1", "10.0.0.2"]).ended().await, [0_usize; 0]);
}

#[tokio::test]
async fn the_address_with_most_connections_gives_way() {
    let peers = ["10.0.0.2", "10.0.0.1", "10.0.0.1", "10.0.0.3"];
    assert_eq!(Connections::of(3, &peers).ended().await, [1]);
}

#[tokio::test]
async fn the_connection_that_was_not_used_for_longest_gives_way() {
    let mut connections = Connections::of(3, &["10.0.0.1"; 3]);
    for index in [0, 1, 2, 0] {
        connections.usages[index].begin_request();
    }
    connections.open("10.0.0.1");
    assert_eq!(connections.ended().await, [1]);
}

#[tokio::test]
async fn a_connection_that_ended_leaves_its_place() {
    let mut connections = Connections::of(2, &["10.0.0.1"; 2]);
    let first = connections.tasks[0].id();
    connections.admission.remove(first);
    connections.open("10.0.0.1");
    assert_eq!(connections.ended().await, [0_usize; 0]);
}

#[tokio::test]
async fn among_addresses_with_as_many_connections_the_one_not_used_for_longest_gives_way() {
    let peers = ["10.0.0.1", "10.0.0.9", "10.0.0.5", "10.0.0.7"];
    assert_eq!(Connections::of(3, &peers).ended().await, [0]);
}

#[tokio::test]
async fn addresses_of_one_ipv6_network_share_their_places() {
    let peers = ["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "::ffff:10.0.0.1", "10.0.0.2"];
    assert_eq!(Connections::of(4, &peers).ended().await, [1]);
}

#[tokio::test]
async fn an_idle_connection_gives_way_before_one_with_a_request_under_way() {
    let mut connections = Connections::of(3, &["10.0.0.1"; 3]);
    for usage in &connections.usages {
        usage.begin_request();
    }
    let request = connections.usages[0].start_request();
    connections.open("10.0.0.1");
    drop(request);
    assert_eq!(connections.ended().await, [1]);
}

#[tokio::test]
async fn a_new_connection_has_time_to_send_its_request() {
    let mut connections = Connections::of(2, &["10.0.0.1"; 2]);
    let request = connections.usages[0].start_request();
    connections.open("10.0.0.1");
    drop(request);
    assert_eq!(connections.ended().await, [0]);
}

#[tokio::test]
async fn a_connection_that_stays_silent_counts_as_idle() {
    let mut connections = Connections::of(2, &["10.0.0.1"]);
    let request = connections.usages[0].start_request();
    let long_ago =
        Instant::now().checked_sub(Duration::from_secs(2)).expect("the machine is up for two seconds");
    connections.open_at("10.0.0.1", long_ago);
    connections.open("10.0.0.1");
    drop(request);
    assert_eq!(connections.ended().await, [1]);
}
