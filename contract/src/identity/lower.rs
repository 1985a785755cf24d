//! One type to its definition, the hashes of what it names put in.

use std::borrow::Cow;

use petgraph::graph::NodeIndex;

use super::{TypeIdentity, component_hash, reference_from_outside};
use crate::canonical::Writer;
use crate::encode::{Encode, write_type_head};
use crate::graph::{Body, Case, Components, Field, Leaf, Links, Shape, Tree, TypeGraph, TypeId, Value};
use crate::model::{
    Container, EnumValueDef, FieldDef, TypeDefKind, TypeHash, TypeKind, UnionVariantDef, nfc,
};

/// Hashes types one by one; what a type's tree edges and other components' edges lead to comes
/// before it.
pub(super) struct Lowering<'a> {
    types: &'a TypeGraph<'a>,
    links: &'a Links,
    components: &'a Components,
    tree: &'a Tree,
    /// Type hashes by node, once known.
    hashes: Vec<TypeHash>,
    /// References from outside by node, once the component is closed.
    references: Vec<TypeHash>,
    done: Vec<(NodeIndex, TypeIdentity)>,
    /// The field that is being written, kept for the next one.
    field: FieldDef,
}

/// How one type refers to another.
enum Reference<'a> {
    /// By a hash.
    Hash(TypeHash),
    /// By the full name: over a back edge the target has no hash yet.
    Name(&'a str),
}

impl<'a> Lowering<'a> {
    pub(super) fn new(
        types: &'a TypeGraph<'a>,
        links: &'a Links,
        components: &'a Components,
        tree: &'a Tree,
    ) -> Self {
        let unknown = vec![TypeHash([0; 32]); types.types.len()];
        Self {
            types,
            links,
            components,
            tree,
            references: unknown.clone(),
            hashes: unknown,
            done: Vec::with_capacity(types.types.len()),
            field: FieldDef::default(),
        }
    }

    /// Hashes the type at `node`.
    pub(super) fn hash(&mut self, node: NodeIndex) {
        let mut nested = Vec::new();
        let canonical = self.define(node, &mut nested);
        let hash = TypeHash::of(&canonical);
        self.hashes[node.index()] = hash;
        let identity = TypeIdentity {
            name: self.links.name(node).to_owned(),
            canonical,
            hash,
            reference: hash,
            nested,
            component: self.components.of[node.index()],
        };
        self.done.push((node, identity));
    }

    /// Settles how the members of a component, all hashed, are referred to from outside.
    pub(super) fn close(&mut self, members: &[NodeIndex]) {
        let component = component_hash(members.iter().map(|member| &self.hashes[member.index()]));
        for member in members {
            let hash = self.hashes[member.index()];
            self.references[member.index()] = if members.len() > 1 {
                reference_from_outside(component, hash)
            } else {
                hash
            };
        }
    }

    /// Every type's identity, in the order of the graph.
    pub(super) fn finish(mut self) -> Vec<TypeIdentity> {
        self.done
            .sort_unstable_by_key(|(node, _)| self.links.graph()[*node]);
        let identities = self.done.into_iter();
        identities
            .map(|(node, identity)| TypeIdentity {
                reference: self.references[node.index()],
                ..identity
            })
            .collect()
    }

    /// The canonical bytes of the type's definition: what [`TypeDef`](crate::model::TypeDef) writes, without one being made.
    fn define(&mut self, node: NodeIndex, nested: &mut Vec<FieldDef>) -> Vec<u8> {
        let id = self.links.graph()[node];
        let ty = &self.types.types[id.0 as usize];
        let kind = match ty.body {
            Body::Message(_) => TypeDefKind::Message,
            Body::Enum(_) => TypeDefKind::Enum,
            Body::Union(_) => TypeDefKind::Union,
        };
        let mut out = Writer::new();
        write_type_head(&mut out, kind, &nfc(&ty.package), &nfc(&ty.name));
        let mut fields: Vec<(Cow<'_, str>, &Field<'_>)> = Vec::new();
        let mut values = Vec::new();
        let mut variants = Vec::new();
        match &ty.body {
            Body::Message(message) => {
                fields.extend(message.iter().map(|field| (nfc(&field.name), field)));
                fields.sort_by(|(left, _), (right, _)| left.cmp(right));
            }
            Body::Enum(body) => {
                values.extend(body.iter().map(|(name, value)| EnumValueDef {
                    name: nfc(name).into_owned(),
                    value: *value,
                }));
                values.sort_by_key(|value| value.value);
            }
            Body::Union(cases) => {
                variants.extend(cases.iter().map(|case| self.variant(node, case)));
                variants.sort_by_key(|variant| variant.id);
            }
        }
        let mut def = std::mem::take(&mut self.field);
        out.list_header(fields.len());
        for ((name, field), id) in fields.into_iter().zip(1..) {
            self.describe(node, &field.ty, &mut def, nested);
            def.id = id;
            name.as_ref().clone_into(&mut def.name);
            def.write(&mut out);
        }
        self.field = def;
        out.list(&values, |out, value| value.write(out));
        out.list(&variants, |out, variant| variant.write(out));
        out.finish()
    }

