//! Services: what implements one, what the runtime knows of it, and the client.

use super::layout::{Doc, WIDTH, concat, generic, print, signature, text, width};
use super::message::property;
use super::scope::Scope;
use super::types::{self, Side};
use super::{head, literals, names, tsdoc};
use crate::codegen::clashes::What;
use crate::codegen::docs::article;
use crate::model::{Field, Made, Method, Service, TypeKind};
use aster_contract::graph::TypeId;
use aster_contract::model::{Pattern, Scope as Lifetime};
use asterc_templates::typescript::{ClientMethod, Entry, Member, Section, Service as View};
use heck::ToShoutySnakeCase;

/// The names of a service in TypeScript.
struct Names {
    service: String,
    client: String,
    /// The constant with the contract id.
    contract_id: String,
}

impl Names {
    fn new(service: &Service) -> Self {
        let service = names::type_name(&service.name);
        Self {
            client: format!("{service}Client"),
            contract_id: format!("{}_CONTRACT_ID", service.to_shouty_snake_case()),
            service,
        }
    }
}

/// The names that a service declares, each with what it is.
pub(super) fn names_of(service: &Service) -> [(String, What<'_>); 3] {
    let names = Names::new(service);
    [
        (names.service, What("service", &service.name)),
        (names.client, What("the client of service", &service.name)),
        (
            names.contract_id,
            What("the contract id of service", &service.name),
        ),
    ]
}

pub(super) fn section(scope: &Scope<'_>, index: usize, service: &Service) -> Section {
    let names = Names::new(service);
    let contract = &scope.generator.contracts.services[index];
    let full_name = service.full_name();
    let is_session = service.scope == Lifetime::Session;
    let (base, kind, function) = match is_session {
        false => ("ServiceClient", "ServiceType", "service"),
        true => ("SessionClient", "SessionServiceType", "sessionService"),
    };
    let (target, target_type) = match is_session {
        false => ("client", "Client"),
        true => ("session", "Session"),
    };
    let docs = tsdoc::or(&service.notes, || format!("The service `{full_name}`."));
    let one = |line: String, indent| tsdoc::print(&[line], indent);
    let info = format!("export const {0}: v1.{kind}<{0}> =", names.service);
    let make = format!("/* @__PURE__ */ v1.{function}<{}>", names.service);
    let head = head::new(&info, &make);
    let contract_id = format!("export const {} =", names.contract_id);
    let id = format!("\"{}\";", contract.id);
    let contract_id = match width(&contract_id) + width(&id) < WIDTH {
        true => format!("{contract_id} {id}"),
        false => format!("{contract_id}\n  {id}"),
    };
    let sides = service.methods.iter().map(|method| Sides::new(scope, method));
    let sides: Vec<_> = service.methods.iter().zip(sides).collect();
    Section::Service(View {
        contract_id_docs: one(
            format!("The id of the contract of `{full_name}` that this code was generated from."),
            0,
        ),
        contract_id,
        docs: tsdoc::print(&docs, 0),
        is_empty: service.methods.is_empty(),
        record: scope.global("Record"),
        handlers: sides
            .iter()
            .map(|(method, sides)| handler(scope, method, sides))
            .collect(),
        info_docs: one(format!("What serves and calls `{full_name}`."), 0),
        contract: property("contract", &literals::base64(&contract.canonical), head.deep + 2),
        pad: " ".repeat(head.deep),
        close: head.close,
        info: head.open,
        full_name: literals::string(&full_name),
        schema: scope.definitions().to_owned(),
        methods: sides
            .iter()
            .map(|(method, sides)| entry(scope, method, sides))
            .collect(),
        client_docs: one(
            format!("Calls {} `{}`.", article(&names.service), names.service),
            0,
        ),
        client_head: client_head(&names.client, base),
        contract_id_name: names.contract_id,
        target: target.to_owned(),
        target_type: target_type.to_owned(),
        service: names.service,
        calls: sides
            .iter()
            .enumerate()
            .map(|(index, (method, sides))| call(scope, index, method, sides))
            .collect(),
    })
}

fn client_head(name: &str, base: &str) -> String {
    format!("export class {name} extends v1.{base} {{")
}

/// One side of a method: the message on the wire, and what the user's code sees of it.
struct Half<'a> {
    message: TypeId,
    /// The one field, where its value is handed over.
    value: Option<&'a Field>,
    /// Whether nothing is.
    empty: bool,
    streams: bool,
}

/// Both sides of a method.
struct Sides<'a> {
    request: Half<'a>,
    response: Half<'a>,
}

impl<'a> Sides<'a> {
    fn new(scope: &Scope<'a>, method: &Method) -> Self {
        let side = |message: TypeId, streams| {
            let decl = &scope.schema().types[message.0 as usize];
            let value = match (&decl.kind, decl.made) {
                (TypeKind::Message(body), Some(Made::ResponseValue | Made::ItemValue)) => body.fields.first(),
                _ => None,
            };
            Half {
                message,
                value,
                empty: decl.made == Some(Made::EmptyResponse),
                streams,
            }
        };
        let streams_in = matches!(method.pattern, Pattern::ClientStream | Pattern::BidiStream);
        let streams_out = matches!(method.pattern, Pattern::ServerStream | Pattern::BidiStream);
        Self {
            request: side(method.request, streams_in),
            response: side(method.response, streams_out),
        }
    }
}

