//! One connection at the server: its streams become calls, and beside them it is told of a drain and gives signs of life.

use crate::alpn::{close, stream};
use crate::datagram::Datagram;
use crate::node::{Shared, io};
use crate::queue::AsterConnection;
use crate::server::Inner;
use crate::server::exchange::{self, Peer};
use crate::server::sessions::{self, EndAll, Sessions};
use iroh::endpoint::{Connection, VarInt};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

/// How often a peer is told to go.
const TELL: Duration = Duration::from_secs(1);
/// Signs of life for one connection in a second.
const ANSWERS: u32 = 10;

/// Serves a connection for calls to its end.
pub(super) async fn serve(server: &Arc<Inner>, connection: AsterConnection) {
    let shared = server.node.shared();
    let id = connection.peer();
    let connection = connection.connection;
    let peer = Arc::new(Peer {
        id,
        shared: Arc::clone(shared),
        table: Arc::clone(&server.table),
        budget: shared.budgets.peer(id),
        interceptors: server.interceptors.clone(),
        sessions: Sessions::new(shared),
    });
    let _ends = EndAll(&peer.sessions);
    let _open = (Open::new(&server.open), Open::new(&shared.calling));
    let number = connection.stable_id();
    server.connections().insert(number, connection.weak_handle());
    // a task of its own: calls do not pay for what is said beside them
    tokio::spawn(beside(
        connection.clone(),
        server.stop.subscribe(),
        Arc::clone(shared),
    ));
    tokio::select! {
        () = streams(server, &connection, &peer) => {}
        never = sessions::end_idle(&peer.sessions) => match never {},
    }
    server.connections().remove(&number);
}

/// Counts a connection while it is served.
struct Open<'a>(&'a watch::Sender<usize>);

impl<'a> Open<'a> {
    fn new(count: &'a watch::Sender<usize>) -> Self {
        count.send_modify(|open| *open += 1);
        Self(count)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

async fn streams(server: &Inner, connection: &Connection, peer: &Arc<Peer>) {
    let closing = peer.shared.closing.subscribe();
    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
        if server.draining.load(Ordering::Acquire) || *closing.borrow() {
            io::reset(&mut send, stream::REFUSED);
            // a stream that has ended already needs no stop
            let _ = receive.stop(VarInt::from_u32(stream::REFUSED));
            continue;
        }
        tokio::spawn(exchange::serve(Arc::clone(peer), send, receive));
    }
}

/// Answers who asks for a sign of life, and tells the peer to go once the server drains or the node closes.
async fn beside(connection: Connection, mut stop: watch::Receiver<bool>, shared: Arc<Shared>) {
    let mut closing = shared.closing.subscribe();
    let mut answers = Answers::default();
    let mut tell = None;
    loop {
        tokio::select! {
            datagram = connection.read_datagram() => {
                let Ok(datagram) = datagram else { return };
                if let Some(Datagram::Ask(bytes)) = Datagram::parse(&datagram)
                    && answers.may(Instant::now())
                {
                    // a peer that cannot be told is gone: the next turn sees it
                    let _ = connection.send_datagram(Datagram::Answer(bytes).encode());
                }
            }
            _ = told(&mut stop, &mut closing), if tell.is_none() => {
                let mut ticks = tokio::time::interval(TELL);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                tell = Some(ticks);
            }
            () = tick(&mut tell) => drop(connection.send_datagram(Datagram::Drain.encode())),
        }
    }
}

/// Waits until the server drains or the node closes. Both senders live as long as calls can be served.
async fn told(stop: &mut watch::Receiver<bool>, closing: &mut watch::Receiver<bool>) {
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

async fn tick(ticks: &mut Option<tokio::time::Interval>) {
    match ticks {
        Some(ticks) => drop(ticks.tick().await),
        None => std::future::pending().await,
    }
}

/// How many signs of life were given in the current second.
#[derive(Debug, Default)]
struct Answers {
    since: Option<Instant>,
    given: u32,
}

impl Answers {
    fn may(&mut self, now: Instant) -> bool {
        let same = |since| now.saturating_duration_since(since) < Duration::from_secs(1);
        if !self.since.is_some_and(same) {
            *self = Self {
                since: Some(now),
                given: 0,
            };
        }
        self.given += 1;
        self.given <= ANSWERS
    }
}

/// Waits until no connection is served, or until `deadline` from now. Says whether none is.
pub(super) async fn all_closed(server: &Inner, deadline: Duration) -> bool {
    let mut open = server.open.subscribe();
    let closed = open.wait_for(|open| *open == 0);
    tokio::time::timeout(deadline, closed).await.is_ok()
}

/// Closes what is still open.
pub(super) fn close_all(server: &Inner) {
    let connections: Vec<_> = server
        .connections()
        .values()
        .filter_map(iroh::endpoint::WeakConnectionHandle::upgrade)
        .collect();
    for connection in connections {
        connection.close(VarInt::from_u32(close::DONE), b"shutting down");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_gets_ten_signs_of_life_in_a_second() {
        let (mut answers, start) = (Answers::default(), Instant::now());
        let mut second = |number: u64| {
            let at = start + Duration::from_millis(number * 1100);
            (0..100).filter(|_| answers.may(at)).count()
        };
        assert_eq!((second(0), second(1), second(1), second(2)), (10, 10, 0, 10));
    }
}
