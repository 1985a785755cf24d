//! Services: the static description, the trait, the server and the client.

use super::items::{any_deprecated, free_static};
use super::layout::{Call, Expr, WIDTH, signature};
use super::scope::Scope;
use super::types::value_type;
use super::{Options, allow_deprecated, head, literals, message, names};
use crate::codegen::clashes::What;
use crate::codegen::docs::article;
use crate::codegen::schema_text;
use crate::model::{Field, Made, Method, Requires, Service, TypeKind};
use aster_contract::encode::Encode;
use aster_contract::graph::TypeId;
use aster_contract::model::{CapabilityKind, Pattern, Scope as Lifetime};
use asterc_templates::rust::{
    Client, ClientMethod, Definitions, Section, Server, Service as View, ServiceInfo, Sessions, TraitMethod,
};
use heck::ToShoutySnakeCase;

/// The most parameters of a client's method: clippy's `too_many_arguments` counts `self` too.
const MAX_ARGUMENTS: usize = 6;

/// The names of a service in Rust.
struct Names {
    service: String,
    server: String,
    client: String,
    /// The constant with the contract id.
    contract_id: String,
}

impl Names {
    fn new(service: &Service) -> Self {
        let name = names::type_name(&service.name);
        let bare = names::bare(&name);
        Self {
            server: format!("{bare}Server"),
            client: format!("{bare}Client"),
            contract_id: format!("{}_CONTRACT_ID", bare.to_shouty_snake_case()),
            service: name,
        }
    }
}

