//! The model: what is drawn, before it is printed in any language.

use crate::words::{self, NOUNS, PARTS, QUALIFIERS, SUFFIXES, VERBS, capital, pick};
use fastrand::Rng;
use std::collections::HashSet;

/// Messages, enums and unions of one file.
pub const TYPES_PER_FILE: usize = 100;

/// A schema of many files, file `n` importing file `n - 1` and some before it.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) files: Vec<File>,
}

#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) docs: Vec<String>,
    pub(crate) package: String,
    /// Indices of files.
    pub(crate) imports: Vec<usize>,
    pub(crate) types: Vec<Type>,
    pub(crate) service: Service,
}

#[derive(Clone, Debug)]
pub(crate) struct Type {
    pub(crate) name: String,
    pub(crate) docs: Vec<String>,
    pub(crate) deprecated: bool,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Message(Vec<Field>),
    Enum(Vec<EnumValue>),
    Union(Vec<Case>),
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) docs: Option<String>,
    pub(crate) ty: Ty,
    pub(crate) default: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct EnumValue {
    pub(crate) name: String,
    pub(crate) docs: Option<String>,
    pub(crate) number: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) docs: Option<String>,
    pub(crate) ty: Leaf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    Plain(Leaf),
    Optional(Leaf),
    List(Leaf),
    /// From strings.
    Map(Leaf),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    Scalar(Scalar),
    Type(TypeRef),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Bool,
    Int32,
    Int64,
    Uint32,
    Float64,
    String,
    Bytes,
    Timestamp,
}

/// A type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypeRef {
    pub(crate) file: usize,
    pub(crate) index: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) docs: Vec<String>,
    pub(crate) methods: Vec<Method>,
}

#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) docs: Vec<String>,
    /// Messages.
    pub(crate) request: TypeRef,
    pub(crate) response: TypeRef,
    pub(crate) streams: (bool, bool),
    pub(crate) idempotent: bool,
    pub(crate) timeout: Option<u32>,
    pub(crate) role: Option<String>,
}

impl Model {
    /// A model of so many types, rounded up to whole files of [`TYPES_PER_FILE`].
    pub fn new(types: usize) -> Self {
        let mut rng = Rng::with_seed(1);
        let mut model = Self { files: Vec::new() };
        for at in 0..types.div_ceil(TYPES_PER_FILE) {
            let file = file(&mut rng, &model, at);
            model.files.push(file);
        }
        model
    }

    /// The same with an edit in about one type of fifty: a field more, a field less, another type.
    #[must_use]
    pub fn edited(&self) -> Self {
        let mut rng = Rng::with_seed(2);
        let mut model = self.clone();
        for ty in model.files.iter_mut().flat_map(|file| &mut file.types) {
            let Kind::Message(fields) = &mut ty.kind else {
                continue;
            };
            match rng.u32(..100) {
                0 => fields.push(Field {
                    name: "added_by_edit".to_owned(),
                    docs: None,
                    ty: Ty::Optional(Leaf::Scalar(Scalar::String)),
                    default: None,
                }),
                1 => drop(fields.pop()),
                2 => {
                    if let Some(field) = fields.last_mut() {
                        field.ty = Ty::List(Leaf::Scalar(Scalar::Int64));
                        field.default = None;
                    }
                }
                _ => {}
            }
        }
        model
    }

    /// Messages, enums and unions, declared ones.
    pub fn types(&self) -> usize {
        self.files.iter().map(|file| file.types.len()).sum()
    }

    pub(crate) fn path(&self, file: usize) -> String {
        self.files[file].package.replace('.', "/")
    }

    pub(crate) fn ty(&self, reference: TypeRef) -> &Type {
        &self.files[reference.file].types[reference.index]
    }
}

/// The file being drawn, with what it may refer to.
struct Drawing<'a> {
    model: &'a Model,
    at: usize,
    imports: &'a [usize],
    kinds: &'a [KindName],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum KindName {
    Message,
    Enum,
    Union,
}

