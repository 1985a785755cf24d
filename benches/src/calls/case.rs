//! What is measured: sections of rows, each of one pattern on one kind of runtime.

use tokio::runtime::{Builder, Runtime};

/// The size of small messages.
pub const SMALL: usize = 64;
/// The size of large messages.
pub const LARGE: usize = 64 * 1024;
/// How many messages a call of a one-way stream has: so many that its beginning and its end hardly count.
const MANY: [(usize, u64); 2] = [(SMALL, 50_000), (LARGE, 256)];

/// Where both sides of a row run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Everything on one current-thread runtime.
    Inline,
    /// A multi-thread runtime of two workers. The endpoint of a node has a thread of its own; that of bare iroh runs on
    /// the workers.
    Separate,
}

impl Place {
    /// The name, as a server process is told.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Separate => "separate",
        }
    }

    /// The place of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Inline, Self::Separate]
            .into_iter()
            .find(|place| place.name() == name)
    }

    /// A runtime of its kind.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn runtime(self) -> std::io::Result<Runtime> {
        match self {
            Self::Inline => Builder::new_current_thread().enable_all().build(),
            Self::Separate => Builder::new_multi_thread().worker_threads(2).enable_all().build(),
        }
    }
}

/// One row of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// Calls of 64 bytes each way, each on a stream of its own.
    Unary { in_flight: usize },
    /// Calls whose responses stream, one after the other.
    ServerStream { count: u64, size: usize },
    /// Calls whose requests stream, one after the other.
    ClientStream { count: u64, size: usize },
    /// One call of which both sides stream: each message is sent back.
    Bidi { in_flight: usize },
}

impl Case {
    /// What tells the row from others of its section.
    pub fn name(self) -> String {
        match self {
            Self::Unary { in_flight } | Self::Bidi { in_flight } => format!("{in_flight} in flight"),
            Self::ServerStream { size: LARGE, .. } | Self::ClientStream { size: LARGE, .. } => {
                "64 KiB".to_owned()
            }
            Self::ServerStream { size, .. } | Self::ClientStream { size, .. } => format!("{size} B"),
        }
    }
}

/// Rows under one heading.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// The name by which it is chosen.
    pub name: &'static str,
    pub title: &'static str,
    pub place: Place,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unary,
    ServerStream,
    ClientStream,
    Bidi,
}

impl Section {
    /// Its rows.
    pub fn cases(&self) -> Vec<Case> {
        let in_flight = [1, 16, 64].into_iter();
        let many = MANY.into_iter();
        match self.kind {
            Kind::Unary => in_flight.map(|in_flight| Case::Unary { in_flight }).collect(),
            Kind::ServerStream => many
                .map(|(size, count)| Case::ServerStream { count, size })
                .collect(),
            Kind::ClientStream => many
                .map(|(size, count)| Case::ClientStream { count, size })
                .collect(),
            Kind::Bidi => in_flight.map(|in_flight| Case::Bidi { in_flight }).collect(),
        }
    }
}

/// All there is.
const SECTIONS: [Section; 5] = [
    Section {
        name: "inline",
        title: "unary, inline",
        place: Place::Inline,
        kind: Kind::Unary,
    },
    Section {
        name: "separate",
        title: "unary, separate",
        place: Place::Separate,
        kind: Kind::Unary,
    },
    Section {
        name: "server-stream",
        title: "server stream",
        place: Place::Inline,
        kind: Kind::ServerStream,
    },
    Section {
        name: "client-stream",
        title: "client stream",
        place: Place::Inline,
        kind: Kind::ClientStream,
    },
    Section {
        name: "bidi",
        title: "both stream",
        place: Place::Inline,
        kind: Kind::Bidi,
    },
];

/// What can be chosen, for a message.
pub const CHOICES: &str = "unary, streams, inline, separate, server-stream, client-stream, bidi";

/// The sections of that name, or of that group: `unary` is both placements, `streams` is all that streams. Without a
/// name all of them; none for a name that there is not.
pub fn sections(only: Option<&str>) -> Vec<Section> {
    let chosen = |section: &Section| match only {
        None => true,
        Some("unary") => section.kind == Kind::Unary,
        Some("streams") => section.kind != Kind::Unary,
        Some(name) => section.name == name,
    };
    SECTIONS.into_iter().filter(chosen).collect()
}
