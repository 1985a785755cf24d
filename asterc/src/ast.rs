//! A file as it was written: names in NFC, everything with its span, nothing looked up.

use crate::source::{FileId, Span};
use std::collections::BTreeSet;

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its place in the source map.
    pub id: FileId,
    /// `//!` documentation.
    pub docs: String,
    /// The `package` line; `None` only after a diagnostic.
    pub package: Option<Path>,
    /// Imports, in order.
    pub imports: Vec<Import>,
    /// Declarations, in order.
    pub declarations: Vec<Declaration>,
    /// A syntax error may have swallowed any declaration: a name that is missing is no second mistake.
    pub incomplete: bool,
    /// The words in what could not be read: a name that is missing may be one of them, and is no second mistake then.
    pub lost: BTreeSet<String>,
}

/// An identifier in NFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The text, in NFC.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A dotted name in NFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The text with its dots, in NFC.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// `import "path" as alias;`
#[derive(Clone, Debug)]
pub struct Import {
    /// The path as written, escapes resolved.
    pub path: String,
    /// The span of the string with its quotes.
    pub path_span: Span,
    /// The alias.
    pub alias: Option<Name>,
    /// The whole statement.
    pub span: Span,
}

/// What stands before every item.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// `///` documentation.
    pub docs: String,
    /// Attributes, in order.
    pub attributes: Vec<Attribute>,
}

/// `@name(arguments)`
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name with its dots, without `@`; its span includes the `@`.
    pub name: Path,
    /// The whole attribute.
    pub span: Span,
    /// What is between the parentheses.
    pub arguments: Vec<Argument>,
}

/// `name: value` or `value`
#[derive(Clone, Debug)]
pub struct Argument {
    /// The name.
    pub name: Option<Name>,
    /// The value.
    pub value: Expression,
    /// The whole argument.
    pub span: Span,
}

/// A declaration of a file.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Its name.
    pub name: Name,
    /// Documentation and attributes.
    pub marks: Marks,
    /// What it is.
    pub kind: Kind,
    /// Part of it was lost to a syntax error: what seems to be missing is no second mistake.
    pub broken: bool,
}

/// The kinds of declaration.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A message.
    Message {
        /// Its fields.
        fields: Vec<Field>,
        /// Its `reserved` items.
        reserved: Vec<Expression>,
    },
    /// An enum.
    Enum {
        /// Its values.
        values: Vec<EnumValue>,
        /// Its `reserved` items.
        reserved: Vec<Expression>,
    },
    /// A union.
    Union {
        /// Its cases.
        cases: Vec<Case>,
        /// Its `reserved` items.
        reserved: Vec<Expression>,
    },
    /// A service.
    Service {
        /// Its methods.
        methods: Vec<Method>,
    },
    /// An alias.
    Alias {
        /// What it stands for.
        ty: Type,
    },
    /// A constant.
    Constant {
        /// Its type.
        ty: Type,
        /// Its value.
        value: Expression,
    },
}

impl Kind {
    /// The kind with its article, for messages.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Message { .. } => "a message",
            Self::Enum { .. } => "an enum",
            Self::Union { .. } => "a union",
            Self::Service { .. } => "a service",
            Self::Alias { .. } => "an alias",
            Self::Constant { .. } => "a constant",
        }
    }
}

/// A field of a message, or a parameter of a method.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Documentation and attributes.
    pub marks: Marks,
    /// Its type.
    pub ty: Type,
    /// Its default.
    pub default: Option<Expression>,
}

/// A value of an enum.
#[derive(Clone, Debug)]
pub struct EnumValue {
    /// Its name.
    pub name: Name,
    /// Documentation and attributes.
    pub marks: Marks,
    /// Its number.
    pub number: Expression,
}

/// A case of a union.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: Name,
    /// Documentation and attributes.
    pub marks: Marks,
    /// What it holds.
    pub ty: Type,
    /// Its number.
    pub number: Expression,
}

/// A method of a service.
#[derive(Clone, Debug)]
pub struct Method {
    /// Its name.
    pub name: Name,
    /// Documentation and attributes.
    pub marks: Marks,
    /// What is between the parentheses.
    pub request: Request,
    /// The span of the request with its parentheses.
    pub request_span: Span,
    /// What follows the arrow.
    pub result: Outcome,
}

/// What a method takes.
#[derive(Clone, Debug)]
pub enum Request {
    /// A parameter list, possibly empty.
    Parameters(Vec<Field>),
    /// One type.
    Type(Type),
    /// `stream T`
    Stream(Type),
    /// `stream ()` or `stream a: T`, which mean nothing.
    StreamOfParameters,
}

/// What a method answers.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// `()`
    Nothing,
    /// One type.
    Type(Type),
    /// `stream T`
    Stream(Type),
    /// `stream ()`, which means nothing; the span is of `()`.
    StreamOfNothing(Span),
}

/// A type as it was written.
#[derive(Clone, Debug)]
pub struct Type {
    /// The type without its `?`.
    pub shape: Shape,
    /// Where each `?` is.
    pub optional: Vec<Span>,
    /// The whole type.
    pub span: Span,
}

/// A type without its `?`.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A name.
    Named(Path),
    /// `list<T>`
    List(Box<Type>),
    /// `set<T>`
    Set(Box<Type>),
    /// `map<K, V>`
    Map(Box<Type>, Box<Type>),
}

/// A value as it was written.
#[derive(Clone, Debug)]
pub struct Expression {
    /// The value.
    pub value: Value,
    /// Where.
    pub span: Span,
}

impl Expression {
    /// The same without its value, which is not known.
    pub(crate) fn unread(self) -> Self {
        Self {
            value: Value::Invalid,
            ..self
        }
    }
}

/// The value of an [`Expression`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An integer; digits in base ten with a sign, or `0x…`.
    Int(Integer),
    /// A float, in the form that Rust parses.
    Float(String),
    /// A duration; `None` when it is beyond any range.
    Duration(Option<i64>),
    /// A string, escapes resolved.
    String(String),
    /// `true` or `false`
    Bool(bool),
    /// A name.
    Path(String),
    /// `[…]`
    List(Vec<Expression>),
    /// `{}`
    EmptyMap,
    /// Something that was reported already.
    Invalid,
}

// Spans are not part of what a value is.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// An integer literal: its sign and its digits in base ten, or `0x…` where it is hexadecimal and beyond 128 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integer(pub(crate) String);

impl Integer {
    /// The value, unless it is beyond 128 bits.
    pub fn value(&self) -> Option<i128> {
        self.0.parse().ok()
    }
}
