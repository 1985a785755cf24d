//! Why a payload could not be written or read: where, what was expected, what was found.

use std::borrow::Cow;
use std::fmt;

/// The result of a step of the codec. `CodecResult<()>` fits a register.
pub type CodecResult<T> = Result<T, CodecError>;

/// Why a payload could not be written or read, with the path to the field.
#[derive(thiserror::Error)]
#[error("{0}")]
pub struct CodecError(Box<Failure>);

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodecErrorKind {
    /// The bytes end inside a value, or a count or length asks for more than is left.
    Truncated,
    /// Bytes are left over after the message.
    TrailingBytes,
    /// The bytes are not of a payload in this profile, or break its rules.
    Malformed,
    /// The writer's definition of a type is not ours.
    TypeMismatch,
    /// A string is not valid in the encoding it names.
    InvalidText,
    /// A value is outside the range of its type.
    OutOfRange,
    /// An enum has no value, or a union no case, of this number.
    UnknownNumber,
    /// A null where a value is required.
    UnexpectedNull,
    /// A set element, a map key or a field is there twice.
    Repeated,
    /// A required field is not there.
    Missing,
    /// A name that the schema does not have: of a field, an enum's value or a union's case.
    UnknownName,
    /// A value of another type than the schema's.
    WrongType,
    /// A text that is not JSON.
    Syntax,
    /// Messages are nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    TooDeep,
    /// More than [`MAX_WEIGHTLESS`](super::MAX_WEIGHTLESS) elements without bytes, or a payload over 4 GiB.
    TooLarge,
    /// A payload or a JSON text over the limit that was set for it.
    OverLimit,
    /// What a sink or source of the table codec refuses for a reason of its own.
    Refused,
}

struct Failure {
    kind: CodecErrorKind,
    /// Innermost first.
    path: Vec<Segment>,
    expected: Cow<'static, str>,
    found: Cow<'static, str>,
    root: Option<Cow<'static, str>>,
}

enum Segment {
    Field(Cow<'static, str>),
    Index(usize),
    Key(String),
}

impl CodecError {
    /// What would have been right, and what was there instead: also for a [`Sink`](super::table::Sink) or
    /// [`Source`](super::table::Source) of somebody else. The path is added on the way to the caller.
    ///
    /// Both texts are shown as they are: what a peer has sent is to be cut before.
    #[cold]
    #[must_use]
    pub fn new(
        kind: CodecErrorKind,
        expected: impl Into<Cow<'static, str>>,
        found: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Failure {
            kind,
            path: Vec::new(),
            expected: expected.into(),
            found: found.into(),
            root: None,
        }))
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> CodecErrorKind {
        self.0.kind
    }

    /// The path from the outermost message to the value: `order.lines[3].sku`. Empty for the message itself.
    #[must_use]
    pub fn path(&self) -> String {
        self.0.path()
    }

    /// What would have been right.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.0.expected
    }

    /// What was there instead.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// The full name of the outermost message, where it is known.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.root.as_deref()
    }

    /// The error as seen from a field of an outer message.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn in_field(self, name: &'static str) -> Self {
        self.within(Segment::Field(Cow::Borrowed(name)))
    }

    /// The same for a name that comes from a table, or from the other side. Long ones are cut.
    #[cold]
    #[inline(never)]
    pub(crate) fn in_named(self, name: &str) -> Self {
        self.within(Segment::Field(Cow::Owned(shortened(name))))
    }

    /// The error as seen from an outer list or set.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn in_element(self, index: usize) -> Self {
        self.within(Segment::Index(index))
    }

    /// The error as seen from an outer map. Long keys are cut.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn in_entry(self, key: &dyn fmt::Debug) -> Self {
        self.within(Segment::Key(brief(key)))
    }

    fn within(mut self, segment: Segment) -> Self {
        self.0.path.push(segment);
        self
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn of_message(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.0.root = Some(name.into());
        self
    }
}

/// `name`, if it is not longer than a person writes.
fn shortened(name: &str) -> String {
    const LIMIT: usize = 256;
    match name.char_indices().nth(LIMIT) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

/// At most 48 characters of what `value` looks like: a peer's text does not fill our logs.
pub(crate) fn brief(value: &dyn fmt::Debug) -> String {
    const LIMIT: usize = 48;
    struct Cut {
        text: String,
        left: usize,
    }
    impl fmt::Write for Cut {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for character in text.chars() {
                if self.left == 0 {
                    self.text.push('…');
                    return Err(fmt::Error);
                }
                self.left -= 1;
                self.text.push(character);
            }
            Ok(())
        }
    }
    let mut cut = Cut {
        text: String::new(),
        left: LIMIT,
    };
    // An error here only says that the limit was reached.
    let _ = fmt::write(&mut cut, format_args!("{value:?}"));
    cut.text
}

impl Failure {
    fn path(&self) -> String {
        let mut path = String::new();
        for segment in self.path.iter().rev() {
            match segment {
                Segment::Field(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Segment::Index(index) => path.push_str(&format!("[{index}]")),
                Segment::Key(key) => path.push_str(&format!("[{key}]")),
            }
        }
        path
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path();
        match (path.is_empty(), &self.root) {
            (false, Some(root)) => write!(f, "`{path}` of `{root}`: ")?,
            (false, None) => write!(f, "`{path}`: ")?,
            (true, Some(root)) => write!(f, "`{root}`: ")?,
            (true, None) => {}
        }
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl fmt::Debug for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodecError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.root)
            .field("path", &self.path())
            .field("expected", &self.0.expected)
            .field("found", &self.0.found)
            .finish()
    }
}

/// Tells a failed step where it was; a step that did not fail pays nothing.
pub trait At: Sized {
    /// In the field `name` of a message, or the case `name` of a union.
    #[must_use]
    fn field(self, name: &'static str) -> Self;
}

impl<T> At for CodecResult<T> {
    #[inline]
    fn field(self, name: &'static str) -> Self {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(error.in_field(name)),
        }
    }
}