impl Half<'_> {
    /// What the user's code gives or gets.
    fn ty(&self, scope: &Scope<'_>, side: Side) -> Doc {
        match self.value {
            Some(field) => types::value(scope, &field.ty, side),
            None if self.empty => text("void"),
            None if side == Side::Written => text(scope.written(self.message)),
            None => text(scope.ty(self.message)),
        }
    }
}

fn docs_of(method: &Method) -> Option<String> {
    let docs = tsdoc::of(&method.notes);
    (!docs.is_empty()).then(|| tsdoc::print(&docs, 2))
}

/// `name: ty`
fn parameter(name: &str, ty: Doc) -> Doc {
    concat([text(format!("{name}: ")), ty])
}

/// The method to implement.
fn handler(scope: &Scope<'_>, method: &Method, sides: &Sides<'_>) -> Member {
    let request = sides.request.ty(scope, Side::Read);
    let request = if sides.request.streams {
        parameter("requests", generic(scope.global("AsyncIterable"), vec![request]))
    } else {
        parameter("request", request)
    };
    let context = parameter("context", text(scope.v1("Context")));
    let response = sides.response.ty(scope, Side::Written);
    let kind = if sides.response.streams {
        "Items"
    } else {
        "Awaitable"
    };
    let response = generic(scope.v1(kind), vec![response]);
    let name = names::method(&method.name);
    let signature = signature(&name, vec![request, context], Some(response), ";");
    Member {
        docs: docs_of(method),
        code: print(&signature, 2),
    }
}

/// What the runtime knows of a method.
fn entry(scope: &Scope<'_>, method: &Method, sides: &Sides<'_>) -> Entry {
    let mut facts = vec![
        format!("name: {}", literals::string(&method.name)),
        format!("property: {}", literals::string(&names::method(&method.name))),
        format!("pattern: \"{}\"", pattern(method)),
        format!("request: {}", scope.ty(method.request)),
        format!("response: {}", scope.ty(method.response)),
    ];
    let flags = [
        ("takesValue", sides.request.value.is_some()),
        ("returnsValue", sides.response.value.is_some()),
        ("returnsNothing", sides.response.empty),
    ];
    let flags = flags.iter().filter(|(_, is)| *is);
    facts.extend(flags.map(|(name, _)| format!("{name}: true")));
    Entry { facts }
}

fn pattern(method: &Method) -> &'static str {
    match method.pattern {
        Pattern::Unary => "unary",
        Pattern::ServerStream => "serverStream",
        Pattern::ClientStream => "clientStream",
        Pattern::BidiStream => "bidiStream",
    }
}

/// The method that calls.
fn call(scope: &Scope<'_>, index: usize, method: &Method, sides: &Sides<'_>) -> ClientMethod {
    let mut parameters = Vec::new();
    let request = sides.request.ty(scope, Side::Written);
    let value = match request_of(scope, method) {
        _ if sides.request.streams => {
            parameters.push(parameter("requests", generic(scope.v1("Items"), vec![request])));
            "requests"
        }
        Request::Message => {
            parameters.push(parameter("request", request));
            "request"
        }
        Request::Nothing => "{}",
        Request::Parameters { required } => {
            let ty = if required {
                request
            } else {
                concat([request, text(" = {}")])
            };
            parameters.push(parameter("parameters", ty));
            "parameters"
        }
    };
    parameters.push(text(format!("options?: {}", scope.v1("CallOptions"))));
    let response = sides.response.ty(scope, Side::Read);
    let response = if sides.response.streams {
        generic(scope.v1("Stream"), vec![response])
    } else {
        generic(scope.global("Promise"), vec![response])
    };
    let name = names::method(&method.name);
    let signature = signature(&name, parameters, Some(response), " {");
    ClientMethod {
        docs: docs_of(method),
        signature: print(&signature, 2),
        call: format!("return this.stub.{}({index}, {value}, options);", pattern(method)),
    }
}

/// How a client's method takes its request.
enum Request {
    Message,
    /// One object of the parameters.
    Parameters {
        required: bool,
    },
    /// There is no parameter.
    Nothing,
}

fn request_of(scope: &Scope<'_>, method: &Method) -> Request {
    let decl = &scope.schema().types[method.request.0 as usize];
    let TypeKind::Message(body) = &decl.kind else {
        unreachable!("resolve: a request is a message")
    };
    match body.fields.as_slice() {
        _ if !method.parameters => Request::Message,
        [] => Request::Nothing,
        fields => Request::Parameters {
            required: fields
                .iter()
                .any(|field| !field.ty.optional && field.default.is_none()),
        },
    }
}