    /// A field's definition but for its name and number. Those of what nests in it are added to `nested`, innermost first.
    fn describe(&self, from: NodeIndex, ty: &Value, def: &mut FieldDef, nested: &mut Vec<FieldDef>) {
        // each value that gets a definition of its own, outermost first
        let mut value = ty;
        let mut levels = Vec::new();
        while let Shape::List(element) | Shape::Map(_, element) = &value.shape {
            if plain_leaf(element).is_none() {
                levels.push(&**element);
            }
            value = element;
        }
        let mut inner = None;
        for level in levels.into_iter().rev() {
            let mut def = FieldDef::default();
            self.level(from, level, inner, &mut def);
            inner = Some(def.hash());
            nested.push(def);
        }
        self.level(from, ty, inner, def);
    }

    /// The definition of one level of a field's type; `inner` is the hash of the next level's, where
    /// there is one. All but name and number of `def` is set.
    fn level(&self, from: NodeIndex, value: &Value, inner: Option<TypeHash>, def: &mut FieldDef) {
        def.type_kind = TypeKind::Primitive;
        def.type_primitive.clear();
        def.type_ref = None;
        def.self_ref_name.clear();
        def.optional = value.optional;
        def.container = Container::None;
        def.container_key_kind = TypeKind::Primitive;
        def.container_key_primitive.clear();
        def.container_key_ref = None;
        let leaf = match &value.shape {
            Shape::Leaf(leaf) => Some(*leaf),
            Shape::Set(leaf) => {
                def.container = Container::Set;
                Some(*leaf)
            }
            Shape::List(element) => {
                def.container = Container::List;
                plain_leaf(element)
            }
            Shape::Map(key, element) => {
                def.container = Container::Map;
                match *key {
                    Leaf::Primitive(primitive) => {
                        primitive.name().clone_into(&mut def.container_key_primitive);
                    }
                    // an enum names nothing, so it is a component of its own
                    Leaf::Type(id) => {
                        def.container_key_kind = TypeKind::Ref;
                        def.container_key_ref = Some(self.references[self.links.at(id).index()]);
                    }
                }
                plain_leaf(element)
            }
        };
        match leaf {
            None => {
                def.type_kind = TypeKind::Nested;
                def.type_ref = inner;
            }
            Some(Leaf::Primitive(primitive)) => primitive.name().clone_into(&mut def.type_primitive),
            Some(Leaf::Type(id)) => match self.refer(from, id) {
                Reference::Hash(hash) => {
                    def.type_kind = TypeKind::Ref;
                    def.type_ref = Some(hash);
                }
                Reference::Name(name) => {
                    def.type_kind = TypeKind::SelfRef;
                    name.clone_into(&mut def.self_ref_name);
                }
            },
        }
    }

    fn variant(&self, from: NodeIndex, case: &Case<'_>) -> UnionVariantDef {
        let type_ref = match case.ty {
            Leaf::Primitive(primitive) => TypeHash::of(primitive.name().as_bytes()),
            Leaf::Type(id) => match self.refer(from, id) {
                Reference::Hash(hash) => hash,
                Reference::Name(name) => TypeHash::of(name.as_bytes()),
            },
        };
        UnionVariantDef {
            name: nfc(&case.name).into_owned(),
            id: case.id,
            type_ref,
        }
    }

    fn refer(&self, from: NodeIndex, to: TypeId) -> Reference<'a> {
        let to = self.links.at(to);
        if self.components.of[from.index()] != self.components.of[to.index()] {
            Reference::Hash(self.references[to.index()])
        } else if self.tree.has(from, to) {
            Reference::Hash(self.hashes[to.index()])
        } else {
            Reference::Name(self.links.name(to))
        }
    }
}

/// The type of an element or map value that its container's definition describes itself: one that
/// is neither a container nor optional.
fn plain_leaf(element: &Value) -> Option<Leaf> {
    match element.shape {
        Shape::Leaf(leaf) if !element.optional => Some(leaf),
        _ => None,
    }
}
