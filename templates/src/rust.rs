//! Rust: one [`File`] holds one module, and a module the sections of a package.

#![expect(unused_qualifications, reason = "askama's derive names its traits in full")]

use askama::Template;

/// One file of generated Rust.
#[derive(Template)]
#[template(path = "rust/file.rs.jinja", escape = "none")]
pub struct File {
    /// The first line: who made the file, from what.
    pub header: String,
    /// Documentation of the module, with comment marks.
    pub docs: Vec<String>,
    /// What follows.
    pub sections: Vec<Section>,
}

/// What stands between two blank lines of a module.
#[derive(Template)]
#[template(path = "rust/section.rs.jinja", escape = "none")]
pub enum Section {
    /// Lines as they are: imports, checks, declarations of modules.
    Lines(Vec<String>),
    /// A module inside this file.
    Module(Module),
    /// A constant.
    Constant(Constant),
    /// A message.
    Message(Box<Message>),
    /// An enum.
    Enum(Enum),
    /// A union.
    Union(Union),
    /// A service: its description, trait, server and client.
    Service(Box<Service>),
}

/// A module inside a file.
pub struct Module {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// The name.
    pub name: String,
    /// What it holds.
    pub sections: Vec<Section>,
}

/// A constant.
#[derive(Template)]
#[template(path = "rust/constant.rs.jinja", escape = "none")]
pub struct Constant {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// `const`, or `static` for what has no constant constructor.
    pub keyword: &'static str,
    /// The name.
    pub name: String,
    /// The type.
    pub ty: String,
    /// The value, behind a blank or on a line of its own.
    pub value: String,
}

/// A message: a struct, its constructor and its codec.
#[derive(Template)]
#[template(path = "rust/message.rs.jinja", escape = "none")]
pub struct Message {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// Attributes of every other item.
    pub attributes: Vec<String>,
    /// The name.
    pub name: String,
    /// The fields in declared order.
    pub fields: Vec<Field>,
    /// How a value is made.
    pub constructor: Option<Constructor>,
    /// The codec.
    pub codec: MessageCodec,
}

/// A field of a struct.
pub struct Field {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// The name.
    pub name: String,
    /// The type.
    pub ty: String,
}

/// How a message is made from what it needs.
pub enum Constructor {
    /// `new(required, …)`.
    New {
        /// Documentation and attributes.
        head: Vec<String>,
        /// The signature without the body.
        signature: String,
        /// The value.
        value: String,
    },
    /// `new(init)`, with a struct of what is required.
    Init {
        /// Documentation and attributes.
        head: Vec<String>,
        /// The name of the struct.
        name: String,
        /// Its fields.
        fields: Vec<Field>,
        /// The value.
        value: String,
    },
    /// `Default`, since nothing is required.
    Default {
        /// The trait.
        default: String,
        /// The value.
        value: String,
    },
}

/// The codec of a message.
pub struct MessageCodec {
    /// The path of the runtime.
    pub v1: String,
    /// The TypeInfo.
    pub info: TypeInfo,
    /// The parameter of the writer: not used without fields.
    pub out: &'static str,
    /// The parameter of the reader: not used without fields.
    pub input: &'static str,
    /// Statements in wire order.
    pub write: Vec<String>,
    /// The value, its fields in wire order.
    pub read: String,
}

/// The static description of a type: full name and TypeDef.
pub struct TypeInfo {
    /// The full name, as a literal.
    pub name: String,
    /// The TypeDef, as a literal.
    pub type_def: String,
}

/// An enum: its numbers, names and codec.
#[derive(Template)]
#[template(path = "rust/enum.rs.jinja", escape = "none")]
pub struct Enum {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// Attributes of every other item.
    pub attributes: Vec<String>,
    /// The name.
    pub name: String,
    /// The values in declared order.
    pub values: Vec<EnumValue>,
    /// All values, by number.
    pub all: String,
    /// The path of the runtime.
    pub v1: String,
    /// The path of `std::fmt`.
    pub fmt: String,
    /// `Option<Self>`.
    pub option: String,
    /// The path of `FromStr`.
    pub from_str: String,
    /// `Result`.
    pub result: String,
    /// The TypeInfo.
    pub info: TypeInfo,
}

/// A value of an enum.
pub struct EnumValue {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// The name.
    pub name: String,
    /// The declared name, as a literal.
    pub wire_name: String,
    /// The number.
    pub number: String,
}

