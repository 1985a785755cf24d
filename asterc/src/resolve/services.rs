//! Services and their methods, and the messages that methods make.

use super::attributes::{Said, Target};
use super::errors;
use super::members::MAX_FIELDS;
use super::scope::{DeclId, Scopes};
use crate::ast::{self, Declaration, Kind, Name, Outcome, Request};
use crate::model::{Field, Made, Message, Method, Notes, Service, TypeDecl, TypeKind};
use crate::source::Span;
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use aster_contract::model::{Pattern, Scope};
use rustc_hash::FxHashMap;

/// The messages made so far.
#[derive(Default)]
pub(super) struct Making {
    types: Vec<TypeDecl>,
    /// By package and name: the index in `types`.
    names: FxHashMap<(String, String), usize>,
}

impl Making {
    pub(super) fn into_types(self) -> Vec<TypeDecl> {
        self.types
    }
}

/// Which side of a method a message is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

impl<'a> Scopes<'a> {
    pub(super) fn service(
        &mut self,
        unit: usize,
        ast: &'a Declaration,
        methods: &'a [ast::Method],
        making: &mut Making,
    ) -> Service {
        let said = self.attributes(unit, &ast.marks, &ast.name, Target::Service);
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        let mut out = Vec::with_capacity(methods.len());
        for method in methods {
            let name = &method.name;
            if let Some(first) = seen.get(name.text.as_str()) {
                self.problems
                    .push(errors::duplicate_method(name, *first, &ast.name));
                continue;
            }
            seen.insert(&name.text, name.span);
            out.extend(self.method(unit, method, making));
        }
        Service {
            package: self.package(unit).to_owned(),
            name: ast.name.text.clone(),
            span: ast.name.span,
            notes: said.notes,
            version: said.version.unwrap_or(1),
            scope: said.scope.unwrap_or(Scope::Shared),
            requires: said.requires,
            modes: said.modes.unwrap_or_else(|| vec!["xlang".to_owned()]),
            methods: out,
        }
    }

    fn method(&mut self, unit: usize, ast: &'a ast::Method, making: &mut Making) -> Option<Method> {
        let said = self.attributes(unit, &ast.marks, &ast.name, Target::Method);
        if ast.name.text.starts_with('_') {
            self.problems.push(errors::method_underscore(&ast.name));
            return None;
        }
        // Both sides are looked at before either can end the method: each mistake is reported.
        let request = self.request(unit, ast, &said, making);
        let response = self.response(unit, ast, &said, making);
        let (streams_in, request, parameters) = request?;
        let (streams_out, response) = response?;
        let pattern = match (streams_in, streams_out) {
            (false, false) => Pattern::Unary,
            (false, true) => Pattern::ServerStream,
            (true, false) => Pattern::ClientStream,
            (true, true) => Pattern::BidiStream,
        };
        Some(Method {
            name: ast.name.text.clone(),
            span: ast.name.span,
            notes: said.notes,
            pattern,
            request,
            parameters,
            response,
            idempotent: said.idempotent,
            timeout_ms: said.timeout_ms,
            requires: said.requires,
        })
    }

    /// Whether it streams, the message, and whether it was a parameter list.
    fn request(
        &mut self,
        unit: usize,
        ast: &'a ast::Method,
        said: &Said,
        making: &mut Making,
    ) -> Option<(bool, TypeId, bool)> {
        let name = said.request_name.as_ref();
        match &ast.request {
            Request::Parameters(parameters) => {
                let fields = self.parameters(unit, ast, parameters)?;
                let id = self.make(unit, ast, name, Side::Request, Made::Request, fields, making)?;
                Some((false, id, true))
            }
            Request::Type(ty) => {
                let value = self.value(unit, ty)?;
                let Some(id) = self.message_of(&value) else {
                    let what = self.describe(&value);
                    self.problems.push(errors::invalid_request(
                        ty.span,
                        &what,
                        self.sources.text(ty.span),
                    ));
                    return None;
                };
                self.refuse_names(name, Side::Request);
                Some((false, id, false))
            }
            Request::Stream(ty) => {
                let value = self.value(unit, ty)?;
                let id = match self.message_of(&value) {
                    Some(id) => {
                        self.refuse_names(name, Side::Request);
                        id
                    }
                    None => {
                        let field = value_field(value, ty.span);
                        self.make(
                            unit,
                            ast,
                            name,
                            Side::Request,
                            Made::ItemValue,
                            vec![field],
                            making,
                        )?
                    }
                };
                Some((true, id, false))
            }
            Request::StreamOfParameters => {
                self.problems.push(errors::stream_of_parameters(ast.request_span));
                None
            }
        }
    }

    /// Whether it streams, and the message.
    fn response(
        &mut self,
        unit: usize,
        ast: &'a ast::Method,
        said: &Said,
        making: &mut Making,
    ) -> Option<(bool, TypeId)> {
        let name = said.response_name.as_ref();
        let (streams, ty) = match &ast.result {
            Outcome::Nothing => {
                let id = self.make(
                    unit,
                    ast,
                    name,
                    Side::Response,
                    Made::EmptyResponse,
                    Vec::new(),
                    making,
                )?;
                return Some((false, id));
            }
            Outcome::StreamOfNothing(span) => {
                self.problems.push(errors::stream_of_nothing(*span));
                return None;
            }
            Outcome::Type(ty) => (false, ty),
            Outcome::Stream(ty) => (true, ty),
        };
        let value = self.value(unit, ty)?;
        if let Some(id) = self.message_of(&value) {
            self.refuse_names(name, Side::Response);
            return Some((streams, id));
        }
        let made = if streams {
            Made::ItemValue
        } else {
            Made::ResponseValue
        };
        let id = self.make(
            unit,
            ast,
            name,
            Side::Response,
            made,
            vec![value_field(value, ty.span)],
            making,
        )?;
        Some((streams, id))
    }

