//! Source texts and places in them. Everything that reports carries a [`Span`].

use std::sync::Arc;

/// Index of a file in a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Half-open byte range of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// First byte after.
    pub end: u32,
}

/// One file as it was read: the name shown to people and the text without its BOM.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as shown in diagnostics and headers: relative to the import root, `/` separators.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

/// Every file of one run, read once.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}