/// The names of types and traits that a service declares, each with what it is.
pub(super) fn types_of<'a>(
    options: &Options,
    service: &'a Service,
) -> impl Iterator<Item = (String, What<'a>)> + use<'a> {
    let names = Names::new(service);
    let server = options.server.then(|| {
        [
            (names.service, What("service", &service.name)),
            (names.server, What("the server of service", &service.name)),
        ]
    });
    let client = options
        .client
        .then(|| (names.client, What("the client of service", &service.name)));
    server.into_iter().flatten().chain(client)
}

/// The name of the constant with a service's contract id, with what it is.
pub(super) fn constant_of(service: &Service) -> (String, What<'_>) {
    let what = What("the contract id of service", &service.name);
    (Names::new(service).contract_id, what)
}

pub(super) fn section(scope: &Scope<'_>, index: usize, service: &Service) -> Section {
    let options = scope.generator.options;
    let names = Names::new(service);
    let attributes = allow_deprecated(uses_deprecated(scope, service));
    let docs = head(&service.notes, || {
        format!("The service `{}`.", service.full_name())
    });
    let unused = service.methods.is_empty();
    let unused = unused.then(|| "#[expect(dead_code, reason = \"the service has no methods\")]".to_owned());
    let structs: Vec<String> = attributes.iter().cloned().chain(unused).collect();
    let definitions = options.server.then(|| definitions(scope, index, service, &names));
    let info = (options.client || options.server).then(|| info(scope, service, &names, definitions.as_ref()));
    let head = |docs: Vec<String>, attributes: &[String]| [docs, attributes.to_vec()].concat();
    let client_docs = if options.server {
        vec![format!(
            "/// Calls {} [`{}`].",
            article(&names.service),
            names.service
        )]
    } else {
        docs.clone()
    };
    Section::Service(Box::new(View {
        full_name: service.full_name(),
        contract_id: digits(scope, index, &names),
        server: options
            .server
            .then(|| server(scope, service, &names, info.as_ref(), head(docs, &attributes))),
        client: options
            .client
            .then(|| client(scope, service, &names, head(client_docs, &structs))),
        constant: names.contract_id,
        structs,
        attributes,
        info,
        definitions,
        v1: scope.v1_path(),
    }))
}

fn uses_deprecated(scope: &Scope<'_>, service: &Service) -> bool {
    let sides = |method: &Method| [method.request, method.response];
    let mut methods = service.methods.iter();
    service.notes.deprecated.is_some()
        || methods.any(|method| method.notes.deprecated.is_some())
        || any_deprecated(scope.schema(), service.methods.iter().flat_map(sides))
}

/// The contract id as an expression, behind a blank or on lines of its own.
fn digits(scope: &Scope<'_>, index: usize, names: &Names) -> String {
    let digits = format!("\"{}\"", scope.generator.contracts.services[index].id);
    let call = Call::new(scope.v1("contract_id"), vec![Expr::text(digits)]);
    let before = format!("pub const {}: {} = ", names.contract_id, scope.v1("ContractId"));
    Expr::Call(call).print(0, before.len(), 1)
}

/// What the contract hashes, and the definitions of all types that it reaches, as they are hashed.
fn definitions(scope: &Scope<'_>, index: usize, service: &Service, names: &Names) -> Definitions {
    let contracts = scope.generator.contracts;
    let types = &contracts.types;
    let roots = service
        .methods
        .iter()
        .flat_map(|method| [method.request, method.response]);
    let reached: Vec<_> = types
        .links()
        .reachable(roots)
        .into_iter()
        .filter_map(|id| types.get(id))
        .collect();
    let literal = |bytes: &[u8]| literals::mostly_text(bytes, 8, 8, WIDTH - 1);
    let mut nested: Vec<Vec<u8>> = reached
        .iter()
        .flat_map(|identity| &identity.nested)
        .map(Encode::encode)
        .collect();
    nested.sort_unstable();
    nested.dedup();
    let name = format!(
        "{}_DEFINITIONS",
        names::bare(&names.service).to_shouty_snake_case()
    );
    Definitions {
        name: free_static(scope, &service.package, &name),
        full_name: service.full_name(),
        contract: literals::mostly_text(
            &contracts.services[index].canonical,
            "    contract: ".len(),
            4,
            WIDTH - 1,
        ),
        types: reached
            .iter()
            .map(|identity| literal(&identity.canonical))
            .collect(),
        nested: nested.iter().map(|bytes| literal(bytes)).collect(),
    }
}

fn info(
    scope: &Scope<'_>,
    service: &Service,
    names: &Names,
    definitions: Option<&Definitions>,
) -> ServiceInfo {
    let name = format!("{}_SERVICE", names::bare(&names.service).to_shouty_snake_case());
    let modes = service.modes.iter().map(|mode| match mode.as_str() {
        "json" => scope.v1("Mode::Json"),
        _ => scope.v1("Mode::Xlang"),
    });
    let table = service.methods.iter().map(|method| table_entry(scope, method));
    ServiceInfo {
        name: free_static(scope, &service.package, &name),
        full_name: literals::string(&service.full_name()),
        version: literals::integer(i128::from(service.version)),
        scope: match service.scope {
            Lifetime::Shared => "Shared",
            Lifetime::Session => "Session",
        },
        modes: format!("&[{}]", modes.collect::<Vec<_>>().join(", ")),
        requires: requires(scope, service.requires.as_ref()).print(4, "    requires: ".len(), 1),
        table: Expr::Values(table.collect()).print(4, "    methods: ".len(), 1),
        definitions: match definitions {
            Some(definitions) => format!("&{}", definitions.name),
            None => format!("&{}", scope.v1("Definitions::NONE")),
        },
    }
}

fn server(
    scope: &Scope<'_>,
    service: &Service,
    names: &Names,
    info: Option<&ServiceInfo>,
    head: Vec<String>,
) -> Server {
    let methods = service.methods.iter();
    let sessions = info.filter(|_| service.scope == Lifetime::Session);
    Server {
        head,
        article: article(&names.service),
        service: names.service.clone(),
        name: names.server.clone(),
        bounds: format!("{} + {} + 'static", scope.std("Send"), scope.std("Sync")),
        parameter: scope.free_name("T"),
        arc: scope.std("Arc"),
        sessions: sessions.map(|info| sessions_of(scope, &info.name)),
        methods: methods
            .clone()
            .map(|method| TraitMethod {
                head: method_head(scope, method),
                signature: trait_signature(scope, method),
            })
            .collect(),
        arms: methods
            .enumerate()
            .map(|(index, method)| arm(scope, index, method))
            .collect(),
    }
}

/// How instances are made of the service that a static describes.
fn sessions_of(scope: &Scope<'_>, info: &str) -> Sessions {
    let (instance, future) = (scope.free_name("T"), scope.free_name("A"));
    let (send, sync) = (scope.std("Send"), scope.std("Sync"));
    let (session, result) = (scope.v1("SessionContext"), scope.v1("PerSession"));
    let function = |head: &str, session: &str, output: &str| {
        let make = format!(
            "make: impl {}({session}) -> {output} + {send} + {sync} + 'static",
            scope.std("Fn")
        );
        signature(
            &format!("pub fn {head}"),
            &[make],
            &format!(" -> {result}<{instance}>"),
            4,
        )
    };
    let body = |constructor: &str| {
        let arguments = [format!("&{info}"), "make".to_owned(), "Self".to_owned()];
        let arguments = arguments.map(Expr::text).to_vec();
        let constructor = scope.v1(&format!("PerSession::{constructor}"));
        Expr::Call(Call::new(constructor, arguments)).print(8, 8, 0)
    };
    let output = format!("{}<{instance}, {}>", scope.std("Result"), scope.v1("Status"));
    let bound = format!("{future}: {}<Output = {output}>", scope.std("Future"));
    let line = format!("{bound} + {send} + 'static");
    Sessions {
        make: function("per_session", &format!("&{session}"), &instance),
        make_body: body("new"),
        try_make: function(&format!("try_per_session<{future}>"), &session, &future),
        try_bound: if line.len() + 9 <= WIDTH {
            line
        } else {
            format!("{bound}\n            + {send}\n            + 'static")
        },
        try_body: body("try_new"),
    }
}

fn client(scope: &Scope<'_>, service: &Service, names: &Names, head: Vec<String>) -> Client {
    let methods = service.methods.iter().enumerate().map(|(index, method)| {
        let (signature, body) = client_method(scope, index, method);
        ClientMethod {
            head: method_head(scope, method),
            signature,
            body,
        }
    });
    Client {
        head,
        name: names.client.clone(),
        result: scope.std("Result"),
        in_session: service.scope == Lifetime::Session,
        methods: methods.collect(),
    }
}

fn requires(scope: &Scope<'_>, requires: Option<&Requires>) -> Expr {
    let Some(requires) = requires else {
        return Expr::text("None");
    };
    let kind = match requires.kind {
        CapabilityKind::Role => "Role",
        CapabilityKind::AnyOf => "AnyOf",
        CapabilityKind::AllOf => "AllOf",
    };
    let fields = vec![
        field("kind", Expr::text(scope.v1(&format!("CapabilityKind::{kind}")))),
        field(
            "roles",
            Expr::Array(requires.roles.iter().map(|role| literals::string(role)).collect()),
        ),
    ];
    Expr::Call(Call::new(
        "Some",
        vec![Expr::literal(scope.v1("Requirement"), fields)],
    ))
}

fn field(name: &str, value: Expr) -> (String, Option<Expr>) {
    (name.to_owned(), Some(value))
}

fn table_entry(scope: &Scope<'_>, method: &Method) -> Expr {
    let pattern = match method.pattern {
        Pattern::Unary => "Unary",
        Pattern::ServerStream => "ServerStream",
        Pattern::ClientStream => "ClientStream",
        Pattern::BidiStream => "BidiStream",
    };
    let timeout = method.timeout_ms.map_or_else(
        || "None".to_owned(),
        |ms| {
            format!(
                "Some({})",
                literals::duration(&scope.std("Duration"), i128::from(ms))
            )
        },
    );
    let fields = vec![
        field("name", Expr::text(literals::string(&method.name))),
        field("pattern", Expr::text(scope.v1(&format!("Pattern::{pattern}")))),
        field("idempotent", Expr::text(method.idempotent.to_string())),
        field("timeout", Expr::text(timeout)),
        field("requires", requires(scope, method.requires.as_ref())),
    ];
    Expr::literal(scope.v1("MethodInfo"), fields)
}

/// One side of a method: the message on the wire, and what the user's code sees of it.
struct Side<'a> {
    message: String,
    /// What is handed over: the message, its bare value, or `()`.
    ty: String,
    value: Option<&'a Field>,
    empty: bool,
}

