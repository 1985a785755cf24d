//! Types as the schema writes them, for documentation that the schema does not have.

use crate::model::{Made, Method, Schema, TypeKind, primitive_name};
use aster_contract::graph::{Leaf, Shape, TypeId, Value};
use aster_contract::model::Pattern;

/// `map<string, list<Line>?>`
pub(super) fn value(schema: &Schema, value_: &Value) -> String {
    let inner = match &value_.shape {
        Shape::Leaf(held) => leaf(schema, *held),
        Shape::List(element) => format!("list<{}>", value(schema, element)),
        Shape::Set(element) => format!("set<{}>", leaf(schema, *element)),
        Shape::Map(key, held) => format!("map<{}, {}>", leaf(schema, *key), value(schema, held)),
    };
    if value_.optional { inner + "?" } else { inner }
}

/// A scalar by its name in the language, a type by its simple name.
pub(super) fn leaf(schema: &Schema, leaf: Leaf) -> String {
    match leaf {
        Leaf::Type(id) => schema.types[id.0 as usize].name.clone(),
        Leaf::Primitive(primitive) => primitive_name(primitive).to_owned(),
    }
}

/// `rpc greet(HelloRequest) -> HelloReply`
pub(super) fn method(schema: &Schema, method: &Method) -> String {
    let ty = |id: TypeId| &schema.types[id.0 as usize];
    let stream = |streams| if streams { "stream " } else { "" };
    let streams_in = matches!(method.pattern, Pattern::ClientStream | Pattern::BidiStream);
    let streams_out = matches!(method.pattern, Pattern::ServerStream | Pattern::BidiStream);
    let bare = |id: TypeId| match (&ty(id).made, &ty(id).kind) {
        (Some(Made::EmptyResponse), _) => "()".to_owned(),
        (Some(Made::ResponseValue | Made::ItemValue), TypeKind::Message(body)) => {
            body.fields.iter().map(|field| value(schema, &field.ty)).collect()
        }
        _ => ty(id).name.clone(),
    };
    let request = match &ty(method.request).kind {
        TypeKind::Message(body) if method.parameters => {
            let parameters = body.fields.iter();
            let parameters = parameters.map(|field| format!("{}: {}", field.name, value(schema, &field.ty)));
            parameters.collect::<Vec<_>>().join(", ")
        }
        _ => stream(streams_in).to_owned() + &bare(method.request),
    };
    format!(
        "rpc {}({request}) -> {}{}",
        method.name,
        stream(streams_out),
        bare(method.response)
    )
}
