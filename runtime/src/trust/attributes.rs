//! What may stand in a credential's attributes.

use super::{Attributes, MAX_ATTRIBUTES, MAX_KEY, MAX_ROLE, MAX_VALUE, ROLE, shown};
use unicode_normalization::is_nfc;

/// Why attributes can stand in no credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeError {
    /// There are that many.
    #[error("it has {0} attributes, and {MAX_ATTRIBUTES} at most are allowed")]
    TooMany(usize),
    /// The attribute with that key.
    #[error(
        "the attribute `{}` is too large: {MAX_KEY} bytes for a key and {MAX_VALUE} for a value",
        shown(.0)
    )]
    Large(String),
    /// A text between the commas of `aster.role`.
    #[error(
        "`{}` is no role: 1 to {MAX_ROLE} characters in normalisation form C, without blanks and commas",
        shown(.0)
    )]
    Role(String),
}

/// Checks number, sizes and roles.
pub(super) fn check(attributes: &Attributes) -> Result<(), AttributeError> {
    if attributes.len() > MAX_ATTRIBUTES {
        return Err(AttributeError::TooMany(attributes.len()));
    }
    if let Some(key) = oversized(attributes) {
        return Err(AttributeError::Large(key.to_owned()));
    }
    let roles = attributes
        .get(ROLE)
        .into_iter()
        .flat_map(|roles| roles.split(','));
    match roles.into_iter().find(|role| !is_role(role)) {
        Some(role) => Err(AttributeError::Role(role.to_owned())),
        None => Ok(()),
    }
}

/// The key of the first attribute that is too large.
pub(super) fn oversized(attributes: &Attributes) -> Option<&str> {
    attributes
        .iter()
        .find(|(key, value)| key.len() > MAX_KEY || value.len() > MAX_VALUE)
        .map(|(key, _)| key.as_str())
}

/// Roles as `aster.role` has them. One with a comma does not become two: what comes after the comma is no role then.
pub(super) fn joined<'a>(roles: impl IntoIterator<Item = &'a str>) -> String {
    let roles: Vec<_> = roles.into_iter().map(|role| role.replace(',', ", ")).collect();
    roles.join(",")
}

/// Whether it is one that `@requires` can ask for.
pub(crate) fn is_role(role: &str) -> bool {
    let count = role.chars().count();
    let plain = |c: char| !c.is_whitespace() && c != ',';
    (1..=MAX_ROLE).contains(&count) && role.chars().all(plain) && is_nfc(role)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, value: &str) -> Attributes {
        Attributes::from([(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn sizes_are_bounded() {
        let many = |count: usize| (0..count).map(|n| (n.to_string(), String::new())).collect();
        assert_eq!(check(&many(32)), Ok(()));
        assert_eq!(check(&many(33)), Err(AttributeError::TooMany(33)));
        // bytes, not characters
        let (key, long) = ("é".repeat(32), "é".repeat(33));
        let value = "é".repeat(512);
        assert_eq!(check(&one(&key, &value)), Ok(()));
        assert_eq!(
            check(&one(&key, &format!("{value}x"))),
            Err(AttributeError::Large(key))
        );
        assert_eq!(check(&one(&long, "")), Err(AttributeError::Large(long)));
    }

    #[test]
    fn roles_are_those_that_a_schema_can_name() {
        let longest = "é".repeat(128);
        for roles in ["ops", "ops,dev", "a.b:c/*", "é", &longest] {
            assert_eq!(check(&one(ROLE, roles)), Ok(()), "{roles}");
        }
        let long = "r".repeat(129);
        for role in ["", " ops", "o\u{a0}ps", "ops\t", "e\u{301}", &long] {
            let refused = Err(AttributeError::Role(role.to_owned()));
            assert_eq!(check(&one(ROLE, role)), refused);
            assert_eq!(check(&one(ROLE, &format!("dev,{role}"))), refused);
        }
        assert_eq!(check(&one("other.role", " , ")), Ok(()));
        assert_eq!(check(&one(ROLE, &joined(["ops", "dev"]))), Ok(()));
        for two in ["ops,dev", "ops,", ",ops"] {
            assert!(check(&one(ROLE, &joined(["a", two]))).is_err(), "{two}");
        }
    }
}
