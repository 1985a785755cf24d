//! One type to its definition, the hashes of what it names put in.

use petgraph::graph::NodeIndex;

use super::{TypeIdentity, component_hash, reference_from_outside};
use crate::encode::Encode;
use crate::graph::{Body, Case, Components, Field, Leaf, Links, Shape, Tree, TypeGraph, TypeId, Value};
use crate::model::{
    Container, EnumValueDef, FieldDef, TypeDef, TypeDefKind, TypeHash, TypeKind, UnionVariantDef, nfc,
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
        }
    }

    /// Hashes the type at `node`.
    pub(super) fn hash(&mut self, node: NodeIndex) {
        let mut nested = Vec::new();
        let def = self.define(node, &mut nested);
        let canonical = def.encode();
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

    fn define(&self, node: NodeIndex, nested: &mut Vec<FieldDef>) -> TypeDef {
        let id = self.links.graph()[node];
        let ty = &self.types.types[id.0 as usize];
        let kind = match ty.body {
            Body::Message(_) => TypeDefKind::Message,
            Body::Enum(_) => TypeDefKind::Enum,
            Body::Union(_) => TypeDefKind::Union,
        };
        let mut def = TypeDef {
            kind,
            package: nfc(&ty.package).into_owned(),
            name: nfc(&ty.name).into_owned(),
            fields: Vec::new(),
            enum_values: Vec::new(),
            union_variants: Vec::new(),
        };
        match &ty.body {
            Body::Message(fields) => {
                def.fields = fields
                    .iter()
                    .map(|field| self.field(node, field, nested))
                    .collect();
                def.fields.sort_by(|left, right| left.name.cmp(&right.name));
                for (field, id) in def.fields.iter_mut().zip(1..) {
                    field.id = id;
                }
            }
            Body::Enum(values) => {
                def.enum_values = values
                    .iter()
                    .map(|(name, value)| EnumValueDef {
                        name: nfc(name).into_owned(),
                        value: *value,
                    })
                    .collect();
                def.enum_values.sort_by_key(|value| value.value);
            }
            Body::Union(cases) => {
                def.union_variants = cases.iter().map(|case| self.variant(node, case)).collect();
                def.union_variants.sort_by_key(|variant| variant.id);
            }
        }
        def
    }

    /// A field's definition. Those of what nests in it are added to `nested`, innermost first.
    fn field(&self, from: NodeIndex, field: &Field<'_>, nested: &mut Vec<FieldDef>) -> FieldDef {
        // each value that gets a definition of its own, outermost first
        let mut value: &Value = &field.ty;
        let mut levels = vec![value];
        while let Shape::List(element) | Shape::Map(_, element) = &value.shape {
            if plain_leaf(element).is_none() {
                levels.push(element);
            }
            value = element;
        }
        let mut inner = None;
        for level in levels.drain(1..).rev() {
            let def = self.level(from, level, inner);
            inner = Some(def.hash());
            nested.push(def);
        }
        FieldDef {
            name: nfc(&field.name).into_owned(),
            ..self.level(from, &field.ty, inner)
        }
    }

    /// The definition of one level of a field's type; `inner` is the hash of the next level's, where
    /// there is one.
    fn level(&self, from: NodeIndex, value: &Value, inner: Option<TypeHash>) -> FieldDef {
        let mut def = FieldDef {
            optional: value.optional,
            ..FieldDef::default()
        };
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
        def
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
