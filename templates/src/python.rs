//! Python: one [`File`] is one module.

#![expect(unused_qualifications, reason = "askama's derive names its traits in full")]

use askama::Template;

/// One file of generated Python.
#[derive(Template)]
#[template(path = "python/file.py.jinja", escape = "none")]
pub struct File {
    /// The first line: who made the file, from what.
    pub header: String,
    /// The docstring of the module.
    pub docs: String,
    /// Lines of imports, in groups.
    pub imports: Vec<Vec<String>>,
    /// What follows.
    pub sections: Vec<Placed>,
}

/// A section where it stands.
pub struct Placed {
    /// How many blank lines are in front of it.
    pub blank_lines: usize,
    /// The section.
    pub section: Section,
}

/// What stands between blank lines of a module.
#[derive(Template)]
#[template(path = "python/section.py.jinja", escape = "none")]
pub enum Section {
    /// A constant, or the name of a union.
    Statement(Statement),
    /// Constants of modules that need this one first.
    Late(Late),
    /// A message, an enum or a case of a union.
    Class(Class),
    /// What implements a service.
    Service(Service<ServiceMethod>),
    /// What calls a service.
    Client(Service<ClientMethod>),
}

/// A statement, and a docstring below it.
pub struct Statement {
    /// The statement.
    pub code: String,
    /// The docstring.
    pub docs: Option<String>,
}

/// The function that gives constants when they are asked for.
#[derive(Template)]
#[template(path = "python/late.py.jinja", escape = "none")]
pub struct Late {
    /// `TYPE_CHECKING`.
    pub type_checking: String,
    /// `str`.
    pub str: String,
    /// `object`.
    pub object: String,
    /// The name of each as a literal, and its value.
    pub constants: Vec<(String, String)>,
}

/// A class of data.
#[derive(Template)]
#[template(path = "python/class.py.jinja", escape = "none")]
pub struct Class {
    /// Its decorators, without the `@`.
    pub decorators: Vec<String>,
    /// The name, and what it derives from.
    pub head: String,
    /// The docstring.
    pub docs: String,
    /// Fields, or values.
    pub members: Vec<Statement>,
}

/// A class for a service.
pub struct Service<T> {
    /// The name, and what it derives from.
    pub head: String,
    /// The docstring.
    pub docs: String,
    /// What it has besides methods.
    pub attributes: Vec<String>,
    /// Its methods in declared order.
    pub methods: Vec<T>,
}

/// A method to implement.
pub struct ServiceMethod {
    /// What makes it abstract.
    pub decorator: String,
    /// The signature, with the colon.
    pub signature: String,
    /// The docstring.
    pub docs: Option<String>,
}

/// A method to call.
pub struct ClientMethod {
    /// What it is behind, where it has one response.
    pub decorator: Option<String>,
    /// The signature, with the colon.
    pub signature: String,
    /// The docstring.
    pub docs: Option<String>,
    /// What it does first.
    pub statements: Vec<String>,
    /// What it returns.
    pub value: String,
}
