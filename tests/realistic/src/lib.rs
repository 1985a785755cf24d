//! Draws schemas as people write them (documentation, enums, unions, recursion, imports, one service a
//! file) and prints the same model in our language and in those of our peers.
//!
//! The same size gives the same text everywhere, so nothing of it is committed.

mod aster;
mod capnp;
mod flatbuffers;
mod model;
mod proto;
mod words;

pub use model::{Model, TYPES_PER_FILE};

/// A file: its path below the import root, and its text.
pub type SourceFile = (String, String);

impl Model {
    /// The model in our language; the last file imports all others, directly or not.
    pub fn aster(&self) -> Vec<SourceFile> {
        self.print("aster", aster::file)
    }

    /// The model for `protoc` and `buf`.
    pub fn proto(&self) -> Vec<SourceFile> {
        self.print("proto", proto::file)
    }

    /// The model for `capnp`.
    pub fn capnp(&self) -> Vec<SourceFile> {
        self.print("capnp", capnp::file)
    }

    /// The model for `flatc`.
    pub fn flatbuffers(&self) -> Vec<SourceFile> {
        self.print("fbs", flatbuffers::file)
    }

    fn print(&self, ending: &str, text: impl Fn(&Self, usize) -> String) -> Vec<SourceFile> {
        (0..self.files.len())
            .map(|at| (format!("{}.{ending}", self.path(at)), text(self, at)))
            .collect()
    }
}
