//! TypeScript: one [`File`] is one module.

#![expect(unused_qualifications, reason = "askama's derive names its traits in full")]

use askama::Template;

/// One file of generated TypeScript.
#[derive(Template)]
#[template(path = "typescript/file.ts.jinja", escape = "none")]
pub struct File {
    /// The first line: who made the file, from what.
    pub header: String,
    /// The comment on the module.
    pub docs: String,
    /// Whether the code names what is deprecated.
    pub deprecated: bool,
    /// Lines of imports.
    pub imports: Vec<String>,
    /// The version of the surface between generated code and the runtime.
    pub generation: u32,
    /// What follows.
    pub sections: Vec<Placed>,
}

/// A section where it stands.
pub struct Placed {
    /// Whether a blank line is in front of it.
    pub blank_line: bool,
    /// The section.
    pub section: Section,
}

/// What stands between blank lines of a module.
#[derive(Template)]
#[template(path = "typescript/section.ts.jinja", escape = "none")]
pub enum Section {
    /// A constant.
    Statement(Statement),
    /// An enum.
    Enum(Enumeration),
    /// A message.
    Message(Message),
    /// A union.
    Union(Union),
    /// A service.
    Service(Service),
}

/// A statement with its comment.
pub struct Statement {
    /// The comment.
    pub docs: Option<String>,
    /// The statement.
    pub code: String,
}

/// A member of an object or interface with its comment.
pub struct Member {
    /// The comment.
    pub docs: Option<String>,
    /// The member.
    pub code: String,
}

/// An enum.
#[derive(Template)]
#[template(path = "typescript/enum.ts.jinja", escape = "none")]
pub struct Enumeration {
    /// The comment.
    pub docs: String,
    /// The name of the object and of the type.
    pub name: String,
    /// Names and numbers.
    pub values: Vec<Member>,
    /// The comment on the type.
    pub type_docs: String,
    /// The declaration of the type.
    pub ty: String,
    /// The comment on what the runtime knows.
    pub info_docs: String,
    /// What the runtime knows.
    pub info: String,
}

/// A message.
#[derive(Template)]
#[template(path = "typescript/message.ts.jinja", escape = "none")]
pub struct Message {
    /// What decoding gives.
    pub interface: Interface,
    /// The comment on what makes one.
    pub init_docs: String,
    /// The name of what makes one.
    pub init_name: String,
    /// What makes one, unless it is the same.
    pub init: Option<Vec<Member>>,
    /// The comment on the codec.
    pub codec_docs: String,
    /// The beginning of the codec's declaration, up to a brace.
    pub head: String,
    /// How much deeper the codec stands.
    pub pad: String,
    /// What ends it.
    pub close: &'static str,
    /// The full name, as a literal.
    pub full_name: String,
    /// The property with the TypeDef.
    pub type_def: String,
    /// The lines of the functions.
    pub functions: Vec<String>,
}

/// An interface.
pub struct Interface {
    /// The comment.
    pub docs: String,
    /// The name.
    pub name: String,
    /// `Record`, for an object without properties.
    pub record: String,
    /// The properties.
    pub members: Vec<Member>,
}

/// A union.
#[derive(Template)]
#[template(path = "typescript/union.ts.jinja", escape = "none")]
pub struct Union {
    /// The comment.
    pub docs: String,
    /// The declaration of the type.
    pub alias: String,
    /// The comment on what makes one.
    pub init_docs: String,
    /// The declaration of what makes one.
    pub init: String,
    /// The comment on the codec.
    pub codec_docs: String,
    /// The beginning of the codec's declaration, up to a brace.
    pub head: String,
    /// How much deeper the codec stands.
    pub pad: String,
    /// What ends it.
    pub close: &'static str,
    /// The full name, as a literal.
    pub full_name: String,
    /// The lines of the functions.
    pub functions: Vec<String>,
}

/// A service.
#[derive(Template)]
#[template(path = "typescript/service.ts.jinja", escape = "none")]
pub struct Service {
    /// The comment on the contract id.
    pub contract_id_docs: String,
    /// The declaration of the contract id.
    pub contract_id: String,
    /// Its name.
    pub contract_id_name: String,
    /// The comment.
    pub docs: String,
    /// The name of the interface.
    pub service: String,
    /// Whether there is nothing to implement.
    pub is_empty: bool,
    /// `Record`, for an object without properties.
    pub record: String,
    /// The methods to implement.
    pub handlers: Vec<Member>,
    /// The comment on what the runtime knows.
    pub info_docs: String,
    /// The beginning of what the runtime knows, up to a brace.
    pub info: String,
    /// How much deeper it stands.
    pub pad: String,
    /// What ends it.
    pub close: &'static str,
    /// The full name, as a literal.
    pub full_name: String,
    /// The property with the contract.
    pub contract: String,
    /// What has the definitions of the types.
    pub schema: String,
    /// What the runtime knows of each method.
    pub methods: Vec<Entry>,
    /// The comment on the client.
    pub client_docs: String,
    /// The beginning of the client, up to a brace.
    pub client_head: String,
    /// What the client is made of.
    pub target: String,
    /// The type of that.
    pub target_type: String,
    /// The methods to call.
    pub calls: Vec<ClientMethod>,
}

/// What the runtime knows of a method.
pub struct Entry {
    /// Its properties.
    pub facts: Vec<String>,
}

/// A method to call.
pub struct ClientMethod {
    /// The comment.
    pub docs: Option<String>,
    /// The signature, with the brace.
    pub signature: String,
    /// What it does.
    pub call: String,
}

/// The definitions of every type, as they are hashed.
#[derive(Template)]
#[template(path = "typescript/definitions.ts.jinja", escape = "none")]
pub struct Definitions {
    /// The comment.
    pub docs: String,
    /// The version of the surface between generated code and the runtime.
    pub generation: u32,
    /// The property with the types.
    pub types: String,
    /// The property with the types without names.
    pub nested: String,
}
