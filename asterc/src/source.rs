//! Source texts and places in them. Everything that reports carries a [`Span`].

use std::sync::{Arc, OnceLock};

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

impl Span {
    /// The bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self {
            file,
            start: offset(start),
            end: offset(end),
        }
    }

    /// The smallest span that covers both; `other` is of the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The empty span at this one's end.
    #[must_use]
    pub fn after(self) -> Self {
        Self {
            start: self.end,
            ..self
        }
    }
}

/// Offsets fit: a file is at most [`MAX_FILE`] bytes.
fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The largest file that is read, in bytes.
pub const MAX_FILE: usize = 16 * 1024 * 1024;

/// One file as it was read: the name shown to people and the text without its BOM.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as shown in JSON diagnostics and headers: relative to the import root, `/` separators.
    pub name: Arc<str>,
    /// The path as people can open it from where the compiler runs: what human output shows.
    pub path: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
    lines: OnceLock<Vec<u32>>,
    /// UTF-16 units before every [`BLOCK`] bytes.
    units: OnceLock<Vec<u32>>,
}

/// Bytes that are looked at to find a column, at most: a line may be as long as a file, with a report in every word.
const BLOCK: usize = 1024;

impl SourceFile {
    /// A file with its two names and its text.
    pub fn new(name: impl Into<Arc<str>>, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            text: text.into(),
            lines: OnceLock::new(),
            units: OnceLock::new(),
        }
    }

    /// Where each line starts; found once, on the first report.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = self.text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
            std::iter::once(0)
                .chain(breaks.map(|(at, _)| offset(at + 1)))
                .collect()
        })
    }

    /// The line of a byte, from 0.
    pub fn line_of(&self, at: u32) -> usize {
        self.line_starts()
            .partition_point(|&start| start <= at)
            .saturating_sub(1)
    }

    /// Line and column of a byte, both from 1; the column counts UTF-8 bytes.
    pub fn line_column(&self, at: u32) -> (usize, usize) {
        let line = self.line_of(at);
        (line + 1, (at - self.line_starts()[line]) as usize + 1)
    }

    /// The column of a byte in UTF-16 units, from 1.
    pub fn column_utf16(&self, at: u32) -> usize {
        let start = self.line_starts()[self.line_of(at)];
        (self.units_before(at) - self.units_before(start)) as usize + 1
    }

    fn units_before(&self, at: u32) -> u32 {
        let bytes = self.text.as_bytes();
        let blocks = self.units.get_or_init(|| {
            let sums = bytes.chunks(BLOCK).scan(0, |sum, block| {
                *sum += units(block);
                Some(*sum)
            });
            std::iter::once(0).chain(sums).collect()
        });
        let at = (at as usize).min(bytes.len());
        blocks[at / BLOCK] + units(&bytes[at / BLOCK * BLOCK..at])
    }
}

/// The UTF-16 units of the characters that begin in these bytes.
fn units(bytes: &[u8]) -> u32 {
    let of = |&byte: &u8| match byte {
        0x80..0xC0 => 0,
        0xF0.. => 2,
        _ => 1,
    };
    bytes.iter().map(of).sum()
}

/// Every file of one run, read once.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and tells its id.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(offset(self.files.len()));
        self.files.push(file);
        id
    }

    /// The file of an id this map gave.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files, in the order they were read.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// The text of a span; empty when it does not lie in its file.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file)
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_bytes_and_utf16_units_from_one() {
        let file = SourceFile::new("a", "a", "x\nÜ😀z");
        assert_eq!(file.line_column(0), (1, 1));
        assert_eq!(file.line_column(2), (2, 1));
        assert_eq!(file.line_column(8), (2, 7));
        assert_eq!(file.column_utf16(8), 4);
        let long = SourceFile::new("a", "a", "\n".to_owned() + &"aÜ😀".repeat(2_000));
        assert_eq!(long.column_utf16(1 + 7 * 1_500), 4 * 1_500 + 1);
        assert_eq!(long.column_utf16(1 + 7 * 2_000), 4 * 2_000 + 1);
        assert_eq!(long.column_utf16(1 + 7 * 292 + 3), 4 * 292 + 3);
        assert_eq!(file.line_column(9), (2, 8));
    }
}
