//! Services: what the runtime knows of it, the class to derive from, and the client.

use super::layout::{Argument, Expr, WIDTH, annotate, assign, class_head, signature};
use super::scope::{Class, Scope};
use super::types::{or_none, value_type};
use super::{Sides, docstring, literals, message, names};
use crate::codegen::clashes::What;
use crate::codegen::docs::article;
use crate::model::{Field, Literal, Made, Method, Service, TypeKind};
use aster_contract::graph::{Leaf, Shape, TypeId};
use aster_contract::identity::Contract;
use aster_contract::model::{Pattern, Scope as Lifetime};
use asterc_templates::python::{ClientMethod, Section, Service as View, ServiceMethod, Statement};
use heck::ToShoutySnakeCase;

/// The parameters of methods that are not the schema's.
pub(super) const PARAMETERS: [&str; 5] = ["context", "metadata", "request", "requests", "timeout"];

/// The names of a service in Python.
struct Names {
    service: String,
    client: String,
    /// The constant with the contract id.
    contract_id: String,
    /// What the runtime knows of the service.
    info: String,
}

impl Names {
    fn new(service: &Service) -> Self {
        let service = names::type_name(&service.name);
        let shouted = service.to_shouty_snake_case();
        Self {
            client: format!("{service}Client"),
            contract_id: format!("{shouted}_CONTRACT_ID"),
            info: format!("_{shouted}"),
            service,
        }
    }
}

/// The names that a service declares, each with what it is.
pub(super) fn names_of(sides: Sides, service: &Service) -> impl Iterator<Item = (String, What<'_>)> {
    let names = Names::new(service);
    let class = (names.service, What("service", &service.name));
    let client = (names.client, What("the client of service", &service.name));
    let contract_id = (
        names.contract_id,
        What("the contract id of service", &service.name),
    );
    let class = sides.server.then_some(class);
    let client = sides.client.then_some(client);
    class.into_iter().chain(client).chain([contract_id])
}

/// What a module calls the description of a service.
pub(super) fn info_name(service: &Service) -> String {
    Names::new(service).info
}

pub(super) fn sections(scope: &Scope<'_>, index: usize, service: &Service) -> Vec<Section> {
    let names = Names::new(service);
    let contract = &scope.generator.contracts.services[index];
    let sides = scope.generator.sides;
    let docs = format!(
        "The id of the contract of `{}` that this code was generated from.",
        service.full_name()
    );
    let contract_id = Section::Statement(Statement {
        code: assign(
            &format!("{}: {}", names.contract_id, scope.name("typing", "Final")),
            &Expr::text(format!("\"{}\"", contract.id)),
            0,
        ),
        docs: Some(docstring::print(&[docs], 0)),
    });
    let mut sections = vec![contract_id];
    if sides.client || sides.server {
        sections.push(info(scope, service, &names, contract));
    }
    if sides.server {
        sections.push(Section::Service(server(scope, service, &names)));
    }
    if sides.client {
        sections.push(Section::Client(client(scope, service, &names)));
    }
    sections
}

/// The description of the service for the runtime.
fn info(scope: &Scope<'_>, service: &Service, names: &Names, contract: &Contract) -> Section {
    let methods = service.methods.iter();
    let table = methods.map(|method| table_entry(scope, service, method));
    let arguments = vec![
        Expr::Text(literals::string(&service.full_name())),
        Expr::text(&names.contract_id),
        literals::bytes(&contract.canonical, WIDTH - 5),
        Expr::Tuple(table.collect()),
    ];
    let info = Expr::call(
        format!("{}.service", scope.definitions()),
        arguments.into_iter().map(Argument::plain).collect(),
    );
    Section::Statement(Statement {
        code: assign(&names.info, &info, 0),
        docs: None,
    })
}

fn docs_of(service: &Service) -> Vec<String> {
    docstring::or(&service.notes, || {
        format!("The service `{}`.", service.full_name())
    })
}