    fn parameters(
        &mut self,
        unit: usize,
        ast: &ast::Method,
        parameters: &'a [ast::Field],
    ) -> Option<Vec<Field>> {
        if let Some(extra) = parameters.get(MAX_FIELDS) {
            self.problems.push(errors::too_many_fields(
                extra.name.span,
                &ast.name,
                parameters.len(),
                MAX_FIELDS,
            ));
        }
        let mut seen: FxHashMap<&str, Span> = FxHashMap::default();
        let mut fields = Vec::with_capacity(parameters.len());
        let mut whole = true;
        for parameter in parameters {
            let name = &parameter.name;
            if let Some(first) = seen.get(name.text.as_str()) {
                self.problems
                    .push(errors::duplicate_parameter(name, *first, &ast.name));
                // what else is wrong with it is another mistake
                self.field(unit, parameter, Target::Parameter);
                whole = false;
                continue;
            }
            seen.insert(&name.text, name.span);
            match self.field(unit, parameter, Target::Parameter) {
                Some(field) => fields.push(field),
                None => whole = false,
            }
        }
        whole.then_some(fields)
    }

    fn message_of(&self, value: &Value) -> Option<TypeId> {
        match value {
            Value {
                shape: Shape::Leaf(Leaf::Type(id)),
                optional: false,
            } => matches!(self.declared(DeclId(id.0)).ast.kind, Kind::Message { .. }).then_some(*id),
            _ => None,
        }
    }

    fn refuse_names(&mut self, name: Option<&Name>, side: Side) {
        if let Some(name) = name {
            self.problems.push(errors::unused_names(name.span, side));
        }
    }

    /// Makes a message, or finds the same one made before.
    #[expect(
        clippy::too_many_arguments,
        reason = "a private step that both sides of a method share"
    )]
    fn make(
        &mut self,
        unit: usize,
        ast: &ast::Method,
        given: Option<&Name>,
        side: Side,
        made: Made,
        fields: Vec<Field>,
        making: &mut Making,
    ) -> Option<TypeId> {
        let suffix = match made {
            Made::Request => "Request",
            Made::EmptyResponse | Made::ResponseValue => "Response",
            Made::ItemValue => "Item",
        };
        let name = given.map_or_else(|| made_name(&ast.name.text, suffix), |given| given.text.clone());
        let place = given.map_or(ast.name.span, |given| given.span);
        let package = self.package(unit).to_owned();
        if let Some(taken) = self.in_package(&package, &name) {
            let taken = self.declared(taken).ast;
            self.problems
                .push(errors::made_name_taken(place, ast, &name, side, made, taken));
            return None;
        }
        let first_id = self.declarations.len();
        let id = |index: usize| TypeId(u32::try_from(first_id + index).unwrap_or(u32::MAX));
        let key = (package, name);
        if let Some(&index) = making.names.get(&key) {
            let first = &making.types[index];
            if let Some(difference) = difference(first, made, &fields) {
                let span = first.span;
                self.problems.push(errors::made_names_differ(
                    place,
                    ast,
                    &key.1,
                    side,
                    span,
                    &difference,
                ));
                return None;
            }
            return Some(id(index));
        }
        let index = making.types.len();
        making.types.push(TypeDecl {
            package: key.0.clone(),
            name: key.1.clone(),
            span: ast.name.span,
            notes: Notes::default(),
            made: Some(made),
            kind: TypeKind::Message(Message {
                fields,
                reserved: Vec::new(),
            }),
        });
        making.names.insert(key, index);
        Some(id(index))
    }
}

/// Why two messages of one name are not the same, in words; the order of fields does not matter.
fn difference(first: &TypeDecl, made: Made, fields: &[Field]) -> Option<String> {
    let TypeKind::Message(message) = &first.kind else {
        return Some("one is not a message".to_owned());
    };
    if first.made != Some(made) {
        return Some("they are made for different purposes".to_owned());
    }
    let other = |name: &str| message.fields.iter().find(|field| field.name == name);
    for field in fields {
        match other(&field.name) {
            None => return Some(format!("only this one has `{}`", field.name)),
            Some(known) if known.ty != field.ty => {
                return Some(format!("`{}` has another type there", field.name));
            }
            Some(known) if known.default != field.default => {
                return Some(format!("`{}` has another default there", field.name));
            }
            Some(_) => {}
        }
    }
    let missing = message
        .fields
        .iter()
        .find(|known| !fields.iter().any(|field| field.name == known.name));
    missing.map(|known| format!("only that one has `{}`", known.name))
}

fn value_field(ty: Value, span: Span) -> Field {
    Field {
        name: "value".to_owned(),
        span,
        ty,
        default: None,
        notes: Notes::default(),
    }
}

/// `get_url_2` and `Request` give `GetUrl2Request`.
pub(super) fn made_name(method: &str, suffix: &str) -> String {
    let mut name = String::with_capacity(method.len() + suffix.len());
    for part in method.split('_') {
        let mut chars = part.chars();
        name.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(chars.as_str());
    }
    name.push_str(suffix);
    crate::parse::nfc(&name)
}

#[cfg(test)]
mod tests {
    use super::made_name;

    #[test]
    fn made_names_are_pascal_case() {
        for (method, name) in [
            ("get_url_2", "GetUrl2Request"),
            ("ping", "PingRequest"),
            ("findAll", "FindAllRequest"),
            ("a__b_", "ABRequest"),
            ("straße", "StraßeRequest"),
            ("ßa", "SSaRequest"),
            ("état", "ÉtatRequest"),
        ] {
            assert_eq!(made_name(method, "Request"), name);
        }
    }
}
