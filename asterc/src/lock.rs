//! What a schema says, in the form that outlives its text: the facts of `aster.lock`.
//!
//! Source: the compiler's command line, "`aster.lock`". Everything is by full name and in the order of
//! names, so that two locks differ exactly where their schemas do.

mod make;
mod reach;
mod read;
mod write;

pub use reach::Reach;
pub use read::LockError;

use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// The version of the format that this compiler reads and writes.
pub const VERSION: u32 = 1;

/// The name of the file, beside the schema it is for.
pub const FILE_NAME: &str = "aster.lock";

/// The facts of a schema.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    #[serde(default, rename = "lock")]
    version: u32,
    /// Services by full name.
    #[serde(default, rename = "service")]
    pub services: BTreeMap<String, Service>,
    /// Messages, enums and unions by full name, made ones included.
    #[serde(default, rename = "type")]
    pub types: BTreeMap<String, Type>,
    /// Constants by full name.
    #[serde(default, rename = "constant")]
    pub constants: BTreeMap<String, Constant>,
    /// What each alias stands for, with full names. They are no identity: with them, an edit of an alias is told as that.
    #[serde(default, rename = "alias")]
    pub aliases: BTreeMap<String, String>,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The contract id, in hex.
    pub contract_id: String,
    /// `@version(n)`.
    pub version: i32,
    /// `shared` or `session`.
    #[serde(default = "shared")]
    pub scope: String,
    /// `xlang`, `json`, in declared order.
    #[serde(default = "xlang")]
    pub modes: Vec<String>,
    /// `@requires(…)`.
    #[serde(default)]
    pub requires: Option<Requires>,
    /// `@deprecated(…)`.
    #[serde(default)]
    pub deprecated: Option<Deprecated>,
    /// `@was("…")`.
    #[serde(default)]
    pub was: Option<String>,
    /// Methods by name.
    #[serde(default, rename = "method")]
    pub methods: BTreeMap<String, Method>,
    /// What follows from the rest is written for people, and not read back.
    #[serde(default)]
    types: IgnoredAny,
}

fn shared() -> String {
    "shared".to_owned()
}

fn xlang() -> Vec<String> {
    vec!["xlang".to_owned()]
}

/// A method of a service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// `unary`, `server_stream`, `client_stream` or `bidi_stream`.
    pub shape: String,
    /// The full name of the request message.
    pub request: String,
    /// The full name of the response message.
    pub response: String,
    /// `@idempotent`.
    #[serde(default)]
    pub idempotent: bool,
    /// `@timeout(…)` in whole milliseconds.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    /// `@requires(…)`.
    #[serde(default)]
    pub requires: Option<Requires>,
    /// `@deprecated(…)`.
    #[serde(default)]
    pub deprecated: Option<Deprecated>,
    /// `@was("…")`.
    #[serde(default)]
    pub was: Option<String>,
}

/// Roles that callers must have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requires {
    /// This one.
    Role(String),
    /// At least one of these, in the order of their names.
    AnyOf(Vec<String>),
    /// All of these, in the order of their names.
    AllOf(Vec<String>),
}

/// `@deprecated(note: "…", since: n)`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deprecated {
    /// What to do instead.
    #[serde(default)]
    pub note: String,
    /// The version it is deprecated since.
    #[serde(default)]
    pub since: Option<i64>,
}

/// A message, enum or union.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Type {
    /// Which of the three.
    pub kind: Kind,
    /// Why a message is there that nobody wrote down.
    #[serde(default)]
    pub made: Option<Made>,
    /// The type's hash, in hex.
    pub hash: String,
    /// `@deprecated(…)` and `@was("…")` of the type itself.
    #[serde(default, rename = "self")]
    pub own: Own,
    /// A message's fields: the type of each, with full names.
    #[serde(default, rename = "field")]
    pub fields: BTreeMap<String, String>,
    /// An enum's values: the number of each.
    #[serde(default, rename = "value")]
    pub values: BTreeMap<String, i32>,
    /// A union's cases.
    #[serde(default, rename = "case")]
    pub cases: BTreeMap<String, Case>,
    /// Defaults of fields, as they are written in a schema.
    #[serde(default, rename = "default")]
    pub defaults: BTreeMap<String, String>,
    /// `@was("…")` of members.
    #[serde(default)]
    pub was: BTreeMap<String, String>,
    /// `@deprecated(…)` of members.
    #[serde(default)]
    pub deprecated: BTreeMap<String, Deprecated>,
    /// Names that must not come back.
    #[serde(default)]
    pub reserved_names: Vec<String>,
    /// Numbers that must not come back.
    #[serde(default)]
    pub reserved_numbers: Vec<i32>,
}

/// The three kinds of type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A message.
    Message,
    /// An enum.
    Enum,
    /// A union.
    Union,
}

impl Kind {
    /// As the lock and people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Enum => "enum",
            Self::Union => "union",
        }
    }
}

/// Why a message is there that nobody wrote down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Made {
    /// From a parameter list.
    Request,
    /// From `-> ()` or a result that is not a message.
    Response,
    /// From a stream item that is not a message.
    Item,
}

impl Made {
    /// As the lock calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Item => "item",
        }
    }
}

/// What is said of a type itself, and not of a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    /// `@deprecated(…)`.
    #[serde(default)]
    pub deprecated: Option<Deprecated>,
    /// `@was("…")`.
    #[serde(default)]
    pub was: Option<String>,
}

/// A case of a union.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its number.
    pub number: i32,
    /// What it holds, with full names.
    #[serde(rename = "type")]
    pub ty: String,
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// Its type, with full names.
    #[serde(rename = "type")]
    pub ty: String,
    /// Its value, as it is written in a schema.
    pub value: String,
    /// `@deprecated(…)`.
    #[serde(default)]
    pub deprecated: Option<Deprecated>,
}

impl Type {
    /// Whether both say the same, whatever the types they name have become.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self {
            kind,
            made,
            hash: _,
            own,
            fields,
            values,
            cases,
            defaults,
            was,
            deprecated,
            reserved_names,
            reserved_numbers,
        } = self;
        *kind == other.kind
            && *made == other.made
            && *own == other.own
            && *fields == other.fields
            && *values == other.values
            && *cases == other.cases
            && *defaults == other.defaults
            && *was == other.was
            && *deprecated == other.deprecated
            && *reserved_names == other.reserved_names
            && *reserved_numbers == other.reserved_numbers
    }

    /// The full names of the types that the members name.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        let types = self.fields.values().map(String::as_str);
        let cases = self.cases.values().map(|case| case.ty.as_str());
        types.chain(cases).flat_map(names)
    }
}

/// The full names of declared types in the text of a type: these have a dot.
pub fn names(ty: &str) -> impl Iterator<Item = &str> {
    ty.split(['<', '>', ',', ' ', '?'])
        .filter(|word| word.contains('.'))
}