fn file(rng: &mut Rng, model: &Model, at: usize) -> File {
    let mut imports: Vec<usize> = at.checked_sub(1).into_iter().collect();
    for back in [3, 11, 40] {
        imports.extend(at.checked_sub(back).filter(|other| !imports.contains(other)));
    }
    let kinds: Vec<KindName> = (0..TYPES_PER_FILE)
        .map(|_| match rng.u32(..100) {
            0..20 => KindName::Enum,
            20..30 => KindName::Union,
            _ => KindName::Message,
        })
        .collect();
    let drawing = Drawing {
        model,
        at,
        imports: &imports,
        kinds: &kinds,
    };
    let mut names = HashSet::new();
    let types = (0..TYPES_PER_FILE)
        .map(|index| {
            let name = type_name(rng, &mut names);
            Type {
                docs: docs(rng, 1..4),
                deprecated: rng.u32(..60) == 0,
                kind: drawing.kind(rng, index),
                name,
            }
        })
        .collect();
    let noun = NOUNS[at % NOUNS.len()];
    File {
        docs: docs(rng, 1..4),
        package: format!("corp.{noun}.area{at:03}"),
        service: drawing.service(rng, format!("{}Service", capital(noun))),
        imports,
        types,
    }
}

fn docs(rng: &mut Rng, lines: std::ops::Range<usize>) -> Vec<String> {
    (0..rng.usize(lines)).map(|_| words::sentence(rng, 64)).collect()
}

fn maybe_docs(rng: &mut Rng) -> Option<String> {
    (rng.u32(..100) < 60).then(|| {
        let length = rng.usize(20..70);
        words::sentence(rng, length)
    })
}

fn type_name(rng: &mut Rng, taken: &mut HashSet<String>) -> String {
    loop {
        let mut name = String::new();
        if rng.bool() {
            name.push_str(&capital(pick(rng, &QUALIFIERS)));
        }
        name.push_str(&capital(pick(rng, &NOUNS)));
        name.push_str(pick(rng, &SUFFIXES));
        if taken.insert(name.clone()) {
            return name;
        }
    }
}

fn member_name(rng: &mut Rng, taken: &mut HashSet<String>) -> String {
    loop {
        let name = match rng.u32(..4) {
            0 => pick(rng, &PARTS).to_owned(),
            1 => format!("{}_{}", pick(rng, &NOUNS), pick(rng, &PARTS)),
            2 => format!("{}_{}", pick(rng, &QUALIFIERS), pick(rng, &NOUNS)),
            _ => format!(
                "{}_{}_{}",
                pick(rng, &QUALIFIERS),
                pick(rng, &NOUNS),
                pick(rng, &PARTS)
            ),
        };
        if taken.insert(name.clone()) {
            return name;
        }
    }
}