impl<'a> Side<'a> {
    fn new(scope: &Scope<'a>, id: TypeId) -> Self {
        let message = scope.ty(id);
        let decl = &scope.schema().types[id.0 as usize];
        let field = match &decl.kind {
            TypeKind::Message(body) => body.fields.first(),
            TypeKind::Enum(_) | TypeKind::Union(_) => None,
        };
        match (decl.made, field) {
            (Some(Made::ResponseValue | Made::ItemValue), Some(field)) => Self {
                ty: value_type(scope, &field.ty),
                value: Some(field),
                empty: false,
                message,
            },
            (Some(Made::EmptyResponse), _) => Self {
                ty: "()".to_owned(),
                value: None,
                empty: true,
                message,
            },
            _ => Self {
                ty: message.clone(),
                value: None,
                empty: false,
                message,
            },
        }
    }

    /// Makes the message of what the user's code gives.
    fn wrap(&self, name: &str) -> Expr {
        match (self.empty, self.value) {
            (true, _) => Expr::closure("|()|", Expr::literal(&self.message, Vec::new())),
            (_, Some(field)) => {
                let field = names::value(&field.name);
                let value = (field != name).then(|| Expr::text(name));
                Expr::closure(
                    format!("|{name}|"),
                    Expr::literal(&self.message, vec![(field, value)]),
                )
            }
            _ => Expr::closure(format!("|{name}|"), Expr::text(name)),
        }
    }

