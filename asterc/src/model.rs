//! What `resolve` hands on: a schema in which every id is valid.
//!
//! Names are in NFC. Aliases are gone from types, spans stay for reports. The order of `types`,
//! `services`, `constants` and `files` is the order of their full names (files: of their paths), so
//! that nothing after `resolve` depends on the order in which files were given.

use crate::source::{FileId, Span};
use aster_contract::graph::{Leaf, TypeId, Value};
use aster_contract::model::{CapabilityKind, Pattern, Primitive, Scope};

/// A resolved schema: the root files and everything they import, directly or not.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// The files, by path.
    pub files: Vec<File>,
    /// Messages, enums and unions, made ones included; a [`TypeId`] indexes this.
    pub types: Vec<TypeDecl>,
    /// Services, by full name.
    pub services: Vec<Service>,
    /// Constants, by full name.
    pub constants: Vec<Constant>,
    /// Aliases, by full name: for documentation and tools, never for identity.
    pub aliases: Vec<Alias>,
}

/// One file of a schema.
#[derive(Clone, Debug)]
pub struct File {
    /// Its place in the source map.
    pub id: FileId,
    /// Its path below the import root, with `/`.
    pub path: String,
    /// Its package.
    pub package: String,
    /// Whether it was named on the command line (and not only imported).
    pub root: bool,
    /// `//!` documentation, one string with newlines.
    pub docs: String,
}

/// What every declaration carries besides its name.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// `///` documentation as Markdown; empty when there is none.
    pub docs: String,
    /// `@deprecated(…)`.
    pub deprecated: Option<Box<Deprecated>>,
    /// `@was("old")`.
    pub was: Option<String>,
    /// Attributes of other tools, `@acme.index(unique: true)`, as they were written.
    pub foreign: Vec<ForeignAttribute>,
    /// Where each attribute of the language is, by its name; for reports only.
    pub attributes: Vec<(&'static str, Span)>,
}

/// `@deprecated(note: "…", since: n)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprecated {
    /// What to do instead; empty when not given.
    pub note: String,
    /// The version it is deprecated since.
    pub since: Option<i64>,
}

/// A namespaced attribute, passed through.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignAttribute {
    /// Its dotted name, for example `acme.index`.
    pub name: String,
    /// Its arguments; positional ones have an empty name.
    pub arguments: Vec<(String, Literal)>,
}

/// A message, enum or union.
#[derive(Clone, Debug)]
pub struct TypeDecl {
    /// The package, for example `fleet.control`.
    pub package: String,
    /// The simple name.
    pub name: String,
    /// The span of the name; for a made message, of the method's name.
    pub span: Span,
    /// Documentation and marks.
    pub notes: Notes,
    /// Why the message exists when nobody wrote it down.
    pub made: Option<Made>,
    /// What it is.
    pub kind: TypeKind,
}

impl TypeDecl {
    /// `package.Name`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.package, self.name)
    }
}

/// A message the compiler made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// From a parameter list.
    Request,
    /// From `-> ()`: no fields.
    EmptyResponse,
    /// From a result that is not a message: one field, `value`.
    ResponseValue,
    /// From a stream item that is not a message: one field, `value`.
    ItemValue,
}

/// The three kinds of type.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// A message.
    Message(Message),
    /// An enum.
    Enum(Enum),
    /// A union.
    Union(Union),
}

/// A message: its fields in declared order.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Fields in declared order.
    pub fields: Vec<Field>,
    /// Names that must not come back.
    pub reserved: Vec<String>,
}

/// A field, or a parameter of a method.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The span of the name.
    pub span: Span,
    /// The type, aliases resolved.
    pub ty: Value,
    /// The default, checked against the type.
    pub default: Option<Literal>,
    /// Documentation and marks.
    pub notes: Notes,
}

/// An enum: its values in declared order.
#[derive(Clone, Debug, Default)]
pub struct Enum {
    /// Values in declared order.
    pub values: Vec<EnumValue>,
    /// Names that must not come back.
    pub reserved_names: Vec<String>,
    /// Numbers that must not come back.
    pub reserved_numbers: Vec<i32>,
}

/// One value of an enum.
#[derive(Clone, Debug)]
pub struct EnumValue {
    /// The name.
    pub name: String,
    /// The span of the name.
    pub span: Span,
    /// 0 … 2³¹−1, unique in its enum.
    pub number: i32,
    /// Documentation and marks.
    pub notes: Notes,
}

/// A union: its cases in declared order.
#[derive(Clone, Debug, Default)]
pub struct Union {
    /// Cases in declared order.
    pub cases: Vec<Case>,
    /// Names that must not come back.
    pub reserved_names: Vec<String>,
    /// Numbers that must not come back.
    pub reserved_numbers: Vec<i32>,
}

