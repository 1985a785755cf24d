//! One edit: what it is about, what it was and is, and what follows from it.

/// One edit of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which sort of edit.
    pub kind: Kind,
    /// What it is about, by the name it has now, or had.
    pub element: Element,
    /// What stood there before, as a schema or people write it.
    pub old: Option<String>,
    /// What stands there now.
    pub new: Option<String>,
    /// Whether it is part of a contract's identity.
    pub identity: bool,
    /// What serving the old and the new contract at once needs.
    pub verdict: Verdict,
    /// The services whose contract ids it changes, or whose code it touches.
    pub services: Vec<String>,
    /// What else is to be known.
    pub notes: Vec<String>,
    /// What it lets happen that was not allowed before.
    pub security: Option<String>,
}

impl Change {
    /// An edit of this sort, with the verdicts that its sort has.
    pub(super) fn new(kind: Kind, element: Element) -> Self {
        Self {
            kind,
            element,
            old: None,
            new: None,
            identity: kind.is_identity(),
            verdict: kind.verdict(),
            services: Vec::new(),
            notes: Vec::new(),
            security: None,
        }
    }

    pub(super) fn from(mut self, old: impl Into<String>) -> Self {
        self.old = Some(old.into());
        self
    }

    pub(super) fn to(mut self, new: impl Into<String>) -> Self {
        self.new = Some(new.into());
        self
    }

    pub(super) fn of<'a>(mut self, services: impl IntoIterator<Item = &'a String>) -> Self {
        self.services.extend(services.into_iter().cloned());
        self
    }

    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(super) fn verdict(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }

    /// The edit in a sentence, without its place.
    pub fn message(&self) -> String {
        let what = self.element.describe();
        let was = self.old.as_deref().unwrap_or_default();
        let is = self.new.as_deref().unwrap_or_default();
        let between = || format!("`{was}` → `{is}`");
        match self.kind {
            Kind::FieldAdded | Kind::FieldAddedRequired | Kind::CaseAdded => {
                format!("{what} was added: `{is}`")
            }
            Kind::ValueAdded
            | Kind::MethodAdded
            | Kind::ServiceAdded
            | Kind::TypeAdded
            | Kind::ConstantAdded => {
                format!("{what} was added")
            }
            Kind::FieldRemoved | Kind::CaseRemoved => format!("{what} was removed, it was `{was}`"),
            Kind::ValueRemoved
            | Kind::MethodRemoved
            | Kind::ServiceRemoved
            | Kind::TypeRemoved
            | Kind::ConstantRemoved => format!("{what} was removed"),
            Kind::FieldRenamed
            | Kind::ValueRenamed
            | Kind::CaseRenamed
            | Kind::MethodRenamed
            | Kind::ServiceRenamed
            | Kind::TypeRenamed => format!("{what} was called `{was}`"),
            Kind::FieldType | Kind::CaseType | Kind::ConstantType => {
                format!("the type of {what} changed: {}", between())
            }
            Kind::FieldContainer => format!("the container of {what} changed: {}", between()),
            Kind::FieldNowOptional => format!("{what} is optional now: {}", between()),
            Kind::FieldNowRequired => format!("{what} is required now: {}", between()),
            Kind::ValueNumber | Kind::CaseNumber => format!("the number of {what} changed: {}", between()),
            Kind::TypeKind => format!("{what} was {was} before"),
            Kind::MethodShape => format!("{what} has another shape: {}", between()),
            Kind::RequestReplaced => format!("the request of {what} was replaced: {}", between()),
            Kind::ResponseReplaced => format!("the response of {what} was replaced: {}", between()),
            Kind::Parameters if self.new.is_some() => format!("{what} takes parameters now, not a message"),
            Kind::Parameters => format!("{what} takes a message now, not parameters"),
            Kind::Timeout => format!("the timeout of {what} changed: {}", between()),
            Kind::Idempotent if self.new.is_some() => format!("{what} is idempotent now"),
            Kind::Idempotent => format!("{what} is not idempotent any more"),
            Kind::Requires => format!("who may call {what} changed: {}", between()),
            Kind::Version => format!("the version of {what} changed: {}", between()),
            Kind::Scope => format!("the scope of {what} changed: {}", between()),
            Kind::Modes => format!("the serialization modes of {what} changed: {}", between()),
            Kind::DefaultAdded => format!("{what} has a default now: `{is}`"),
            Kind::DefaultRemoved => format!("{what} has no default any more, it was `{was}`"),
            Kind::DefaultValue => format!("the default of {what} changed: {}", between()),
            Kind::ConstantValue => format!("the value of {what} changed: {}", between()),
            Kind::Deprecation if self.old.is_none() => format!("{what} is deprecated now"),
            Kind::Deprecation if self.new.is_none() => format!("{what} is not deprecated any more"),
            Kind::Deprecation => format!("the deprecation of {what} says something else now"),
            Kind::Reserved if was.is_empty() => format!("{what} reserves `{is}` now"),
            Kind::Reserved if is.is_empty() => format!("{what} does not reserve `{was}` any more"),
            Kind::Reserved => format!("what {what} reserves changed: {}", between()),
            Kind::Alias => format!("{what} stands for something else: {}", between()),
            Kind::Unexplained => format!("the contract id of {what} differs, and nothing tells why"),
        }
    }
}

