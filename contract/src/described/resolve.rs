//! References to places: hashes, names and nested definitions become the types they stand for.

use std::borrow::Cow;

use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;

use super::names::full_name;
use super::{DescribedError, MAX_NESTED};
use crate::graph::{Body, Case, Field, Leaf, MAX_CONTAINERS, Shape, TypeId, Value, components};
use crate::identity::{component_hash, reference_from_outside};
use crate::model::{Container, FieldDef, Primitive, TypeDef, TypeDefKind, TypeHash, TypeKind};

/// Finds what references stand for. What it finds may still be wrong, where a peer is: the graph is hashed afterwards.
pub(super) struct Resolver<'a> {
    nested: &'a FxHashMap<TypeHash, FieldDef>,
    /// Types by hash, and the members of components by what refers to them from outside.
    by_hash: FxHashMap<TypeHash, TypeId>,
    by_name: FxHashMap<String, TypeId>,
    /// What stands in a case for a scalar, and for a type over a back edge.
    by_name_hash: FxHashMap<TypeHash, Leaf>,
    /// Nested definitions that were used.
    used: usize,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        types: &[(TypeHash, TypeDef)],
        nested: &'a FxHashMap<TypeHash, FieldDef>,
    ) -> Result<Self, DescribedError> {
        let mut resolver = Self {
            nested,
            by_hash: FxHashMap::default(),
            by_name: FxHashMap::default(),
            by_name_hash: FxHashMap::default(),
            used: 0,
        };
        for primitive in Primitive::ALL {
            let hash = TypeHash::of(primitive.name().as_bytes());
            resolver.by_name_hash.insert(hash, Leaf::Primitive(primitive));
        }
        for ((hash, def), id) in types.iter().zip(0..) {
            let (id, name) = (TypeId(id), full_name(def));
            resolver.by_hash.insert(*hash, id);
            let hash = TypeHash::of(name.as_bytes());
            resolver.by_name_hash.insert(hash, Leaf::Type(id));
            if resolver.by_name.insert(name, id).is_some() {
                return Err(DescribedError::DuplicateType { name: full_name(def) });
            }
        }
        resolver.close(types)?;
        Ok(resolver)
    }

    /// Finds the components of several types, whose members refer to each other by hash or name, and how others refer to
    /// their members.
    fn close(&mut self, types: &[(TypeHash, TypeDef)]) -> Result<(), DescribedError> {
        // nodes by full name, as the component's hash wants them
        let mut order: Vec<(&str, TypeId)> = self
            .by_name
            .iter()
            .map(|(name, id)| (name.as_str(), *id))
            .collect();
        order.sort_unstable();
        let mut graph: DiGraph<TypeId, ()> = DiGraph::with_capacity(order.len(), 0);
        let mut nodes = vec![NodeIndex::default(); order.len()];
        for (_, id) in order {
            nodes[id.0 as usize] = graph.add_node(id);
        }
        for ((_, def), node) in types.iter().zip(&nodes) {
            for target in self.targets(def, &nodes) {
                graph.add_edge(*node, target, ());
            }
        }
        for members in components(&graph)
            .members
            .iter()
            .filter(|members| members.len() > 1)
        {
            let hash = |node: &NodeIndex| &types[graph[*node].0 as usize].0;
            let component = component_hash(members.iter().map(hash));
            for node in members {
                let reference = reference_from_outside(component, *hash(node));
                self.by_hash.insert(reference, graph[*node]);
            }
        }
        Ok(())
    }

    /// The nodes that a definition refers to by hash or name, each once.
    fn targets(&self, def: &TypeDef, nodes: &[NodeIndex]) -> Vec<NodeIndex> {
        let levels = def
            .fields
            .iter()
            .flat_map(|field| Levels::new(field, self.nested));
        let fields = levels.flat_map(|level| {
            let named = self.by_name.get(level.self_ref_name.as_str());
            let hashed = level.type_ref.as_ref().and_then(|hash| self.by_hash.get(hash));
            [named.copied(), hashed.copied()]
        });
        let cases = def
            .union_variants
            .iter()
            .map(|case| match self.leaf_of_case(&case.type_ref) {
                Some(Leaf::Type(id)) => Some(id),
                _ => None,
            });
        let ids = fields.chain(cases).flatten();
        let mut targets: Vec<NodeIndex> = ids.map(|id| nodes[id.0 as usize]).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    fn leaf_of_case(&self, hash: &TypeHash) -> Option<Leaf> {
        let ty = self.by_hash.get(hash).map(|id| Leaf::Type(*id));
        ty.or_else(|| self.by_name_hash.get(hash).copied())
    }

    pub(super) fn body(&mut self, def: &TypeDef) -> Result<Body<'static>, DescribedError> {
        Ok(match def.kind {
            TypeDefKind::Message => {
                let fields = def.fields.iter().map(|field| {
                    Ok(Field {
                        name: Cow::Owned(field.name.clone()),
                        ty: Cow::Owned(self.value(def, field)?),
                    })
                });
                Body::Message(fields.collect::<Result<_, DescribedError>>()?)
            }
            TypeDefKind::Enum => {
                let values = def.enum_values.iter();
                Body::Enum(
                    values
                        .map(|value| (Cow::Owned(value.name.clone()), value.value))
                        .collect(),
                )
            }
            TypeDefKind::Union => {
                let cases = def.union_variants.iter().map(|case| {
                    let ty = self.leaf_of_case(&case.type_ref);
                    Ok(Case {
                        name: Cow::Owned(case.name.clone()),
                        id: case.id,
                        ty: ty.ok_or_else(|| missing(def, &case.name, case.type_ref))?,
                    })
                });
                Body::Union(cases.collect::<Result<_, DescribedError>>()?)
            }
        })
    }

    /// The type of a field. Goes down its nested definitions and builds the type on the way back.
    fn value(&mut self, def: &TypeDef, field: &FieldDef) -> Result<Value, DescribedError> {
        let mut levels: Vec<&FieldDef> = Vec::new();
        let nested = self.nested;
        for level in Levels::new(field, nested) {
            self.used += usize::from(!levels.is_empty());
            if levels.len() > MAX_CONTAINERS || self.used > MAX_NESTED {
                return Err(too_deep(def, &field.name));
            }
            check_level(def, field, level, levels.is_empty())?;
            levels.push(level);
        }
        let mut inner: Option<Value> = None;
        for level in levels.into_iter().rev() {
            let value = match inner {
                Some(value) => value,
                None => Value {
                    shape: Shape::Leaf(self.leaf(def, field, level)?),
                    optional: false,
                },
            };
            inner = Some(self.wrap(def, field, level, value)?);
        }
        inner.ok_or_else(|| foreign(def, &field.name, "it has no type"))
    }

    /// One level around the type of its element or value.
    fn wrap(
        &self,
        def: &TypeDef,
        field: &FieldDef,
        level: &FieldDef,
        inner: Value,
    ) -> Result<Value, DescribedError> {
        let shape = match level.container {
            Container::None => inner.shape,
            Container::List => Shape::List(Box::new(inner)),
            Container::Set => match inner.shape {
                Shape::Leaf(leaf) if level.type_kind != TypeKind::Nested => Shape::Set(leaf),
                _ => {
                    return Err(foreign(
                        def,
                        &field.name,
                        "the element of a set is a container or optional",
                    ));
                }
            },
            Container::Map => Shape::Map(self.key(def, field, level)?, Box::new(inner)),
        };
        Ok(Value {
            shape,
            optional: level.optional,
        })
    }

    fn leaf(&self, def: &TypeDef, field: &FieldDef, level: &FieldDef) -> Result<Leaf, DescribedError> {
        match (level.type_kind, &level.type_ref) {
            (TypeKind::Primitive, _) => primitive(def, field, &level.type_primitive),
            (TypeKind::Ref, Some(hash)) => match self.by_hash.get(hash) {
                Some(id) => Ok(Leaf::Type(*id)),
                None => Err(missing(def, &field.name, *hash)),
            },
            (TypeKind::SelfRef, _) => match self.by_name.get(&level.self_ref_name) {
                Some(id) => Ok(Leaf::Type(*id)),
                None => Err(DescribedError::MissingName {
                    within: member(def, &field.name),
                    name: level.self_ref_name.escape_debug().to_string(),
                }),
            },
            (TypeKind::Ref, None) => Err(foreign(def, &field.name, "a reference without a hash")),
            (TypeKind::Any, _) => Err(foreign(def, &field.name, "it may hold anything (ANY)")),
            // `Levels` goes on where the nested definition is there
            (TypeKind::Nested, Some(hash)) => Err(missing(def, &field.name, *hash)),
            (TypeKind::Nested, None) => Err(foreign(def, &field.name, "a reference without a hash")),
        }
    }

    fn key(&self, def: &TypeDef, field: &FieldDef, level: &FieldDef) -> Result<Leaf, DescribedError> {
        match (level.container_key_kind, &level.container_key_ref) {
            (TypeKind::Primitive, _) => primitive(def, field, &level.container_key_primitive),
            (TypeKind::Ref, Some(hash)) => match self.by_hash.get(hash) {
                Some(id) => Ok(Leaf::Type(*id)),
                None => Err(missing(def, &field.name, *hash)),
            },
            _ => Err(foreign(
                def,
                &field.name,
                "a map's key is neither a scalar nor an enum",
            )),
        }
    }
}