/// One case of a union.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name.
    pub name: String,
    /// The span of the name.
    pub span: Span,
    /// 1 … 2³¹−1, unique in its union.
    pub number: i32,
    /// A message, an enum or a scalar.
    pub ty: Leaf,
    /// Documentation and marks.
    pub notes: Notes,
}

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    /// The package.
    pub package: String,
    /// The simple name.
    pub name: String,
    /// The span of the name.
    pub span: Span,
    /// Documentation and marks.
    pub notes: Notes,
    /// `@version(n)`, 1 when not given.
    pub version: i32,
    /// `@scope(…)`.
    pub scope: Scope,
    /// `@requires(…)`.
    pub requires: Option<Requires>,
    /// `@serialization(…)` in declared order: `xlang`, `json`.
    pub modes: Vec<String>,
    /// Methods in declared order.
    pub methods: Vec<Method>,
}

impl Service {
    /// `package.Name`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.package, self.name)
    }
}

/// `@requires(…)`: roles in NFC, in declared order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requires {
    /// How the roles combine.
    pub kind: CapabilityKind,
    /// The roles.
    pub roles: Vec<String>,
}

/// A method of a service.
#[derive(Clone, Debug)]
pub struct Method {
    /// The name.
    pub name: String,
    /// The span of the name.
    pub span: Span,
    /// Documentation and marks.
    pub notes: Notes,
    /// Which sides stream.
    pub pattern: Pattern,
    /// The request message; [`TypeDecl::made`] tells whether it came from a parameter list, whose
    /// parameters are then its fields in declared order.
    pub request: TypeId,
    /// Whether the request was written as a parameter list: generated clients take arguments then.
    /// (A `stream` item that is not a message is [`Made::ItemValue`] instead.)
    pub parameters: bool,
    /// The response message; [`TypeDecl::made`] tells whether the bare value is handed over.
    pub response: TypeId,
    /// `@idempotent`.
    pub idempotent: bool,
    /// `@timeout(…)` in whole milliseconds.
    pub timeout_ms: Option<u64>,
    /// `@requires(…)`.
    pub requires: Option<Requires>,
}

/// A constant.
#[derive(Clone, Debug)]
pub struct Constant {
    /// The package.
    pub package: String,
    /// The simple name.
    pub name: String,
    /// The span of the name.
    pub span: Span,
    /// Documentation and marks.
    pub notes: Notes,
    /// A scalar or an enum.
    pub ty: Leaf,
    /// The value, checked against the type.
    pub value: Literal,
}

/// An alias.
#[derive(Clone, Debug)]
pub struct Alias {
    /// The package.
    pub package: String,
    /// The simple name.
    pub name: String,
    /// The span of the name.
    pub span: Span,
    /// Documentation and marks.
    pub notes: Notes,
    /// What it stands for, aliases resolved.
    pub ty: Value,
}

/// A value written in a schema, checked against the type it is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `true`, `false`
    Bool(bool),
    /// For integer types; in an attribute, any integer.
    Int(i128),
    /// For float types; an integer literal of a float field is already converted.
    Float(f64),
    /// For decimals: unscaled digits in base ten and the scale.
    Decimal { unscaled: String, scale: i32 },
    /// For `string`.
    String(String),
    /// For `bytes`: the literal's UTF-8.
    Bytes(Vec<u8>),
    /// For `duration`: whole milliseconds.
    Duration { milliseconds: i64 },
    /// For `timestamp`: seconds since the epoch and 0 … 999,999,999 nanoseconds.
    Timestamp { seconds: i64, nanoseconds: u32 },
    /// For `date`: days since 1970-01-01.
    Date { days: i32 },
    /// For an enum: the value's name and number.
    EnumValue { name: String, number: i32 },
    /// `[]` of a list or set, `{}` of a map (and of a set).
    Empty,
    /// `[a, b]` in an attribute of another tool.
    List(Vec<Literal>),
}

/// The language's name of a scalar.
pub const fn primitive_name(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Bool => "bool",
        Primitive::Int8 => "int8",
        Primitive::Int16 => "int16",
        Primitive::Varint32 => "int32",
        Primitive::Varint64 => "int64",
        Primitive::Int32 => "fixed_int32",
        Primitive::Int64 => "fixed_int64",
        Primitive::Uint8 => "uint8",
        Primitive::Uint16 => "uint16",
        Primitive::VarUint32 => "uint32",
        Primitive::VarUint64 => "uint64",
        Primitive::Uint32 => "fixed_uint32",
        Primitive::Uint64 => "fixed_uint64",
        Primitive::Float32 => "float32",
        Primitive::Float64 => "float64",
        Primitive::String => "string",
        Primitive::Binary => "bytes",
        Primitive::Timestamp => "timestamp",
        Primitive::Duration => "duration",
        Primitive::Date => "date",
        Primitive::Decimal => "decimal",
    }
}