/// What serving the old and the new contract at once needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing.
    Nothing,
    /// Generated code of users stops compiling.
    Source,
    /// Every old value converts to a new one and back: an adapter can be generated.
    Adaptable,
    /// Somebody must say how to convert.
    Manual,
}

impl Verdict {
    /// As it is printed, and as `asterc explain` knows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Source => "source",
            Self::Adaptable => "adaptable",
            Self::Manual => "manual",
        }
    }

    /// What it means, in words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Nothing => "nothing else is to be done",
            Self::Source => "code that uses the generated code stops compiling",
            Self::Adaptable => {
                "every old value converts to a new one and back, so an adapter can be generated"
            }
            Self::Manual => "somebody must say how values convert",
        }
    }
}

/// What an edit is about. In the order of names: types with their members, then constants, then services.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// A message, enum or union.
    Type {
        /// Its full name.
        ty: String,
    },
    /// A field, value or case.
    Member {
        /// The full name of its type.
        ty: String,
        /// Its name.
        member: String,
        /// Which of the three; parameters are fields of a message that was made.
        noun: Noun,
    },
    /// A constant.
    Constant {
        /// Its full name.
        constant: String,
    },
    /// An alias.
    Alias {
        /// Its full name.
        alias: String,
    },
    /// A service.
    Service {
        /// Its full name.
        service: String,
    },
    /// A method.
    Method {
        /// The full name of its service.
        service: String,
        /// Its name.
        method: String,
    },
}

/// What a member is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Noun {
    /// Of a message.
    Field,
    /// Of a message made from a parameter list.
    Parameter,
    /// Of an enum.
    Value,
    /// Of a union.
    Case,
}

impl Noun {
    /// As people say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Parameter => "parameter",
            Self::Value => "value",
            Self::Case => "case",
        }
    }
}

impl Element {
    /// `field `text` of `hello.HelloReply``
    pub fn describe(&self) -> String {
        match self {
            Self::Type { ty } => format!("type `{ty}`"),
            Self::Member { ty, member, noun } => format!("{} `{member}` of `{ty}`", noun.name()),
            Self::Constant { constant } => format!("constant `{constant}`"),
            Self::Alias { alias } => format!("alias `{alias}`"),
            Self::Service { service } => format!("service `{service}`"),
            Self::Method { service, method } => format!("method `{method}` of `{service}`"),
        }
    }

    /// Its full name: that of its type or service, and its own behind a dot.
    pub fn path(&self) -> String {
        match self {
            Self::Type { ty: name }
            | Self::Constant { constant: name }
            | Self::Alias { alias: name }
            | Self::Service { service: name } => name.clone(),
            Self::Member {
                ty: outer,
                member: inner,
                ..
            }
            | Self::Method {
                service: outer,
                method: inner,
            } => format!("{outer}.{inner}"),
        }
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $name:literal, $identity:literal, $verdict:ident;)+) => {
        /// The sorts of edit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// In kebab case, as it is printed.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// Whether such an edit changes the ids of the contracts it reaches.
            pub const fn is_identity(self) -> bool {
                match self {
                    $(Self::$kind => $identity,)+
                }
            }

            /// What serving both sides needs; of a replaced request or response, at least.
            pub const fn verdict(self) -> Verdict {
                match self {
                    $(Self::$kind => Verdict::$verdict,)+
                }
            }
        }
    };
}