/// A field's definition, then what is nested in it, as far as that was described.
struct Levels<'a> {
    next: Option<&'a FieldDef>,
    nested: &'a FxHashMap<TypeHash, FieldDef>,
    /// No definition can contain itself, as its hash would have to be known first; whoever breaks the hash gets no further.
    left: usize,
}

impl<'a> Levels<'a> {
    fn new(field: &'a FieldDef, nested: &'a FxHashMap<TypeHash, FieldDef>) -> Self {
        Self {
            next: Some(field),
            nested,
            left: MAX_CONTAINERS + 2,
        }
    }
}

impl<'a> Iterator for Levels<'a> {
    type Item = &'a FieldDef;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let level = self.next.take()?;
        if level.type_kind == TypeKind::Nested {
            self.next = level.type_ref.and_then(|hash| self.nested.get(&hash));
        }
        Some(level)
    }
}

/// What a level says that this project's contracts never do.
fn check_level(
    def: &TypeDef,
    field: &FieldDef,
    level: &FieldDef,
    outermost: bool,
) -> Result<(), DescribedError> {
    let reason = if !outermost && (level.id != 0 || !level.name.is_empty()) {
        "a nested definition has a name or number"
    } else if level.ref_tracked {
        "references to it are tracked"
    } else if !level.required {
        "it is not required"
    } else if !level.default_value.is_empty() {
        "it has a default"
    } else if level.container == Container::None && level.type_kind == TypeKind::Nested {
        "a nested definition outside a container"
    } else {
        return Ok(());
    };
    Err(foreign(def, &field.name, reason))
}

fn primitive(def: &TypeDef, field: &FieldDef, name: &str) -> Result<Leaf, DescribedError> {
    match Primitive::from_name(name) {
        Some(primitive) => Ok(Leaf::Primitive(primitive)),
        None => Err(foreign(def, &field.name, "its scalar type is unknown")),
    }
}

fn member(def: &TypeDef, name: &str) -> String {
    format!("`{}.{name}`", full_name(def))
}

fn foreign(def: &TypeDef, name: &str, reason: &'static str) -> DescribedError {
    DescribedError::Foreign {
        within: member(def, name),
        reason,
    }
}

fn missing(def: &TypeDef, name: &str, hash: TypeHash) -> DescribedError {
    DescribedError::Missing {
        within: member(def, name),
        hash,
    }
}

fn too_deep(def: &TypeDef, name: &str) -> DescribedError {
    DescribedError::TooDeep {
        within: member(def, name),
    }
}
