//! Which connections are open, and which one ends when a new one needs its place.
//!
//! When all places are taken, the connection that was idle for the longest gives way, so a new client always gets a
//! place. The price is that under a flood an event that a client sends slowly is rejected, and GitHub does not repeat
//! rejected events.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::{AbortHandle, Id};

use super::usage::{Sequence, Usage};

/// The open connections of the server, at most `max`.
#[derive(Debug)]
pub(super) struct Admission {
    max: usize,
    open: Vec<Open>,
    /// How many connections each network has open; each of them knows, so that none is looked up to find the largest.
    counts: BTreeMap<IpAddr, Arc<AtomicUsize>>,
    sequence: Sequence,
}

#[derive(Debug)]
struct Open {
    task: AbortHandle,
    network: IpAddr,
    /// How many connections its network has open.
    neighbours: Arc<AtomicUsize>,
    usage: Arc<Usage>,
}

impl Admission {
    /// Room for this many connections.
    pub(super) fn new(max: usize) -> Self {
        Self { max, open: Vec::new(), counts: BTreeMap::new(), sequence: Sequence::default() }
    }

    /// The counter that orders connections by when they were last used.
    pub(super) fn sequence(&self) -> Sequence {
        Arc::clone(&self.sequence)
    }

    /// Ends one connection if all places are taken: of the network with most connections, the least recently used one that is
    /// idle, or if none is, the least recently used one. So no network keeps the others out, and behind a proxy, where all
    /// clients have one address, a request under way ends only if no idle connection is left.
    pub(super) fn make_room(&mut self) {
        if self.open.len() < self.max {
            return;
        }
        let rank = |open: &Open| {
            let usage = &open.usage;
            (open.neighbours.load(Ordering::Relaxed), usage.is_idle(), Reverse(usage.last_used()))
        };
        let Some((index, _)) = self.open.iter().enumerate().max_by_key(|(_, open)| rank(open)) else {
            return;
        };
        self.take(index).task.abort();
        metrics::counter!("towpath_http_connections_evicted_total").increment(1);
    }

    /// Notes a connection that was opened.
    pub(super) fn add(&mut self, task: AbortHandle, peer: IpAddr, usage: Arc<Usage>) {
        let network = network(peer);
        let neighbours = Arc::clone(self.counts.entry(network).or_default());
        neighbours.fetch_add(1, Ordering::Relaxed);
        self.open.push(Open { task, network, neighbours, usage });
    }

    /// Forgets a connection that ended. One that [`Self::make_room`] ended is unknown already.
    pub(super) fn remove(&mut self, task: Id) {
        if let Some(index) = self.open.iter().position(|open| open.task.id() == task) {
            drop(self.take(index));
        }
    }

    fn take(&mut self, index: usize) -> Open {
        let open = self.open.swap_remove(index);
        if open.neighbours.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.counts.remove(&open.network);
        }
        open
    }
}

/// The addresses that count as one: a single IPv4 address, or the /64 of an IPv6 address, since one host may use all
/// addresses of its /64 (RFC 4291, section 2.5.4).
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        address @ IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests;