/// The attributes that a class of the service has besides its methods.
fn attributes(class: &Class<'_, '_>, names: &Names) -> Vec<String> {
    let class_var = class.name("typing", "ClassVar");
    let contract_id = format!("CONTRACT_ID: {class_var}[{}]", class.builtin("str"));
    let info = format!("__aster__: {class_var}[{}]", class.v1("ServiceInfo"));
    vec![
        assign(&contract_id, &Expr::text(&names.contract_id), 4),
        assign(&info, &Expr::text(&names.info), 4),
    ]
}

/// The attribute of a method.
fn attribute(scope: &Scope<'_>, service: &Service, method: &Method) -> String {
    scope
        .generator
        .member(&service.package, names::method(&method.name))
}

fn class<'s, 'a>(scope: &'s Scope<'a>, service: &Service) -> Class<'s, 'a> {
    let methods = service.methods.iter();
    scope.class(methods.map(|method| attribute(scope, service, method)).collect())
}

fn table_entry(scope: &Scope<'_>, service: &Service, method: &Method) -> Expr {
    let mut arguments = vec![Argument::plain(Expr::Text(literals::string(&method.name)))];
    let attribute = attribute(scope, service, method);
    if attribute != method.name {
        arguments.push(Argument::named(
            "attribute",
            Expr::Text(literals::string(&attribute)),
        ));
    }
    let (request, response) = (
        Side::new(scope, method.request),
        Side::new(scope, method.response),
    );
    let flags = [
        ("takes_value", request.value.is_some()),
        ("returns_value", response.value.is_some()),
        ("returns_nothing", response.empty),
    ];
    let flags = flags.iter().filter(|(_, is)| *is);
    arguments.extend(flags.map(|(name, _)| Argument::named(*name, Expr::text("True"))));
    Expr::call(scope.v1("Method"), arguments)
}

/// One side of a method: the message on the wire, and what the user's code sees of it.
struct Side<'a> {
    message: TypeId,
    /// The one field, where its value is handed over.
    value: Option<&'a Field>,
    /// Whether nothing is.
    empty: bool,
}

impl<'a> Side<'a> {
    fn new(scope: &Scope<'a>, id: TypeId) -> Self {
        let decl = &scope.schema().types[id.0 as usize];
        let field = match (&decl.kind, decl.made) {
            (TypeKind::Message(body), Some(Made::ResponseValue | Made::ItemValue)) => body.fields.first(),
            _ => None,
        };
        Self {
            message: id,
            value: field,
            empty: decl.made == Some(Made::EmptyResponse),
        }
    }

    fn ty(&self, class: &Class<'_, '_>) -> Expr {
        match self.value {
            Some(field) => value_type(class, &field.ty),
            None if self.empty => Expr::text("None"),
            None => Expr::Text(class.ty(self.message)),
        }
    }
}

fn streams_in(method: &Method) -> bool {
    matches!(method.pattern, Pattern::ClientStream | Pattern::BidiStream)
}

fn streams_out(method: &Method) -> bool {
    matches!(method.pattern, Pattern::ServerStream | Pattern::BidiStream)
}

/// A parameter of a method: with its type and its default, or a mark.
struct Parameter {
    name: String,
    ty: Option<Expr>,
    default: Option<Expr>,
}

impl Parameter {
    fn mark(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ty: None,
            default: None,
        }
    }

    fn new(name: impl Into<String>, ty: Expr) -> Self {
        Self {
            name: name.into(),
            ty: Some(ty),
            default: None,
        }
    }

    fn or(self, default: Expr) -> Self {
        Self {
            default: Some(default),
            ..self
        }
    }

    fn print(&self, indent: usize) -> String {
        match &self.ty {
            None => self.name.clone(),
            Some(ty) => annotate(&self.name, ty, self.default.as_ref(), indent, 1),
        }
    }
}

