//! The stable names of diagnostics. A code is never reused for another meaning.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// The stable name of a diagnostic.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// Every code, in the order of the compiler's stages.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code in kebab case, as it is printed.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// One sentence: when it is reported.
            pub fn summary(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii(),)+
                }
            }

            /// The page on it, in Markdown. A code without one does not compile.
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("../../explain/", $name, ".md")),)+
                }
            }
        }
    };
}

codes! {
    /// The file is larger than 16 MiB.
    FileTooLarge = "file-too-large",
    /// The file holds bytes that are not UTF-8.
    InvalidUtf8 = "invalid-utf8",
    /// More than 128 brackets or comments are open at once.
    NestingTooDeep = "nesting-too-deep",
    /// A declaration has more than 262,144 words and marks.
    DeclarationTooLarge = "declaration-too-large",
    /// A string does not end on its line.
    UnterminatedString = "unterminated-string",
    /// A `/*` comment does not end.
    UnterminatedComment = "unterminated-comment",
    /// A `{` is never closed.
    UnclosedBracket = "unclosed-bracket",
    /// A `}` has no `{`.
    UnmatchedBracket = "unmatched-bracket",
    /// A `///` comment stands where there is nothing to document.
    MisplacedDocs = "misplaced-docs",
    /// A statement does not end in `;`.
    MissingSemicolon = "missing-semicolon",
    /// Something else is expected at this place.
    UnexpectedToken = "unexpected-token",
    /// A declaration or statement begins with a word that is not a keyword.
    UnknownKeyword = "unknown-keyword",
    /// A declaration stands inside another one.
    NestedDeclaration = "nested-declaration",
    /// A number is not written as the language writes numbers.
    InvalidNumber = "invalid-number",
    /// A `\` in a string is followed by something that means nothing.
    InvalidEscape = "invalid-escape",
    /// So many errors that the rest is not reported.
    TooManyErrors = "too-many-errors",
    /// A file has no `package` line.
    MissingPackage = "missing-package",
    /// A file has two `package` lines.
    DuplicatePackage = "duplicate-package",
    /// The `package` line is not the first statement.
    MisplacedPackage = "misplaced-package",
    /// A package name has an upper-case letter.
    UppercasePackage = "uppercase-package",
    /// An import follows a declaration.
    MisplacedImport = "misplaced-import",
    /// An import path is empty, absolute, or leaves its root.
    InvalidImportPath = "invalid-import-path",
    /// No import root has the file.
    ImportNotFound = "import-not-found",
    /// A file is imported twice.
    DuplicateImport = "duplicate-import",
    /// Two imports have the same alias.
    DuplicateImportAlias = "duplicate-import-alias",
    /// Nothing of an imported file is used.
    UnusedImport = "unused-import",
    /// A name is declared twice in one package.
    DuplicateName = "duplicate-name",
    /// A message has two fields of one name.
    DuplicateField = "duplicate-field",
    /// A method has two parameters of one name.
    DuplicateParameter = "duplicate-parameter",
    /// A service has two methods of one name.
    DuplicateMethod = "duplicate-method",
    /// An enum has two values of one name.
    DuplicateValue = "duplicate-value",
    /// A union has two cases of one name.
    DuplicateCase = "duplicate-case",
    /// An enum or union uses a number twice.
    DuplicateNumber = "duplicate-number",
    /// A type, service, constant or alias is named like a keyword.
    KeywordAsName = "keyword-as-name",
    /// A type, service, constant or alias is named like a built-in type.
    BuiltinAsName = "builtin-as-name",
    /// No type of that name is visible.
    UnknownType = "unknown-type",
    /// A bare name could mean several imported things.
    AmbiguousName = "ambiguous-name",
    /// The name is of a service or constant where a type is needed.
    NotAType = "not-a-type",
    /// No constant or enum value of that name is visible.
    UnknownConstant = "unknown-constant",
    /// The name is of a type or service where a constant is needed.
    NotAConstant = "not-a-constant",
    /// A type is marked `?` twice, perhaps through an alias.
    OptionalTwice = "optional-twice",
    /// A map key is optional.
    OptionalKey = "optional-key",
    /// A set element is optional.
    OptionalElement = "optional-element",
    /// A set element or map key is not `bool`, an integer, `string` or an enum.
    InvalidKey = "invalid-key",
    /// Aliases refer to each other in a circle.
    RecursiveAlias = "recursive-alias",
    /// Constants refer to each other in a circle.
    RecursiveConstant = "recursive-constant",
    /// A type has more than 128 containers inside each other, aliases resolved.
    TypeTooDeep = "type-too-deep",
    /// No finite value of the type exists.
    InfiniteType = "infinite-type",
    /// An enum has no values.
    EmptyEnum = "empty-enum",
    /// A union has no cases.
    EmptyUnion = "empty-union",
    /// The number of an enum value or case is outside its range.
    NumberOutOfRange = "number-out-of-range",
    /// A case holds a container, an optional or a union.
    InvalidCase = "invalid-case",
    /// A message has more than 512 fields.
    TooManyFields = "too-many-fields",
    /// A reserved name is used.
    ReservedName = "reserved-name",
    /// A reserved number is used.
    ReservedNumber = "reserved-number",
    /// A `reserved` statement holds something that cannot come back anyway.
    InvalidReserved = "invalid-reserved",
    /// A value does not have the type it is for.
    WrongType = "wrong-type",
    /// A value does not fit the range of its type.
    OutOfRange = "out-of-range",
    /// An optional field or parameter has a default.
    DefaultOnOptional = "default-on-optional",
    /// A message or union field has a default.
    DefaultNotAllowed = "default-not-allowed",
    /// A string is not an RFC 3339 timestamp.
    InvalidTimestamp = "invalid-timestamp",
    /// A string is not an RFC 3339 date.
    InvalidDate = "invalid-date",
    /// A constant has a type that constants cannot have.
    InvalidConstant = "invalid-constant",
    /// A method's request is neither a message nor a parameter list.
    InvalidRequest = "invalid-request",
    /// A method's name begins with `_`.
    MethodUnderscore = "method-underscore",
    /// A stream of `()`, or of a parameter list.
    InvalidStream = "invalid-stream",
    /// The name of a message the compiler makes is taken.
    MadeNameTaken = "made-name-taken",
    /// No attribute of that name exists.
    UnknownAttribute = "unknown-attribute",
    /// An attribute stands on something it does not apply to.
    MisplacedAttribute = "misplaced-attribute",
    /// An attribute is given twice.
    RepeatedAttribute = "repeated-attribute",
    /// An attribute has no argument of that name.
    UnknownArgument = "unknown-argument",
    /// An attribute lacks an argument.
    MissingArgument = "missing-argument",
    /// An argument is given twice.
    RepeatedArgument = "repeated-argument",
    /// An argument has the wrong kind of value.
    InvalidArgument = "invalid-argument",
    /// A timeout is zero or negative.
    InvalidTimeout = "invalid-timeout",
    /// A list of roles or modes is empty.
    EmptyList = "empty-list",
    /// A role is named twice.
    RepeatedRole = "repeated-role",
    /// A serialization mode is named twice.
    RepeatedMode = "repeated-mode",
    /// A role is empty, too long, or has a blank or comma.
    InvalidRole = "invalid-role",
    /// `@names` names a message that is not made.
    UnusedNames = "unused-names",
    /// Two names are one name in the code generated for a language.
    NameClash = "name-clash",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_in_kebab_case() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(names.iter().all(|name| {
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        }));
    }
}
