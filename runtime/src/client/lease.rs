//! How long an admission and the belief in its server last, and their renewal in time.
//!
//! Source: trust, "Gates".

use crate::admission::{ServiceEntry, now};
use crate::client::connect::{ConnectError, Place};
use crate::client::link::Link;
use crate::trust::{Due, Granted, Grounds, Now, Revocations, RootPublicKey};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// An admission is not renewed more often than so.
const PAUSE: Duration = Duration::from_secs(1);
/// How often the clocks are read.
const LOOK: Duration = Duration::from_secs(60);

/// What a connection stands on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lease {
    /// When what was shown to the server counts no more.
    pub(crate) admission: Due,
    /// What the server was believed for, if that was asked.
    pub(crate) server: Option<Believed>,
}

/// A server that has shown to be a producer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Believed {
    grounds: Grounds,
    root: RootPublicKey,
    due: Due,
}

impl Believed {
    pub(crate) fn new(granted: &Granted, root: RootPublicKey, now: Now) -> Self {
        let at = granted.admission.expires;
        Self {
            grounds: granted.grounds,
            root,
            due: at.and_then(|at| Due::at(at, now)).unwrap_or_default(),
        }
    }

    fn is_over(&self, revocations: &Revocations, mesh: Option<RootPublicKey>, now: Now) -> bool {
        let revoked = mesh == Some(self.root) && revocations.revoked(&self.grounds).is_some();
        revoked || self.due.has_passed(now)
    }
}

impl Lease {
    /// Whether it lasts as long as the connection.
    pub(crate) fn is_endless(&self) -> bool {
        self.admission == Due::default() && self.server.is_none()
    }

    /// When to ask again: after two thirds of what is left, as long as something is.
    fn renewal(&self, now: Now) -> Due {
        let server = self.server.and_then(|server| server.due.left(now));
        let left = self.admission.left(now).into_iter().chain(server).min();
        let left = left.filter(|left| !left.is_zero());
        let at = left.and_then(|left| now.wall.checked_add((left * 2 / 3).max(PAUSE)));
        at.and_then(|at| Due::at(at, now)).unwrap_or_default()
    }

    /// How long the server is still believed; `None` for ever.
    fn belief(&self, now: Now) -> Option<Duration> {
        self.server.and_then(|server| server.due.left(now))
    }
}

/// Who has the connection that is renewed.
pub(crate) trait Owner: Send + Sync + 'static {
    /// Where it leads.
    fn place(&self) -> &Place;
    /// Takes what the server listed.
    fn listed(&self, services: Arc<[ServiceEntry]>);
    /// Ends the connections: the server is believed no more.
    fn distrust(&self);
}

/// Renews the admission for a connection in time, and ends it with the belief in the server, until it ends.
pub(crate) async fn keep(owner: Weak<impl Owner>, link: Weak<Link>, mut lease: Lease) {
    let Some((owner_now, link)) = owner.upgrade().zip(link.upgrade()) else {
        return;
    };
    let mesh = &owner_now.place().node.shared().mesh;
    let (mut known, root, mut closed) = (mesh.known(), mesh.root(), Box::pin(link.closed()));
    drop((owner_now, link));
    let mut next = lease.renewal(now());
    loop {
        let at = now();
        let wait = next.left(at).into_iter().chain(lease.belief(at)).min();
        tokio::select! {
            () = &mut closed => return,
            changed = known.changed(), if lease.server.is_some() => if changed.is_err() { return },
            () = after(wait) => {}
        }
        let at = now();
        if let Some(server) = lease.server
            && server.is_over(&known.borrow_and_update(), root, at)
        {
            tracing::warn!("the server is trusted no more, its connection is closed");
            if let Some(owner) = owner.upgrade() {
                owner.distrust();
            }
            return;
        }
        if !next.has_passed(at) {
            continue;
        }
        let Some(place) = owner.upgrade().map(|owner| owner.place().clone()) else {
            return;
        };
        let renewed = tokio::select! {
            () = &mut closed => return,
            renewed = place.renew() => renewed,
        };
        drop(place);
        let Some(owner) = owner.upgrade() else { return };
        match renewed {
            Ok((services, renewed)) => {
                lease = renewed;
                owner.listed(services);
            }
            Err(error @ ConnectError::ServerNotTrusted { .. }) => {
                tracing::warn!(%error, "the connection is closed");
                return owner.distrust();
            }
            Err(error) => tracing::warn!(%error, "the admission was not renewed"),
        }
        next = lease.renewal(now());
    }
}

/// After so long, or when the clocks are to be read again: nobody says that the wall clock was set.
async fn after(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time.min(LOOK)).await,
        None => std::future::pending().await,
    }
}
