//! How the services of a server do, as its program says it.

use super::Health;
use crate::status::Status;
use futures_util::{Stream, StreamExt as _, stream};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Says how the services of one server do. Cheap to clone.
///
/// All serve from the beginning; what is said is told to everybody who watches.
#[derive(Clone, Debug)]
pub struct HealthReporter {
    states: Arc<watch::Sender<States>>,
}

#[derive(Debug)]
struct States {
    /// Whether each can be called, by full name; the whole server has no name.
    serving: BTreeMap<String, bool>,
    draining: bool,
}

/// A service that is not served here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service `{0}` is not served here")]
pub struct NotServed(pub String);

impl HealthReporter {
    pub(crate) fn new(services: impl IntoIterator<Item = &'static str>) -> Self {
        let names = services.into_iter().chain([""]);
        let states = States {
            serving: names.map(|name| (name.to_owned(), true)).collect(),
            draining: false,
        };
        Self {
            states: Arc::new(watch::Sender::new(states)),
        }
    }

    /// The service of that full name can be called; without a name, the whole server.
    ///
    /// # Errors
    /// [`NotServed`].
    pub fn set_serving(&self, service: &str) -> Result<(), NotServed> {
        self.set(service, true)
    }

    /// It is not to be called now. Calls that come all the same are answered.
    ///
    /// # Errors
    /// [`NotServed`].
    pub fn set_not_serving(&self, service: &str) -> Result<(), NotServed> {
        self.set(service, false)
    }

    fn set(&self, service: &str, serving: bool) -> Result<(), NotServed> {
        let mut known = false;
        self.states.send_if_modified(|states| {
            let Some(state) = states.serving.get_mut(service) else {
                return false;
            };
            known = true;
            std::mem::replace(state, serving) != serving
        });
        if known {
            Ok(())
        } else {
            Err(NotServed(service.to_owned()))
        }
    }

    /// From now on nothing is to be called, and watching is over.
    pub(crate) fn drain(&self) {
        self.states
            .send_if_modified(|states| !std::mem::replace(&mut states.draining, true));
    }

    /// How the service of that full name does; without a name, the whole server.
    pub fn get(&self, service: &str) -> Health {
        self.states.borrow().health(service)
    }

    /// How it does now, and each time that changes, until the server drains.
    pub(super) fn watch(&self, service: String) -> impl Stream<Item = Result<Health, Status>> + Send + use<> {
        let changes = self.states.subscribe();
        let begin = (changes, service, None, false);
        let health = stream::unfold(begin, |(mut changes, service, last, over)| async move {
            if over {
                return None;
            }
            let (health, over) = {
                let other = |states: &States| states.draining || Some(states.health(&service)) != last;
                // the server is gone: nobody is told anything any more
                let states = changes.wait_for(other).await.ok()?;
                (states.health(&service), states.draining)
            };
            let told = (Some(health) != last).then_some(health);
            Some((told, (changes, service, Some(health), over)))
        });
        health.filter_map(|told| std::future::ready(told.map(Ok)))
    }
}

impl States {
    fn health(&self, service: &str) -> Health {
        match self.serving.get(service) {
            None => Health::Unknown,
            Some(true) if !self.draining => Health::Serving,
            Some(_) => Health::NotServing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::poll_immediate;

    #[tokio::test]
    async fn a_watch_tells_each_change_once_and_ends_with_the_server() {
        let health = HealthReporter::new(["a.A", "a.B"]);
        let mut watch = std::pin::pin!(health.watch("a.A".to_owned()));
        let mut unknown = std::pin::pin!(health.watch("a.C".to_owned()));
        assert_eq!(watch.next().await, Some(Ok(Health::Serving)));
        assert_eq!(unknown.next().await, Some(Ok(Health::Unknown)));
        health.set_serving("a.A").unwrap();
        health.set_not_serving("a.B").unwrap();
        assert_eq!(
            poll_immediate(watch.next()).await,
            None,
            "nothing of it has changed"
        );
        health.set_not_serving("a.A").unwrap();
        assert_eq!(watch.next().await, Some(Ok(Health::NotServing)));
        assert_eq!(health.get(""), Health::Serving, "the server is not its services");
        health.set_serving("a.A").unwrap();
        assert_eq!(watch.next().await, Some(Ok(Health::Serving)));
        health.drain();
        assert_eq!(watch.next().await, Some(Ok(Health::NotServing)));
        assert_eq!(watch.next().await, None);
        assert_eq!(unknown.next().await, None, "what was told is not told again");
        assert_eq!(health.get(""), Health::NotServing);
        assert_eq!(health.set_serving("a.C"), Err(NotServed("a.C".to_owned())));
    }
}