/// A union: an enum with data, and its codec.
#[derive(Template)]
#[template(path = "rust/union.rs.jinja", escape = "none")]
pub struct Union {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// Attributes of every other item.
    pub attributes: Vec<String>,
    /// The name.
    pub name: String,
    /// The full name, as a literal.
    pub full_name: String,
    /// The path of the runtime.
    pub v1: String,
    /// The cases in declared order.
    pub cases: Vec<Case>,
    /// What a value is made from, its type saying the case.
    pub conversions: Vec<Conversion>,
    /// The arms that write a case, by number.
    pub write: Vec<String>,
    /// The arms that read a case, by number.
    pub read: Vec<String>,
}

/// A case of a union.
pub struct Case {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// The name.
    pub name: String,
    /// The type.
    pub ty: String,
}

/// How a union is made from what one case holds.
pub struct Conversion {
    /// The trait.
    pub from: String,
    /// The name of the case.
    pub case: String,
    /// What it holds.
    pub ty: String,
    /// `value`, or a box around it.
    pub value: String,
}

/// A service: its description, trait, server and client.
#[derive(Template)]
#[template(path = "rust/service.rs.jinja", escape = "none")]
pub struct Service {
    /// The full name.
    pub full_name: String,
    /// The constant with the contract id.
    pub constant: String,
    /// The contract id, as an expression.
    pub contract_id: String,
    /// Attributes of every other item.
    pub attributes: Vec<String>,
    /// Attributes of the server's struct.
    pub structs: Vec<String>,
    /// The static description, for the server and the client.
    pub info: Option<ServiceInfo>,
    /// What the server tells of the contract.
    pub definitions: Option<Definitions>,
    /// The trait and the server.
    pub server: Option<Server>,
    /// The client.
    pub client: Option<Client>,
    /// The path of the runtime.
    pub v1: String,
}

impl Service {
    /// The name of the static description.
    fn info_name(&self) -> &str {
        self.info.as_ref().map_or("", |info| &info.name)
    }
}

/// The static description of a service.
pub struct ServiceInfo {
    /// The name of the static.
    pub name: String,
    /// The full name of the service, as a literal.
    pub full_name: String,
    /// The version.
    pub version: String,
    /// The variant of `Scope`.
    pub scope: &'static str,
    /// The modes, as an expression.
    pub modes: String,
    /// What callers must have, as an expression.
    pub requires: String,
    /// The table of the methods, as an expression.
    pub table: String,
    /// What is told of the contract, as an expression.
    pub definitions: String,
}

/// The definitions behind a contract, as they are hashed. All are literals.
pub struct Definitions {
    /// The name of the static.
    pub name: String,
    /// The full name of the service.
    pub full_name: String,
    /// The contract.
    pub contract: String,
    /// The types it reaches, by full name.
    pub types: Vec<String>,
    /// What nests in their fields.
    pub nested: Vec<String>,
}

/// What serves a service.
pub struct Server {
    /// Documentation and attributes of the trait.
    pub head: Vec<String>,
    /// The trait.
    pub service: String,
    /// The article before its name.
    pub article: &'static str,
    /// The name of the server.
    pub name: String,
    /// The supertraits of the trait.
    pub bounds: String,
    /// The name of the server's type parameter.
    pub parameter: String,
    /// `Arc`.
    pub arc: String,
    /// How an instance is made for each session, where the scope says so.
    pub sessions: Option<Sessions>,
    /// The methods in declared order.
    pub methods: Vec<TraitMethod>,
    /// The arms that dispatch a call.
    pub arms: Vec<String>,
}

/// The two functions that say how an instance is made for each session.
pub struct Sessions {
    /// The signature of the one whose instances are there at once.
    pub make: String,
    /// Its body.
    pub make_body: String,
    /// The signature of the one whose instances may fail, without the bound.
    pub try_make: String,
    /// What its type parameter is.
    pub try_bound: String,
    /// Its body.
    pub try_body: String,
}

/// A method of a service's trait.
pub struct TraitMethod {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// The signature, without the semicolon.
    pub signature: String,
}

/// What calls a service.
pub struct Client {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// The name.
    pub name: String,
    /// `Result`.
    pub result: String,
    /// Whether calls are made in a session.
    pub in_session: bool,
    /// The methods in declared order.
    pub methods: Vec<ClientMethod>,
}

/// A method of a client.
pub struct ClientMethod {
    /// Documentation and attributes.
    pub head: Vec<String>,
    /// The signature, without the body.
    pub signature: String,
    /// The body.
    pub body: String,
}