kinds! {
    /// A field that is optional or has a default was added.
    FieldAdded = "field-added", true, Adaptable;
    /// A required field without a default was added.
    FieldAddedRequired = "required-field-added", true, Manual;
    /// A field was removed.
    FieldRemoved = "field-removed", true, Manual;
    /// A field was renamed, which `@was` tells.
    FieldRenamed = "field-renamed", true, Adaptable;
    /// A field holds something else.
    FieldType = "field-type-changed", true, Manual;
    /// A field holds the same in another container.
    FieldContainer = "field-container-changed", true, Manual;
    /// A required field became optional.
    FieldNowOptional = "field-became-optional", true, Adaptable;
    /// An optional field became required.
    FieldNowRequired = "field-became-required", true, Manual;
    /// A value was added to an enum.
    ValueAdded = "value-added", true, Manual;
    /// A value was removed from an enum.
    ValueRemoved = "value-removed", true, Manual;
    /// A value has another number.
    ValueNumber = "value-renumbered", true, Manual;
    /// A value has another name.
    ValueRenamed = "value-renamed", true, Adaptable;
    /// A case was added to a union.
    CaseAdded = "case-added", true, Manual;
    /// A case was removed from a union.
    CaseRemoved = "case-removed", true, Manual;
    /// A case has another number.
    CaseNumber = "case-renumbered", true, Manual;
    /// A case has another name.
    CaseRenamed = "case-renamed", true, Adaptable;
    /// A case holds something else.
    CaseType = "case-type-changed", true, Manual;
    /// A type was added; what names it is an edit of its own.
    TypeAdded = "type-added", false, Nothing;
    /// A type was removed; what named it is an edit of its own.
    TypeRemoved = "type-removed", false, Source;
    /// A type has another name, or is in another package.
    TypeRenamed = "type-renamed", true, Source;
    /// A message became an enum, or the like.
    TypeKind = "type-kind-changed", true, Manual;
    /// A constant was added.
    ConstantAdded = "constant-added", false, Nothing;
    /// A constant was removed.
    ConstantRemoved = "constant-removed", false, Source;
    /// A constant has another type.
    ConstantType = "constant-type-changed", false, Source;
    /// A constant has another value.
    ConstantValue = "constant-value-changed", false, Nothing;
    /// A service was added: nobody has an older contract of it.
    ServiceAdded = "service-added", false, Nothing;
    /// A service was removed.
    ServiceRemoved = "service-removed", true, Manual;
    /// A service has another name, or is in another package.
    ServiceRenamed = "service-renamed", true, Source;
    /// `@version` changed.
    Version = "version-changed", true, Manual;
    /// `@scope` changed.
    Scope = "scope-changed", true, Manual;
    /// `@serialization` changed.
    Modes = "modes-changed", true, Manual;
    /// `@requires` changed.
    Requires = "requires-changed", true, Adaptable;
    /// A method was added.
    MethodAdded = "method-added", true, Adaptable;
    /// A method was removed.
    MethodRemoved = "method-removed", true, Manual;
    /// A method was renamed, which `@was` tells.
    MethodRenamed = "method-renamed", true, Adaptable;
    /// Other sides of a method stream.
    MethodShape = "method-shape-changed", true, Manual;
    /// A method takes another message.
    RequestReplaced = "request-replaced", true, Source;
    /// A method answers with another message.
    ResponseReplaced = "response-replaced", true, Source;
    /// A parameter list became a message with the same fields, or the other way round.
    Parameters = "parameters-changed", false, Source;
    /// `@timeout` changed.
    Timeout = "timeout-changed", true, Adaptable;
    /// `@idempotent` was added or dropped.
    Idempotent = "idempotent-changed", true, Adaptable;
    /// A field has a default where it had none.
    DefaultAdded = "default-added", false, Source;
    /// A field lost its default.
    DefaultRemoved = "default-removed", false, Source;
    /// A field has another default.
    DefaultValue = "default-changed", false, Nothing;
    /// `@deprecated` changed.
    Deprecation = "deprecation-changed", false, Nothing;
    /// `reserved` changed.
    Reserved = "reserved-changed", false, Nothing;
    /// An alias stands for something else: as what uses it compares.
    Alias = "alias-changed", true, Nothing;
    /// A contract id differs and no edit explains it.
    Unexplained = "unexplained", true, Manual;
}