    /// Takes what the user's code sees out of the message.
    fn unwrap(&self, name: &str) -> Expr {
        match (self.empty, self.value) {
            (true, _) => Expr::closure(format!("|_: {}|", self.message), Expr::text("()")),
            (_, Some(field)) => {
                let value = format!("{name}.{}", names::value(&field.name));
                Expr::closure(format!("|{name}: {}|", self.message), Expr::text(value))
            }
            _ => Expr::closure(format!("|{name}|"), Expr::text(name)),
        }
    }
}

fn method_head(scope: &Scope<'_>, method: &Method) -> Vec<String> {
    let text = || format!("`{}`", schema_text::method(scope.schema(), method));
    let mut head = head(&method.notes, text);
    if method.name.starts_with("into_") || method.name.starts_with("from_") {
        let reason = "a name of the schema";
        head.push(format!(
            "#[allow(clippy::wrong_self_convention, reason = \"{reason}\")]"
        ));
    }
    head
}

fn trait_signature(scope: &Scope<'_>, method: &Method) -> String {
    let request = Side::new(scope, method.request);
    let response = Side::new(scope, method.response);
    let (result, future, send) = (scope.std("Result"), scope.std("Future"), scope.std("Send"));
    let status = scope.v1("Status");
    let streams_in = matches!(method.pattern, Pattern::ClientStream | Pattern::BidiStream);
    let streams_out = matches!(method.pattern, Pattern::ServerStream | Pattern::BidiStream);
    let parameter = if streams_in {
        format!("requests: {}<{}>", scope.v1("Streaming"), request.ty)
    } else {
        format!("request: {}", request.ty)
    };
    let output = if streams_out {
        format!(
            "impl {}<Item = {result}<{}, {status}>> + {send}",
            scope.v1("Stream"),
            response.ty
        )
    } else {
        response.ty
    };
    let parameters = [
        "&self".to_owned(),
        parameter,
        format!("context: &{}", scope.v1("Context")),
    ];
    let mut ending = format!(" -> impl {future}<Output = {result}<{output}, {status}>> + {send}");
    if ending.len() + "    );".len() > WIDTH {
        let line = format!("Output = {result}<{output}, {status}>,");
        let output = if line.len() + 8 <= WIDTH {
            line
        } else {
            let lines = format!("\n            {output},\n            {status},\n        ");
            format!("Output = {result}<{lines}>,")
        };
        ending = format!(" -> impl {future}<\n        {output}\n    > + {send}");
    }
    signature(
        &format!("fn {}", names::method(&method.name)),
        &parameters,
        &ending,
        4,
    )
}