impl Drawing<'_> {
    fn kind(&self, rng: &mut Rng, index: usize) -> Kind {
        let mut names = HashSet::new();
        match self.kinds[index] {
            KindName::Message => {
                let count = rng.usize(3..14);
                Kind::Message((0..count).map(|_| self.field(rng, index, &mut names)).collect())
            }
            KindName::Enum => {
                let count = rng.usize(3..11);
                let value = |number| EnumValue {
                    name: member_name(rng, &mut names).to_uppercase(),
                    docs: maybe_docs(rng),
                    number,
                };
                Kind::Enum((0..count).map(value).collect())
            }
            KindName::Union => {
                let count = rng.usize(2..6);
                let mut cases: Vec<Case> = Vec::with_capacity(count);
                for _ in 0..count {
                    // flatc wants each message once
                    let ty = loop {
                        let leaf = self.case(rng, index);
                        if cases.iter().all(|case| case.ty != leaf) {
                            break leaf;
                        }
                    };
                    cases.push(Case {
                        name: member_name(rng, &mut names),
                        docs: maybe_docs(rng),
                        ty,
                    });
                }
                Kind::Union(cases)
            }
        }
    }

    /// Enums and messages that a value may need are drawn from earlier ones, so that every type has a finite value.
    fn field(&self, rng: &mut Rng, index: usize, names: &mut HashSet<String>) -> Field {
        let mut default = None;
        let ty = match rng.u32(..100) {
            0..45 => {
                let scalar = scalar(rng);
                if rng.u32(..6) == 0 {
                    default = match scalar {
                        Scalar::Bool => Some("true".to_owned()),
                        Scalar::Int32 | Scalar::Int64 | Scalar::Uint32 => Some(rng.u32(1..5000).to_string()),
                        _ => None,
                    };
                }
                Ty::Plain(Leaf::Scalar(scalar))
            }
            45..58 => Ty::Optional(Leaf::Scalar(scalar(rng))),
            58..66 => Ty::List(Leaf::Scalar(scalar(rng))),
            66..71 => Ty::Map(Leaf::Scalar(scalar(rng))),
            71..80 => match self.earlier(rng, index, |_| true) {
                Some(reference) => Ty::Plain(Leaf::Type(reference)),
                None => Ty::Plain(Leaf::Scalar(scalar(rng))),
            },
            80..88 => Ty::Optional(Leaf::Type(self.any(rng, |_| true))),
            88..97 => Ty::List(Leaf::Type(self.any(rng, |_| true))),
            _ => Ty::Map(Leaf::Type(self.any(rng, |kind| kind == KindName::Message))),
        };
        Field {
            name: member_name(rng, names),
            docs: maybe_docs(rng),
            ty,
            default,
        }
    }

    fn case(&self, rng: &mut Rng, index: usize) -> Leaf {
        let message = self.earlier(rng, index, |kind| kind == KindName::Message);
        match message {
            Some(reference) if rng.u32(..4) > 0 => Leaf::Type(reference),
            _ => Leaf::Scalar(scalar(rng)),
        }
    }

    fn earlier(&self, rng: &mut Rng, index: usize, fits: impl Fn(KindName) -> bool) -> Option<TypeRef> {
        if index > 0 && rng.u32(..4) > 0 {
            let index = rng.usize(..index);
            if fits(self.kinds[index]) {
                return Some(TypeRef { file: self.at, index });
            }
        }
        self.imported(rng, fits)
    }

    fn any(&self, rng: &mut Rng, fits: impl Fn(KindName) -> bool) -> TypeRef {
        loop {
            if rng.u32(..4) == 0
                && let Some(found) = self.imported(rng, &fits)
            {
                return found;
            }
            let index = rng.usize(..self.kinds.len());
            if fits(self.kinds[index]) {
                return TypeRef { file: self.at, index };
            }
        }
    }

    fn imported(&self, rng: &mut Rng, fits: impl Fn(KindName) -> bool) -> Option<TypeRef> {
        if self.imports.is_empty() {
            return None;
        }
        let file = self.imports[rng.usize(..self.imports.len())];
        let types = &self.model.files[file].types;
        let index = rng.usize(..types.len());
        let kind = match types[index].kind {
            Kind::Message(_) => KindName::Message,
            Kind::Enum(_) => KindName::Enum,
            Kind::Union(_) => KindName::Union,
        };
        fits(kind).then_some(TypeRef { file, index })
    }

    fn service(&self, rng: &mut Rng, name: String) -> Service {
        let mut names = HashSet::new();
        let message = |kind| kind == KindName::Message;
        let methods = (0..rng.usize(6..13))
            .map(|_| {
                let name = loop {
                    let name = format!("{}_{}", pick(rng, &VERBS), pick(rng, &NOUNS));
                    if names.insert(name.clone()) {
                        break name;
                    }
                };
                Method {
                    name,
                    docs: docs(rng, 1..3),
                    request: self.any(rng, message),
                    response: self.any(rng, message),
                    streams: match rng.u32(..10) {
                        0 => (true, false),
                        1 | 2 => (false, true),
                        3 => (true, true),
                        _ => (false, false),
                    },
                    idempotent: rng.u32(..3) == 0,
                    timeout: (rng.u32(..3) == 0).then(|| rng.u32(1..60)),
                    role: (rng.u32(..4) == 0).then(|| format!("{}.{}", pick(rng, &NOUNS), pick(rng, &VERBS))),
                }
            })
            .collect();
        Service {
            name,
            docs: docs(rng, 1..4),
            methods,
        }
    }
}

fn scalar(rng: &mut Rng) -> Scalar {
    match rng.u32(..20) {
        0..3 => Scalar::Bool,
        3..6 => Scalar::Int32,
        6..8 => Scalar::Int64,
        8 => Scalar::Uint32,
        9 => Scalar::Float64,
        10 => Scalar::Bytes,
        11 | 12 => Scalar::Timestamp,
        _ => Scalar::String,
    }
}