fn print_signature(before: &str, parameters: &[Parameter], result: &Expr, after: &str) -> String {
    let parameters: Vec<_> = parameters
        .iter()
        .map(|parameter| move |indent: usize| parameter.print(indent))
        .collect();
    signature(before, &parameters, result, 4, after.len())
}

fn server(scope: &Scope<'_>, service: &Service, names: &Names) -> View<ServiceMethod> {
    let class = class(scope, service);
    let methods = service.methods.iter().map(|method| {
        let docs = docstring::of(&method.notes);
        ServiceMethod {
            decorator: format!("@{}", class.name("abc", "abstractmethod")),
            signature: server_signature(&class, service, method, !docs.is_empty()),
            docs: (!docs.is_empty()).then(|| docstring::print(&docs, 8)),
        }
    });
    let base = match service.scope {
        Lifetime::Shared => "Service",
        Lifetime::Session => "SessionService",
    };
    View {
        head: class_head(&names.service, class.v1(base)),
        docs: docstring::print(&docs_of(service), 4),
        attributes: attributes(&class, names),
        methods: methods.collect(),
    }
}

fn server_signature(class: &Class<'_, '_>, service: &Service, method: &Method, docs: bool) -> String {
    let request = Side::new(class, method.request).ty(class);
    let response = Side::new(class, method.response).ty(class);
    let iterator = |item| Expr::subscript(class.name("collections.abc", "AsyncIterator"), vec![item]);
    let request = if streams_in(method) {
        Parameter::new("requests", iterator(request))
    } else {
        Parameter::new("request", request)
    };
    let context = Parameter::new("context", Expr::Text(class.v1("Context")));
    let (keyword, result) = if streams_out(method) {
        ("def", iterator(response))
    } else {
        ("async def", response)
    };
    print_signature(
        &format!("{keyword} {}", attribute(class, service, method)),
        &[Parameter::mark("self"), request, context],
        &result,
        if docs { "" } else { " ..." },
    )
}

fn client(scope: &Scope<'_>, service: &Service, names: &Names) -> View<ClientMethod> {
    let class = class(scope, service);
    let methods = service.methods.iter().enumerate();
    let docs = match scope.generator.sides.server {
        true => vec![format!("Calls {} `{}`.", article(&names.service), names.service)],
        false => docs_of(service),
    };
    let base = match service.scope {
        Lifetime::Shared => "ServiceClient",
        Lifetime::Session => "SessionClient",
    };
    View {
        head: class_head(&names.client, class.v1(base)),
        docs: docstring::print(&docs, 4),
        attributes: attributes(&class, names),
        methods: methods
            .map(|(index, method)| client_method(&class, service, index, method))
            .collect(),
    }
}

fn client_method(class: &Class<'_, '_>, service: &Service, index: usize, method: &Method) -> ClientMethod {
    let Request {
        mut parameters,
        keywords,
        statements,
        value,
    } = request(class, method);
    let (function, kind) = match method.pattern {
        Pattern::Unary => ("unary", "UnaryCall"),
        Pattern::ServerStream => ("server_stream", "Stream"),
        Pattern::ClientStream => ("client_stream", "UnaryCall"),
        Pattern::BidiStream => ("bidi_stream", "Stream"),
    };
    parameters.insert(0, Parameter::mark("self"));
    parameters.push(Parameter::mark("*"));
    parameters.extend(keywords);
    for (name, ty) in [("timeout", "Timeout"), ("metadata", "MetadataLike")] {
        let ty = Expr::Text(class.v1(ty));
        parameters.push(Parameter::new(name, ty).or(Expr::text("None")));
    }
    let response = Side::new(class, method.response).ty(class);
    let result = Expr::subscript(class.v1(kind), vec![response]);
    let arguments = [
        Expr::text(index.to_string()),
        value,
        Expr::text("timeout"),
        Expr::text("metadata"),
    ];
    let call = Expr::call(
        format!("self._stub.{function}"),
        arguments.map(Argument::plain).into(),
    );
    let docs = docstring::of(&method.notes);
    let attribute = attribute(class, service, method);
    ClientMethod {
        decorator: (kind == "UnaryCall").then(|| format!("@{}", class.v1("unary"))),
        signature: print_signature(&format!("def {attribute}"), &parameters, &result, ""),
        docs: (!docs.is_empty()).then(|| docstring::print(&docs, 8)),
        statements,
        value: call.print(8, 8 + "return ".len(), 0),
    }
}