/// The arm of the dispatch for a method.
fn arm(scope: &Scope<'_>, index: usize, method: &Method) -> String {
    let request = Side::new(scope, method.request);
    let response = Side::new(scope, method.response);
    let name = names::method(&method.name);
    let handle = |request: &str| format!("service.{name}({request}, &context).await");
    let respond = |request: &str| {
        Expr::closure(
            format!("async move |{request}, context|"),
            Expr::text(handle(request)),
        )
    };
    let forward = |request: &str| {
        let items = Call::new("forward", vec![Expr::text("items"), response.wrap("value")]);
        Expr::Block {
            head: format!("async move |{request}, context, out|"),
            lines: vec![
                format!("let items = {}?;", handle(request)),
                Expr::chain("out", vec![items, Call::wait()], "").print(16, 16, 0),
            ],
        }
    };
    let call = match method.pattern {
        Pattern::Unary => Call::new("unary", vec![response.wrap("value"), respond("request")]),
        Pattern::ClientStream => {
            let both = [request.unwrap("message"), response.wrap("value")];
            Call::new(
                "client_stream",
                both.into_iter().chain([respond("requests")]).collect(),
            )
        }
        Pattern::ServerStream => Call::new("server_stream", vec![forward("request")]),
        Pattern::BidiStream => Call::new(
            "bidi_stream",
            vec![request.unwrap("message"), forward("requests")],
        ),
    };
    let before = format!("{index} => ");
    format!(
        "{before}{},",
        Expr::method("call", call).print(12, 12 + before.len(), 1)
    )
}

/// The signature and the body of a client's method.
fn client_method(scope: &Scope<'_>, index: usize, method: &Method) -> (String, String) {
    let request = Side::new(scope, method.request);
    let response = Side::new(scope, method.response);
    let name = names::method(&method.name);
    let stub = |function: &str, mut arguments: Vec<Expr>| {
        arguments.insert(0, Expr::text(index.to_string()));
        arguments.push(response.unwrap("message"));
        Expr::method("self.stub", Call::new(function, arguments)).print(8, 8, 0)
    };
    let output = |kind: &str| format!(" -> {}<{}>", scope.v1(kind), response.ty);
    match method.pattern {
        Pattern::Unary | Pattern::ServerStream => {
            let (function, kind) = match method.pattern {
                Pattern::Unary => ("unary", "UnaryCall"),
                _ => ("server_stream", "ServerStreamCall"),
            };
            let (mut parameters, value) = request_arguments(scope, method, &request);
            parameters.insert(0, "&self".to_owned());
            let signature = signature(&format!("pub fn {name}"), &parameters, &output(kind), 4);
            (signature, stub(function, vec![value]))
        }
        Pattern::ClientStream => {
            let stream = scope.v1("Stream");
            let stream = format!(
                "impl {stream}<Item = {}> + {} + 'static",
                request.ty,
                scope.std("Send")
            );
            let parameters = ["&self".to_owned(), format!("requests: {stream}")];
            let result = output("ClientStreamCall");
            let signature = signature(&format!("pub fn {name}"), &parameters, &result, 4);
            (
                signature,
                stub(
                    "client_stream",
                    vec![Expr::text("requests"), request.wrap("value")],
                ),
            )
        }
        Pattern::BidiStream => {
            let result = format!(" -> {}<{}, {}>", scope.v1("BidiCall"), request.ty, response.ty);
            let signature = signature(&format!("pub fn {name}"), &["&self".to_owned()], &result, 4);
            (signature, stub("bidi_stream", vec![request.wrap("value")]))
        }
    }
}

/// The parameters of a client's method, and the request made of them.
fn request_arguments(scope: &Scope<'_>, method: &Method, request: &Side<'_>) -> (Vec<String>, Expr) {
    let decl = &scope.schema().types[method.request.0 as usize];
    let TypeKind::Message(body) = &decl.kind else {
        unreachable!("resolve: a request is a message")
    };
    if !method.parameters || body.fields.len() > MAX_ARGUMENTS {
        return (
            vec![format!("request: {}", request.message)],
            Expr::text("request"),
        );
    }
    let parameters = body.fields.iter().map(|field| message::parameter(scope, field));
    let fields = body
        .fields
        .iter()
        .map(|field| message::from_parameter(scope, method.request, field))
        .collect();
    (parameters.collect(), Expr::literal(&request.message, fields))
}
