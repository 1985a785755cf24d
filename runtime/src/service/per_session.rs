//! Services of which every session has an instance of its own: how one is made, and what it is told at its end.
//!
//! Source: wire protocol, "Sessions".

use crate::service::{CallFuture, ServerCall, Service, ServiceInfo};
use crate::status::Status;
use crate::trust::{Admitted, Attributes, PeerId};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// The session that an instance is for. Cheap to clone.
#[derive(Clone)]
pub struct SessionContext {
    pub(crate) peer: PeerId,
    pub(crate) admitted: Arc<Admitted>,
    pub(crate) id: u64,
}

impl SessionContext {
    /// The key of the peer whose session it is.
    pub fn peer(&self) -> PeerId {
        self.peer
    }

    /// What the peer's credential said of it when the session began.
    pub fn attributes(&self) -> &Attributes {
        self.admitted.attributes()
    }

    /// The number that the peer gave the session. Numbers of different connections have nothing to do with each other.
    pub fn id(&self) -> u64 {
        self.id
    }
}

impl fmt::Debug for SessionContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionContext")
            .field("peer", &self.peer)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Why a session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionEnd {
    /// The client closed it.
    Closed,
    /// No call of it ran for the time of [`Limits::session_idle`](crate::Limits::session_idle).
    Idle,
    /// Its connection ended.
    Lost,
}

/// Makes the instances of a service, as [`PerSession`] does.
pub trait SessionService: Send + Sync {
    /// Makes the instance of a session. An error is the status of the call that asked; the next call tries again.
    fn open(&self, session: SessionContext) -> OpenFuture;

    /// Whether calls of one session may run at once.
    fn overlaps(&self) -> bool;
}

/// One session's instance of a service.
pub trait Instance: Send + Sync {
    /// Answers one call of the method of that index.
    fn call(&self, method: usize, call: ServerCall) -> CallFuture;

    /// Ends the instance. It is called once, after its last call.
    fn close(&self, end: SessionEnd) -> CloseFuture;
}

/// An instance in the making.
pub type OpenFuture = Pin<Box<dyn Future<Output = Result<Box<dyn Instance>, Status>> + Send>>;
/// The end of an instance.
pub type CloseFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

type Make<T> = Arc<dyn Fn(SessionContext) -> MakeFuture<T> + Send + Sync>;
type MakeFuture<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;
type Wrap<T> = Arc<dyn Fn(Arc<T>) -> Box<dyn Service> + Send + Sync>;
type Hook<T> = Arc<dyn Fn(Arc<T>, SessionEnd) -> CloseFuture + Send + Sync>;

/// A service whose scope is `session`, with a `T` for each session: hand it to a server's builder.
///
/// The first call of a session makes its instance. It lives until the client closes the session, the session is idle
/// for too long, or the connection ends; the calls that run then have ended before. Calls of one session, of whatever
/// service, run one at a time, in the order in which they arrived.
///
/// Generated code makes one, `ShellServer::per_session(|session| …)`; the guide's page "Sessions" has a whole program.
///
/// ```
/// # use aster_runtime::{BuildError, Node, PerSession, Server};
/// # struct At;
/// # impl At {
/// #     async fn clean_up(&self) {}
/// # }
/// fn serve(shell: PerSession<At>, node: &Node) -> Result<Server, BuildError> {
///     let shell = shell.on_close(|at, _end| async move { at.clean_up().await });
///     Server::builder(node).add(shell).build()
/// }
/// ```
#[must_use = "nothing is served until it is added to a server"]
pub struct PerSession<T> {
    info: &'static ServiceInfo,
    make: Make<T>,
    wrap: Wrap<T>,
    hook: Option<Hook<T>>,
    overlaps: bool,
}

impl<T: Send + Sync + 'static> PerSession<T> {
    /// Generated code calls this: `wrap` makes what answers the calls of an instance.
    pub fn new<S: Service>(
        info: &'static ServiceInfo,
        make: impl Fn(&SessionContext) -> T + Send + Sync + 'static,
        wrap: impl Fn(Arc<T>) -> S + Send + Sync + 'static,
    ) -> Self {
        Self::with(
            info,
            Arc::new(move |session| Box::pin(std::future::ready(Ok(make(&session))))),
            wrap,
        )
    }

    /// The same with a `make` that takes its time, or fails: then the session's first call fails with that status, and
    /// the next tries again.
    pub fn try_new<S, A>(
        info: &'static ServiceInfo,
        make: impl Fn(SessionContext) -> A + Send + Sync + 'static,
        wrap: impl Fn(Arc<T>) -> S + Send + Sync + 'static,
    ) -> Self
    where
        S: Service,
        A: Future<Output = Result<T, Status>> + Send + 'static,
    {
        Self::with(info, Arc::new(move |session| Box::pin(make(session))), wrap)
    }

    fn with<S: Service>(
        info: &'static ServiceInfo,
        make: Make<T>,
        wrap: impl Fn(Arc<T>) -> S + Send + Sync + 'static,
    ) -> Self {
        Self {
            info,
            make,
            wrap: Arc::new(move |instance| Box::new(wrap(instance))),
            hook: None,
            overlaps: false,
        }
    }

    /// Lets calls of a session run at once. By default the next begins when the last one has ended.
    pub fn overlapping(mut self) -> Self {
        self.overlaps = true;
        self
    }

    /// Runs `hook` when an instance ends, exactly once for each, after its last call. The client's `close` waits for it,
    /// and so does the node before it has closed, for some seconds.
    pub fn on_close<A>(mut self, hook: impl Fn(Arc<T>, SessionEnd) -> A + Send + Sync + 'static) -> Self
    where
        A: Future<Output = ()> + Send + 'static,
    {
        self.hook = Some(Arc::new(move |instance, end| Box::pin(hook(instance, end))));
        self
    }
}

impl<T: Send + Sync + 'static> Service for PerSession<T> {
    fn info(&self) -> &'static ServiceInfo {
        self.info
    }

    fn call(&self, _method: usize, call: ServerCall) -> CallFuture {
        // the server asks the instances
        call.unknown_method()
    }

    fn sessions(&self) -> Option<&dyn SessionService> {
        Some(self)
    }
}

impl<T: Send + Sync + 'static> SessionService for PerSession<T> {
    fn open(&self, session: SessionContext) -> OpenFuture {
        let (made, wrap, hook) = ((self.make)(session), Arc::clone(&self.wrap), self.hook.clone());
        Box::pin(async move {
            let instance = Arc::new(made.await?);
            let service = wrap(Arc::clone(&instance));
            Ok(Box::new(Made {
                instance,
                service,
                hook,
            }) as Box<dyn Instance>)
        })
    }

    fn overlaps(&self) -> bool {
        self.overlaps
    }
}

struct Made<T> {
    instance: Arc<T>,
    service: Box<dyn Service>,
    hook: Option<Hook<T>>,
}

impl<T: Send + Sync + 'static> Instance for Made<T> {
    fn call(&self, method: usize, call: ServerCall) -> CallFuture {
        self.service.call(method, call)
    }

    fn close(&self, end: SessionEnd) -> CloseFuture {
        match &self.hook {
            Some(hook) => hook(Arc::clone(&self.instance), end),
            None => Box::pin(std::future::ready(())),
        }
    }
}

impl<T> fmt::Debug for PerSession<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerSession")
            .field("service", &self.info.name)
            .field("overlaps", &self.overlaps)
            .finish_non_exhaustive()
    }
}