/// How a client's method takes its request.
struct Request {
    parameters: Vec<Parameter>,
    /// Those that are given by name.
    keywords: Vec<Parameter>,
    /// What comes first in the body.
    statements: Vec<String>,
    /// The request.
    value: Expr,
}

fn request(class: &Class<'_, '_>, method: &Method) -> Request {
    let decl = &class.schema().types[method.request.0 as usize];
    let TypeKind::Message(body) = &decl.kind else {
        unreachable!("resolve: a request is a message")
    };
    if !method.parameters {
        let ty = Side::new(class, method.request).ty(class);
        let (name, ty) = if streams_in(method) {
            ("requests", Expr::subscript(class.v1("Messages"), vec![ty]))
        } else {
            ("request", ty)
        };
        return Request {
            parameters: vec![Parameter::new(name, ty), Parameter::mark("/")],
            keywords: Vec::new(),
            statements: Vec::new(),
            value: Expr::text(name),
        };
    }
    let mut statements = Vec::new();
    let names = body.fields.iter().map(|field| names::parameter(&field.name));
    let inside = class.and(names);
    let mut parameters: Vec<Parameter> = body
        .fields
        .iter()
        .map(|field| parameter(class, &inside, field, &mut statements))
        .collect();
    // what is required behind what is not is given by name, and so is all between them
    let first = parameters
        .iter()
        .position(|parameter| parameter.default.is_some());
    let keywords = match first {
        Some(first)
            if parameters[first..]
                .iter()
                .any(|parameter| parameter.default.is_none()) =>
        {
            parameters.split_off(first)
        }
        _ => Vec::new(),
    };
    let arguments = body.fields.iter().map(|field| {
        Argument::named(
            message::attribute(class, field),
            Expr::Text(names::parameter(&field.name)),
        )
    });
    Request {
        parameters,
        keywords,
        statements,
        value: Expr::call(class.ty(method.request), arguments.collect()),
    }
}

/// A parameter of a method of `class`, and what the body, which is `inside`, has to do for its default: a value that may be
/// changed, or is not there when the class is made, takes the place of `None`.
fn parameter(
    class: &Class<'_, '_>,
    inside: &Class<'_, '_>,
    field: &Field,
    statements: &mut Vec<String>,
) -> Parameter {
    let name = names::parameter(&field.name);
    let ty = value_type(class, &field.ty);
    let parameter = |ty| Parameter::new(&name, ty);
    let Some(default) = &field.default else {
        return match field.ty.optional {
            true => parameter(ty).or(Expr::text("None")),
            false => parameter(ty),
        };
    };
    let later = match (&field.ty.shape, default) {
        (Shape::List(_), _) => "[]".to_owned(),
        (Shape::Set(_), _) => format!("{}()", inside.builtin("set")),
        (Shape::Map(..), _) => "{}".to_owned(),
        (Shape::Leaf(Leaf::Type(id)), Literal::EnumValue { number, .. }) => {
            let value = class.enum_value(*id, *number);
            if !class.is_late(*id) {
                return parameter(ty).or(Expr::Text(value));
            }
            value
        }
        (Shape::Leaf(Leaf::Type(_)), _) => unreachable!("resolve: only enums among types have defaults"),
        (Shape::Leaf(Leaf::Primitive(primitive)), value) => {
            return parameter(ty).or(literals::scalar(value, *primitive, class, WIDTH - 12));
        }
    };
    statements.push(format!("if {name} is None:"));
    statements.push(format!("    {name} = {later}"));
    parameter(or_none(ty)).or(Expr::text("None"))
}
